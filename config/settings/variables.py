"""Settings that come from environment variables."""

from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.environment import Environment
from config.settings.security import CONTENT_SECURITY_POLICY

REDIS_TIMEOUT_S = 0.5
"""Of a call to the cache, and to connect to the broker: a Redis that hangs must not hold a request."""
CONNECT_TIMEOUT_S = 3
"""To connect to PostgreSQL."""
PREPARED_AFTER = 5
"""Runs of a statement on one connection, of a `prepared_cursor`, until it is prepared there."""

# what `settings_from` returns beside the settings that Django and libraries know, for the type checker
REDIS_URL: str
TIKTOK_CLIENT_KEY: str
TIKTOK_CLIENT_SECRET: str
TIKTOK_AUTHORIZE_URL: str
TIKTOK_API_URL: str
TIKTOK_PKCE: bool
TIKTOK_MAX_HASHTAGS: int
DATA_ENCRYPTION_KEYS: dict[str, bytes]
SECURITY_CONTACT: str
METRICS_TOKEN: str
PROXY_COUNT: int
RATE_LIMITS: dict[str, str]
TRAIL_ANCHOR_PATH: str
ERASURE_LEDGER_PATH: str
PICTURE_NETWORKS_PATH: str
TRAINING_PARTITIONS: str
TRAINING_SCHEDULER: str


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


def settings_from(environment: Environment) -> dict[str, Any]:
    """Return the settings that depend on environment variables, for `globals().update(...)` in a settings module."""
    origins = environment.frontend_origins
    return {
        "SECRET_KEY": environment.secret_key,
        "DATABASES": {"default": _database(environment.database_url)},
        "CACHES": {
            "default": {
                "BACKEND": "config.cache.ForgivingRedisCache",
                "LOCATION": environment.redis_url,
                "OPTIONS": {
                    "socket_timeout": REDIS_TIMEOUT_S,
                    "socket_connect_timeout": REDIS_TIMEOUT_S,
                    # the library would otherwise try again for seconds
                    "retry": Retry(NoBackoff(), 1),
                },
                "KEY_PREFIX": "cache",
            }
        },
        "REDIS_URL": environment.redis_url,
        "CELERY_BROKER_URL": environment.redis_url,
        "ALLOWED_HOSTS": environment.allowed_hosts,
        "TIKTOK_CLIENT_KEY": environment.tiktok_client_key,
        "TIKTOK_CLIENT_SECRET": environment.tiktok_client_secret,
        "TIKTOK_AUTHORIZE_URL": environment.tiktok_authorize_url,
        "TIKTOK_API_URL": environment.tiktok_api_url,
        "TIKTOK_PKCE": environment.tiktok_pkce,
        "TIKTOK_MAX_HASHTAGS": environment.tiktok_max_hashtags,
        "DATA_ENCRYPTION_KEYS": environment.data_encryption_keys,
        "SECURITY_CONTACT": environment.security_contact,
        "METRICS_TOKEN": environment.metrics_token,
        "ERASURE_LEDGER_PATH": environment.erasure_ledger_path,
        "TRAIL_ANCHOR_PATH": environment.trail_anchor_path,
        "PICTURE_NETWORKS_PATH": environment.picture_networks_path,
        "TRAINING_PARTITIONS": environment.training_partitions,
        "TRAINING_SCHEDULER": environment.training_scheduler,
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
