"""Settings of production: safe by default, and no start without every secret."""

from config.environment import require_environment
from config.settings.base import *
from config.settings.variables import settings_from

environment = require_environment()
globals().update(settings_from(environment))

DEBUG = False

SECURE_SSL_REDIRECT = True
# load balancers and Prometheus ask over plain HTTP from inside
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
if environment.proxy_count:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STORAGES = {
    **globals()["STORAGES"],
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
