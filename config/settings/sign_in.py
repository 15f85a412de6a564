"""Signing in: staff with a password, creators with TikTok through django-allauth."""

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    # staff sign in to the admin with a password, creators with TikTok; without an app there, with a password too
    "accounts.staff.passwords.PasswordBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
OTP_TOTP_ISSUER = "Postcast"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "predictions:overview"
LOGOUT_REDIRECT_URL = "accounts:welcome"

# TikTok gives no e-mail address and none is asked for
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# config.rate_limits has them all
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_ADAPTER = "accounts.sign_in.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.adapters.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = False
# credentials are kept sealed in accounts.Credential, never in allauth's plain-text table
SOCIALACCOUNT_STORE_TOKENS = False
HEADLESS_CLIENTS = ("app", "browser")
