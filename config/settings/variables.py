"""Settings that come from environment variables."""

from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.conf import global_settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.environment import Environment
from config.settings.security import CONTENT_SECURITY_POLICY

REDIS_TIMEOUT_S = 0.5
"""Of a call to the cache, and to connect to the broker: a Redis that hangs must not hold a request."""
CONNECT_TIMEOUT_S = 3
"""To connect to PostgreSQL, and to the store of objects."""
PREPARED_AFTER = 5
"""Runs of a statement on one connection, of a `prepared_cursor`, until it is prepared there."""
OBJECTS_TIMEOUT_S = 10
"""For each answer of the store of objects, which gets a megabyte at most."""
OBJECTS_TRIES = 2
MAIL_TIMEOUT_S = 20
"""For each answer of the mail server."""

# what `settings_from` returns beside the settings that Django and libraries know, for the type checker
REDIS_URL: str
CACHE_REDIS_URL: str
BROKER_REDIS_URL: str
TIKTOK_CLIENT_KEY: str
TIKTOK_CLIENT_SECRET: str
TIKTOK_AUTHORIZE_URL: str
TIKTOK_API_URL: str
TIKTOK_PKCE: bool
TIKTOK_MAX_HASHTAGS: int
DATA_ENCRYPTION_KEYS: dict[str, bytes]
SECURITY_CONTACT: str
MAIL_OFFERED: bool
PUBLIC_URL: str
VAPID_PRIVATE_KEY: str
OPERATOR_NAME: str
OPERATOR_ADDRESS: str
OPERATOR_CONTACT: str
METRICS_TOKEN: str
METRICS_PORT: int
OTEL_EXPORTER_OTLP_ENDPOINT: str
DAILY_BUDGET_USD: float
PROXY_COUNT: int
RATE_LIMITS: dict[str, str]
TRAIL_ANCHOR_PATH: str
ERASURE_LEDGER_PATH: str
PICTURE_NETWORKS_PATH: str
TRAINING_PARTITIONS: str
TRAINING_SCHEDULER: str
WRITER_URL: str
WRITER_MODEL: str
WRITER_KEY: str
WRITER_DEADLINE_S: float
WRITER_CALLS_PER_DAY: int


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _database(url: str) -> dict[str, Any]:
    """Return Django's settings of the database, with a bound on how long connecting to it may take."""
    database: dict[str, Any] = {
        **dj_database_url.parse(
            url,
            engine="config.postgres",
            conn_max_age=60,
            conn_health_checks=True,
        )
    }
    options = {"connect_timeout": CONNECT_TIMEOUT_S, "prepare_threshold": PREPARED_AFTER}
    return {**database, "OPTIONS": {**options, **database.get("OPTIONS", {})}}


def _databases(environment: Environment) -> dict[str, dict[str, Any]]:
    """Return `default` and, where there is a standby, `replica` (`config.databases`)."""
    default = _database(environment.database_url)
    if environment.database_pooler:
        # the next transaction may be another connection's, which has neither cursors nor statements of the last one's
        default["DISABLE_SERVER_SIDE_CURSORS"] = True
        default["OPTIONS"]["prepare_threshold"] = None
    if not environment.database_replica_url:
        return {"default": default}
    # a test's transaction on one connection is not seen by another
    return {
        "default": default,
        "replica": {**_database(environment.database_replica_url), "TEST": {"MIRROR": "default"}},
    }


def _storages(environment: Environment) -> dict[str, dict[str, Any]]:
    """Return Django's own stores and, where a bucket is named, `objects` (`privacy.models.parts`)."""
    if not environment.objects_bucket:
        return global_settings.STORAGES
    from botocore.config import Config

    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": environment.objects_kms_key}
    options = {
        "bucket_name": environment.objects_bucket,
        "endpoint_url": environment.objects_endpoint_url or None,
        "region_name": environment.objects_region or None,
        "access_key": environment.objects_access_key or None,
        "secret_key": environment.objects_secret_key or None,
        "default_acl": None,
        "querystring_auth": True,
        "file_overwrite": True,
        "object_parameters": encryption if environment.objects_kms_key else {"ServerSideEncryption": "AES256"},
        "client_config": Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=OBJECTS_TIMEOUT_S,
            retries={"total_max_attempts": OBJECTS_TRIES, "mode": "standard"},
        ),
    }
    return {**global_settings.STORAGES, "objects": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}


def mail_settings(environment: Environment) -> dict[str, Any]:
    """Return Django's settings of the mail server, and whether there is one."""
    server = urlsplit(environment.mail_url)
    return {
        "MAIL_OFFERED": bool(environment.mail_url),
        "PUBLIC_URL": environment.public_url,
        "EMAIL_HOST": server.hostname or "",
        "EMAIL_PORT": server.port or 0,
        "EMAIL_HOST_USER": unquote(server.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(server.password or ""),
        "EMAIL_USE_TLS": server.scheme == "smtp",
        "EMAIL_USE_SSL": server.scheme == "smtps",
        "EMAIL_TIMEOUT": MAIL_TIMEOUT_S,
        "DEFAULT_FROM_EMAIL": environment.mail_from,
    }


def settings_from(environment: Environment) -> dict[str, Any]:
    """Return the settings that depend on environment variables, for `globals().update(...)` in a settings module."""
    origins = environment.frontend_origins
    return {
        "SECRET_KEY": environment.secret_key,
        "DATABASES": _databases(environment),
        "STORAGES": _storages(environment),
        "CACHES": {
            "default": {
                "BACKEND": "config.cache.ForgivingRedisCache",
                "LOCATION": environment.cache_redis_url or environment.redis_url,
                "OPTIONS": {
                    "socket_timeout": REDIS_TIMEOUT_S,
                    "socket_connect_timeout": REDIS_TIMEOUT_S,
                    # the library would otherwise try again for seconds
                    "retry": Retry(NoBackoff(), 1),
                },
                "KEY_PREFIX": "cache",
            }
        },
        # limits and breakers live here: what is evicted there would let through what they hold back
        "REDIS_URL": environment.redis_url,
        "CACHE_REDIS_URL": environment.cache_redis_url or environment.redis_url,
        "BROKER_REDIS_URL": environment.broker_redis_url or environment.redis_url,
        "CELERY_BROKER_URL": environment.broker_redis_url or environment.redis_url,
        "ALLOWED_HOSTS": environment.allowed_hosts,
        "TIKTOK_CLIENT_KEY": environment.tiktok_client_key,
        "TIKTOK_CLIENT_SECRET": environment.tiktok_client_secret,
        "TIKTOK_AUTHORIZE_URL": environment.tiktok_authorize_url,
        "TIKTOK_API_URL": environment.tiktok_api_url,
        "TIKTOK_PKCE": environment.tiktok_pkce,
        "TIKTOK_MAX_HASHTAGS": environment.tiktok_max_hashtags,
        "DATA_ENCRYPTION_KEYS": environment.data_encryption_keys,
        **mail_settings(environment),
        "SECURITY_CONTACT": environment.security_contact,
        "VAPID_PRIVATE_KEY": environment.vapid_private_key,
        "OPERATOR_NAME": environment.operator_name,
        "OPERATOR_ADDRESS": environment.operator_address,
        "OPERATOR_CONTACT": environment.operator_contact,
        "METRICS_TOKEN": environment.metrics_token,
        "METRICS_PORT": environment.metrics_port,
        "OTEL_EXPORTER_OTLP_ENDPOINT": environment.otel_exporter_otlp_endpoint,
        "DAILY_BUDGET_USD": environment.daily_budget_usd,
        "ERASURE_LEDGER_PATH": environment.erasure_ledger_path,
        "TRAIL_ANCHOR_PATH": environment.trail_anchor_path,
        "PICTURE_NETWORKS_PATH": environment.picture_networks_path,
        "TRAINING_PARTITIONS": environment.training_partitions,
        "TRAINING_SCHEDULER": environment.training_scheduler,
        "WRITER_URL": environment.writer_url,
        "WRITER_MODEL": environment.writer_model,
        "WRITER_KEY": environment.writer_key,
        "WRITER_DEADLINE_S": environment.writer_deadline_s,
        "WRITER_CALLS_PER_DAY": environment.writer_calls_per_day,
        "CORS_ALLOWED_ORIGINS": origins,
        "CORS_ALLOW_CREDENTIALS": bool(origins),
        "CSRF_TRUSTED_ORIGINS": origins,
        "PROXY_COUNT": environment.proxy_count,
        "RATE_LIMITS": environment.rate_limits(),
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                **CONTENT_SECURITY_POLICY["DIRECTIVES"],
                # browsers check a form's redirects too: signing in posts here and is sent on to TikTok
                "form-action": ["'self'", _origin(environment.tiktok_authorize_url)],
            }
        },
        "HEADLESS_FRONTEND_URLS": {"socialaccount_login_error": f"{origins[0] if origins else ''}/sign-in/failed/"},
    }
