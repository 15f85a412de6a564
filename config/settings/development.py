"""Settings of `make run` and of a developer's own commands: everything on loopback, nothing secret.

The defaults let commands that need no servers (`manage.py backtest`) run at once; `make run` sets the real addresses.
"""

import base64

from config.environment import require_environment
from config.settings.base import *
from config.settings.base import BASE_DIR
from config.settings.variables import settings_from

DEVELOPMENT_DEFAULTS = {
    "SECRET_KEY": "development only: this key protects nothing but simulated creators",
    "DATABASE_URL": "postgresql://postgres@127.0.0.1:5432/postcast",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
    "TIKTOK_CLIENT_KEY": "sandbox-client-key",
    "TIKTOK_CLIENT_SECRET": "sandbox-client-secret",
    "TIKTOK_AUTHORIZE_URL": "http://127.0.0.1:8900/v2/auth/authorize/",
    "TIKTOK_API_URL": "http://127.0.0.1:8900",
    "ERASURE_LEDGER_PATH": str(BASE_DIR / ".run" / "erasures.jsonl"),
    "PICTURE_NETWORKS_PATH": str(BASE_DIR / ".run" / "networks"),
    "VAPID_PRIVATE_KEY": base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode(),
    "OPERATOR_NAME": "The developer of this copy",
    "OPERATOR_ADDRESS": "This machine",
    "OPERATOR_CONTACT": "mailto:operator@example.com",
    "DATA_ENCRYPTION_KEYS": "development:" + base64.b64encode(bytes(range(32))).decode(),
}

globals().update(settings_from(require_environment(DEVELOPMENT_DEFAULTS)))

DEBUG = False
# `make run` serves like production does, without a build step for static files: they are looked for once, at the start
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STATIC_ROOT = None
