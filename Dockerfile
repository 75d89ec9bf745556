FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# /data is the only place that the app writes to, beside /tmp.
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin genekin \
    && install --directory --owner=genekin --group=genekin --mode=0750 /data

WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install -c constraints.txt -r requirements.txt
COPY . .

ENV GENEKIN_HOME=/data \
    NUMBA_CACHE_DIR=/data/cache/numba \
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
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]

CMD ["python", "serve.py"]
