"""The HTTP API: FastAPI, mounted at ``/api`` beside the pages or served alone."""
