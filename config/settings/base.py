"""Settings shared by every environment. Values that differ come from `config.environment`; secrets never stand here."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab

from config.environment import Environment
from config.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "accounts",
    "accounts.tiktok",
    "posts",
    "predictions",
    "privacy",
    "telemetry",
    "config.staff.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.headless",
    "corsheaders",
    "csp",
    "django_filters",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "rest_framework",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "privacy.erasure.restores.gate.GateMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.LoggedRequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "privacy.retention.reminders.remember_sign_in",
    "privacy.consent.middleware.ConsentMiddleware",
    "privacy.trail.middleware.TrailMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "privacy.retention.reminders.inactivity",
            ],
        },
    },
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]

# --- who may come in ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    # staff sign in to the admin with a password, creators with TikTok
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
OTP_TOTP_ISSUER = "Postcast"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "posts:home"
LOGOUT_REDIRECT_URL = "accounts:welcome"

# TikTok gives no e-mail address and none is asked for
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = False
# credentials are kept sealed in accounts.Credential, never in allauth's plain-text table
SOCIALACCOUNT_STORE_TOKENS = False
HEADLESS_CLIENTS = ("app", "browser")

# --- the API -----------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.APITokenAuthentication",
        "allauth.headless.contrib.rest_framework.authentication.XSessionTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["config.api.NestedJSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.Pagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min", "predict": "120/min"},
    "EXCEPTION_HANDLER": "config.api.problem_details",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Postcast",
    "DESCRIPTION": "What will this post do in its first 24 hours, and how sure is that?",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"BucketEnum": "predictions.models.Prediction.Bucket"},
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# --- background work ---------------------------------------------------------------------------------------------

CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# A task is acknowledged when it is done: one whose worker was killed is delivered again (but for trainings), so every
# task is idempotent.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the hard time limit, or Redis would hand a running task to a second worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 30 * 60, "global_keyprefix": "celery:"}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "observe posts": {"task": "posts.tasks.observe_due_posts", "schedule": crontab(minute="*/5")},
    "resume refreshes": {"task": "posts.tasks.resume_stalled_refreshes", "schedule": crontab()},
    "update weights": {"task": "predictions.tasks.update_stale_weights", "schedule": crontab()},
    "meet outcomes": {"task": "predictions.tasks.meet_outcomes", "schedule": crontab(minute="*/5")},
    "check drift": {"task": "predictions.tasks.check_drift", "schedule": crontab(minute="50")},
    "watch canary": {"task": "predictions.tasks.watch_canary", "schedule": crontab()},
    "retrain model": {
        "task": "predictions.tasks.retrain_model",
        "schedule": crontab(day_of_week="monday", hour="4", minute="20"),
    },
    "refresh credentials": {
        "task": "accounts.tasks.refresh_expiring_credentials",
        "schedule": crontab(minute="17"),
    },
    "purge": {"task": "privacy.retention.tasks.purge", "schedule": crontab(minute="25")},
    "watch retention": {"task": "privacy.retention.tasks.watch_retention", "schedule": crontab(minute="55")},
    "tend exports": {"task": "privacy.export.tasks.resume_exports", "schedule": crontab()},
    "resume erasures": {"task": "privacy.erasure.tasks.resume_erasures", "schedule": crontab()},
    "leave forgotten behind": {
        "task": "predictions.tasks.leave_forgotten_behind",
        "schedule": crontab(minute="40"),
    },
    "release benchmarks": {
        "task": "predictions.tasks.release_benchmarks",
        "schedule": crontab(hour="3", minute="10"),
    },
    "anchor trail": {"task": "privacy.trail.tasks.anchor_trail", "schedule": crontab(minute="7")},
    "watch trail": {"task": "privacy.trail.tasks.watch_trail", "schedule": crontab(minute="57")},
}

# --- what is sent with every page ----------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY: dict[str, dict[str, list[str]]] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["config.uploads.MemoryUploadHandler"]

LOGGING = logging_config()
# binding the person's id would freeze request.user before allauth.headless sets it from X-Session-Token
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
# a person's address is not needed in the logs
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False

# what `settings_from` gives beside Django's own settings, for the type checker
REDIS_URL: str
TIKTOK_CLIENT_KEY: str
TIKTOK_CLIENT_SECRET: str
TIKTOK_AUTHORIZE_URL: str
TIKTOK_API_URL: str
TIKTOK_PKCE: bool
DATA_ENCRYPTION_KEYS: dict[str, bytes]
METRICS_TOKEN: str
TRAIL_ANCHOR_PATH: str
ERASURE_LEDGER_PATH: str


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def settings_from(environment: Environment) -> dict[str, Any]:
    """The settings that depend on the environment variables, for `globals().update(...)` in each settings module."""
    origins = environment.frontend_origins
    return {
        "SECRET_KEY": environment.secret_key,
        "DATABASES": {
            "default": dj_database_url.parse(environment.database_url, conn_max_age=60, conn_health_checks=True)
        },
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": environment.redis_url,
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
        "DATA_ENCRYPTION_KEYS": environment.data_encryption_keys,
        "METRICS_TOKEN": environment.metrics_token,
        "ERASURE_LEDGER_PATH": environment.erasure_ledger_path,
        "TRAIL_ANCHOR_PATH": environment.trail_anchor_path,
        "CORS_ALLOWED_ORIGINS": origins,
        "CORS_ALLOW_CREDENTIALS": bool(origins),
        "CSRF_TRUSTED_ORIGINS": origins,
        "REST_FRAMEWORK": {**REST_FRAMEWORK, "NUM_PROXIES": environment.proxy_count},
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                **CONTENT_SECURITY_POLICY["DIRECTIVES"],
                # browsers check a form's redirects too: signing in posts here and is sent on to TikTok
                "form-action": ["'self'", _origin(environment.tiktok_authorize_url)],
            }
        },
        "HEADLESS_FRONTEND_URLS": {"socialaccount_login_error": f"{origins[0] if origins else ''}/sign-in/failed/"},
    }
