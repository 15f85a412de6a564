"""Settings of the tests: the servers' addresses come from tests/servers.py, which starts real ones."""

from config.settings.development import *

# whether `make run` has written a network must not change what tests see
PICTURE_NETWORKS_PATH = ""
# no test but those of web push calls a push service
VAPID_PRIVATE_KEY = ""
# looking for all of them at every start of a client would take longer than the tests
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# every test would share one minute of requests
RATE_LIMITS = dict.fromkeys(globals()["RATE_LIMITS"], "10000/min")
