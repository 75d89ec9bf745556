# GeneKin's image, for x86-64 and ARM: `docker build .` needs no compiler.
ARG PYTHON=python:3.11.16-slim-bookworm@sha256:528257d48c1da0dcecc2e725d1ae34498d60c965f1241e39cd6a85a8859bdf84

FROM ${PYTHON} AS packages
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
# Without pip in it, and out of reach of the running app, which cannot write there.
RUN python -m venv --without-pip /opt/genekin
COPY requirements.txt requirements-data.txt constraints.txt ./
RUN pip --python /opt/genekin/bin/python install --only-binary=:all: \
        -c constraints.txt -r requirements.txt \
    && pip --python /opt/genekin/bin/python install --only-binary=:all: --no-deps \
        -r requirements-data.txt

FROM ${PYTHON}
# /data is the only place that the app writes to, beside /tmp.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin genekin \
    && install --directory --owner=genekin --group=genekin --mode=0750 /data
COPY --from=packages /opt/genekin /opt/genekin
WORKDIR /app
COPY . .
RUN python -m compileall -q app.py components core deploy pages serve.py

ENV PATH=/opt/genekin/bin:$PATH \
    GENEKIN_HOME=/data \
    NUMBA_CACHE_DIR=/data/cache/numba \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true

USER genekin
# A new volume begins with what the image has in its place: compiled functions.
RUN python -m core.kernels
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]

CMD ["python", "serve.py"]
