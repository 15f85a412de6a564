"""Production's settings, with two empty views more."""

from config.settings.production import *

ROOT_URLCONF = "tests.bench.served.urls"
