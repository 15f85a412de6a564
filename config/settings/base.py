"""Settings that every environment shares; those of one subject stand in a module of their own beside this one.

Values that differ come from environment variables (`config.settings.variables`); no secret stands here.
"""

from pathlib import Path

from config.logs import logging_config
from config.settings.api import *
from config.settings.celery import *
from config.settings.security import *
from config.settings.sign_in import *
from config.settings.variables import *

BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "accounts",
    "accounts.sign_in",
    "posts",
    "predictions",
    "privacy",
    "telemetry",
    "config.public",
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
    "telemetry.requests.middleware.record_requests",
    # programs leave here, for the list below
    "config.programs.ProgramsMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "config.middleware.number_requests",
    "config.headers.HeadersMiddleware",
    "config.languages.middleware.speak",
    "config.api.middleware.ProblemMiddleware",
    "config.api.middleware.ConditionalGetMiddleware",
    "config.middleware.refuse_nul_in_cookies",
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
    "config.errors.middleware.explain_to_browsers",
    "config.rate_limits.middleware.RateLimitMiddleware",
    "accounts.linked.local_time.reset_time_zone",
    "allauth.account.middleware.AccountMiddleware",
    "privacy.retention.reminders.remember_sign_in",
    "accounts.sign_in.sessions.note_use",
    "privacy.consent.middleware.ConsentMiddleware",
    "privacy.trail.middleware.TrailMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

PROGRAMS_MIDDLEWARE = [
    "config.headers.ProgramHeadersMiddleware",
    "config.api.middleware.ProblemMiddleware",
    "config.api.middleware.ConditionalGetMiddleware",
    "config.api.middleware.QuickCorsMiddleware",
    "privacy.erasure.restores.gate.GateMiddleware",
    "config.middleware.ProgramLogMiddleware",
    "config.rate_limits.middleware.RateLimitMiddleware",
    "privacy.trail.middleware.TrailMiddleware",
]
"""Of requests to the API without a session; see `config.programs`."""

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
                "accounts.tiktok.presence.tiktok",
                "accounts.telling.unread.unread",
            ],
        },
    },
]

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch"), ("ar", "العربية")]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = "config.languages.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]

LOGGING = logging_config()
# binding the person's id would freeze request.user before allauth.headless sets it from X-Session-Token
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
# a person's address is not needed in the logs
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
