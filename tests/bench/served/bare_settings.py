"""Production's settings without any middleware, and with one view."""

from config.settings.production import *

MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.served.bare_urls"
