# The service: web, workers and beat are the same image with another command (docker-compose.yml).
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements/runtime.txt requirements/train.txt requirements/torch.txt requirements/tracing.txt /requirements/
RUN /opt/venv/bin/pip install --require-hashes -r /requirements/runtime.txt
# torch trains the models, in workers alone; --build-arg TRAIN=0 leaves it out. Only its CPU build: CUDA takes gigabytes
ARG TRAIN=1
RUN if [ "$TRAIN" = 1 ]; then \
        /opt/venv/bin/pip install --require-hashes -r /requirements/train.txt \
        && /opt/venv/bin/pip install --no-deps --index-url https://download.pytorch.org/whl/cpu -r /requirements/torch.txt; \
    fi
# --build-arg TRACING=1 brings what OTEL_EXPORTER_OTLP_ENDPOINT needs
ARG TRACING=0
RUN if [ "$TRACING" = 1 ]; then /opt/venv/bin/pip install --require-hashes -r /requirements/tracing.txt; fi

FROM python:3.11-slim
# LightGBM's wheel is linked to the system's OpenMP runtime
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/postcast postcast \
    && install --directory --owner postcast /kept
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/postcast
COPY manage.py ./
COPY deploy/gunicorn_conf.py deploy/uploads_conf.py deploy/
COPY config config
COPY accounts accounts
COPY posts posts
COPY predictions predictions
COPY privacy privacy
COPY telemetry telemetry
COPY templates templates
# compiling and collecting need settings that look real; they open nothing and nothing of them stays in the image
RUN python -m compileall -q . \
    && SECRET_KEY=build-only-build-only-build-only-build-only-build-only \
       DATABASE_URL=postgresql://build@localhost/build REDIS_URL=redis://localhost:6379/0 ALLOWED_HOSTS=localhost \
       TIKTOK_CLIENT_KEY=build TIKTOK_CLIENT_SECRET=build ERASURE_LEDGER_PATH=/kept/erasures.jsonl \
       DATA_ENCRYPTION_KEYS=build:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \
       python manage.py collectstatic --noinput
# the commit that is built, for the manifests of models; last, so that it invalidates no layer
ARG BUILD_COMMIT=
ENV BUILD_COMMIT=$BUILD_COMMIT
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--config", "deploy/gunicorn_conf.py", "--bind", "0.0.0.0:8000"]
