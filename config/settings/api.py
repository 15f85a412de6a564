"""The REST API: Django REST framework, and the OpenAPI document."""

from typing import Any

from config.api.schema_words import DESCRIPTION

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.authentication.APITokenAuthentication",
        "allauth.headless.contrib.rest_framework.authentication.XSessionTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.api.negotiation.QuickNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.api.paging.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.DescribedSchema",
    "DEFAULT_THROTTLE_CLASSES": ["config.rate_limits.throttles.RateLimitThrottle"],
    "EXCEPTION_HANDLER": "config.api.problems.problem_details",
    # `format` is a parameter of the schema alone
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Postcast",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1.0.0",
    "SERVERS": [{"url": "/", "description": "The host that serves this document"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "BucketEnum": "predictions.models.Prediction.Bucket",
        "EvidenceLevelEnum": "predictions.scoring.serializers.LEVELS",
        "HeldBackEnum": "predictions.captions.serializers.RULES",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    # an app's session token cannot be had by programs of others
    "AUTHENTICATION_WHITELIST": [
        "accounts.tokens.authentication.APITokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.add_components",
    ],
}
