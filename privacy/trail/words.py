"""Words for the subject of an event, for the person: requests are recorded by the name of their address."""

from django.apps import apps
from django.urls import ResolverMatch

from privacy.declarations.registry import table_of

_ACCOUNTS = "your TikTok accounts"
_TOKENS = "your API tokens"
_SEATS = "seats at accounts"
_POSTS = "your posts"
_IMPORTS = "your imports of files"
_REFRESH = "reading your posts from TikTok"
_FORECASTS = "your forecasts"
_DRAFTS = "your drafts"
_COMMENTS = "comments on your drafts"
_WORDS = "words for your captions"
_APPEALS = "texts that staff are to look at"
_SHARED = "links to what you share"
_EXPERIMENTS = "your experiments"
_CONSENTS = "what you agree to"
_NOTICES = "your notifications"
_MAIL = "your e-mail address"
_DEVICES = "devices that are told"
_WEBHOOKS = "your webhooks"
_ERASURE = "your erasure"
_COPIES = "copies of your data"
_SIGN_IN = "your sign-in"

OF_REQUESTS = {
    **dict.fromkeys(("accounts:settings", "api:me"), "your settings"),
    **dict.fromkeys(("accounts:set_time_zone", "accounts:disconnect"), _ACCOUNTS),
    **dict.fromkeys(("api:account-list", "api:account-detail"), _ACCOUNTS),
    **dict.fromkeys(("accounts:seats", "accounts:remove_seat", "api:account-seats", "api:account-seat"), _SEATS),
    **dict.fromkeys(("accounts:leave_seat", "accounts:join", "api:seats", "api:seat"), _SEATS),
    **dict.fromkeys(("accounts:create_token", "accounts:revoke_token", "api:token-list", "api:token-detail"), _TOKENS),
    **dict.fromkeys(("accounts:notifications", "accounts:open_notice", "api:notifications"), _NOTICES),
    **dict.fromkeys(("api:notification-read", "api:notifications-read-all"), _NOTICES),
    **dict.fromkeys(("accounts:mail", "accounts:confirm_mail", "accounts:remove_mail", "api:mail-address"), _MAIL),
    **dict.fromkeys(("accounts:devices", "api:push-subscriptions", "api:push-subscription"), _DEVICES),
    **dict.fromkeys(("accounts:webhooks", "accounts:webhook", "api:webhooks", "api:webhook"), _WEBHOOKS),
    **dict.fromkeys(("api:webhook-test", "api:webhook-deliveries", "api:delivery-replay"), _WEBHOOKS),
    "accounts:sessions": "where you are signed in",
    "accounts:tiktok_webhook": "a message from TikTok",
    **dict.fromkeys(("posts:home", "posts:post", "posts:download"), _POSTS),
    **dict.fromkeys(("api:posts", "api:post", "api:post-similar"), _POSTS),
    "api:post-nowcast": "how your post is doing",
    "api:post-observations": "the counts of your posts",
    "api:posts-batch": "posts that a program brought",
    **dict.fromkeys((f"posts:{page}" for page in ("bring_file", "upload_file", "import")), _IMPORTS),
    **dict.fromkeys(("posts:confirm_import", "posts:cancel_import"), _IMPORTS),
    **dict.fromkeys((f"api:import{part}" for part in ("", "s", "-rows", "-confirm", "-cancel")), _IMPORTS),
    **dict.fromkeys(("posts:refresh", "api:account-refreshes", "api:account-refresh", "api:refresh"), _REFRESH),
    **dict.fromkeys(("predictions:compose", "api:predict", "predict"), "a forecast"),
    "predictions:overview": "your overview",
    "api:compare": "a comparison of drafts",
    "api:forecast": "a forecast that was not kept",
    **dict.fromkeys(("api:drafts", "api:draft", "predictions:plan", "predictions:draft"), _DRAFTS),
    **dict.fromkeys(("predictions:save_draft", "predictions:delete_draft", "predictions:end_reminder"), _DRAFTS),
    **dict.fromkeys(("predictions:write", "api:captions"), "captions written with you"),
    **dict.fromkeys(("predictions:save_brand_words", "api:account-brand-words"), _WORDS),
    **dict.fromkeys(("predictions:appeal_caption", "api:caption-appeals", "api:caption-appeal"), _APPEALS),
    **dict.fromkeys(("predictions:add_comment", "predictions:delete_comment"), _COMMENTS),
    **dict.fromkeys(("api:draft-comments", "api:draft-comment"), _COMMENTS),
    **dict.fromkeys(
        ("predictions:report", "predictions:report_file", "api:account-report"), "a report of your account"
    ),
    **dict.fromkeys(("predictions:side_by_side", "api:side-by-side"), "your accounts side by side"),
    **dict.fromkeys(("predictions:links", "predictions:share_report", "predictions:share_forecast"), _SHARED),
    **dict.fromkeys(("predictions:revoke_link", "api:shares", "api:share"), _SHARED),
    "predictions:shared": "what you shared by a link",
    "api:explore": "an idea to try",
    **dict.fromkeys(("predictions:overview", "api:account-replay"), "what was found of your account"),
    **dict.fromkeys(("predictions:forecasts", "predictions:forecast", "api:predictions", "api:prediction"), _FORECASTS),
    **dict.fromkeys(("predictions:give_feedback", "predictions:take_back_feedback"), "what you said of a forecast"),
    "api:prediction-feedback": "what you said of a forecast",
    **dict.fromkeys(("predictions:report_suggestion", "api:prediction-reports"), "what you said of a suggestion"),
    **dict.fromkeys(("predictions:experiments", "predictions:draw_arm", "predictions:stop_experiment"), _EXPERIMENTS),
    **dict.fromkeys(("api:experiments", "api:experiment", "api:experiment-assignments"), _EXPERIMENTS),
    "api:experiment-stop": _EXPERIMENTS,
    "api:account-benchmark": "how your account compares",
    **dict.fromkeys(
        ("predictions:track_record", "api:account-skill", "api:account-results"), "how well your account is forecast"
    ),
    **dict.fromkeys(
        ("predictions:insights", "api:account-insights", "api:account-weights"), "what was learned of your account"
    ),
    **dict.fromkeys(("privacy:consents", "api:consents", "api:consent"), _CONSENTS),
    **dict.fromkeys(("privacy:access", "api:access"), "this list"),
    **dict.fromkeys(("privacy:erasure", "privacy:receipt", "api:erasure"), _ERASURE),
    **dict.fromkeys(("privacy:export", "privacy:archive", "api:exports", "api:export", "api:export-archive"), _COPIES),
    "privacy:your_data": "your data",
    **dict.fromkeys(("socialaccount_signup", "socialaccount_connections", "tiktok_callback"), _SIGN_IN),
    **dict.fromkeys((f"accounts/social/{page}/" for page in ("signup", "connections")), _SIGN_IN),
    **dict.fromkeys((f"accounts/social/login/{page}/" for page in ("cancelled", "error")), _SIGN_IN),
    "second_factor": "the second factor of staff",
    "reason": "the reason that staff gave",
}
"""The name of an address (its route, where it has no name) -> what is there."""

_OF_STAFF = "a page of the staff"
_OF_ADMIN = {
    "changelist": "a list by staff: {}",
    "change": "a page by staff: {}",
    "add": "a form by staff: {}",
    "delete": "a form by staff: {}",
    "history": "what staff did with: {}",
}


def name_of(match: ResolverMatch) -> str:
    """Return the name under which a request is recorded: that of its address, or the route of one without a name."""
    return match.view_name if match.url_name else match.route


def words_of(what: str) -> str:
    """Return what an event was about in words; events of tasks and commands say it themselves."""
    if what in OF_REQUESTS:
        return OF_REQUESTS[what]
    namespace, _, name = what.partition(":")
    if namespace == "admin":
        return _of_admin(name)
    if what.startswith("admin/"):
        return _OF_STAFF
    if namespace == "headless":
        return _SIGN_IN
    return what


def page_of(what: str) -> str | None:
    """Return the kind of an address of the admin, e.g. `changelist`; None for any other subject."""
    namespace, _, name = what.partition(":")
    return name.rpartition("_")[2] if namespace == "admin" else None


def category_of(what: str) -> str:
    """Return the category of data behind an address of the admin."""
    label, _, rest = what.partition(":")[2].partition("_")
    try:
        return table_of(apps.get_model(label, rest.partition("_")[0])).category
    except LookupError:
        return _OF_STAFF


def _of_admin(name: str) -> str:
    """Return words for an address of the admin, e.g. `accounts_user_changelist`."""
    category = category_of(f"admin:{name}")
    if category == _OF_STAFF:
        return category
    return _OF_ADMIN.get(name.rpartition("_")[2], "a page by staff: {}").format(category)
