"""Examples of requests, for the schema. A planned time is left out: it would be past one day."""

from drf_spectacular.utils import OpenApiExample

_DRAFT = {
    "text": "Sunset at the pier #sunset #photography",
    "hashtags": ["sunset", "photography"],
    "duration_s": 25,
    "metadata": {"client": "web-v0.9", "platform": "ios"},
}
DRAFT_EXAMPLE = OpenApiExample(
    "a draft to be published now",
    value={"post": _DRAFT, "explain": True},
    request_only=True,
    media_type="application/json",
)
EXPLORE_EXAMPLE = OpenApiExample("a draft", value={"post": _DRAFT}, request_only=True)
COMPARE_EXAMPLE = OpenApiExample(
    "two captions", value={"drafts": [_DRAFT, {**_DRAFT, "text": "Who else loves this pier?"}]}, request_only=True
)
