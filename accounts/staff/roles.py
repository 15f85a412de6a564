"""Roles of staff: groups whose permissions are set to exactly these after each migration."""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_migrate
from django.dispatch import receiver

ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    # looks at what one person sees, for a stated reason
    "support": {
        "accounts": (
            "view_user",
            "view_tiktokaccount",
            "view_followercount",
            "view_credential",
            "view_apitoken",
            "view_notice",
            "view_seat",
        ),
        "posts": (
            *("view_post", "view_postcontent", "view_observation", "view_refresh"),
            *("view_listing", "view_postschange", "view_import", "add_refresh"),
        ),
        "predictions": (
            *("view_prediction", "view_outcome", "view_feedback", "change_feedback", "view_accountweights"),
            *("view_suggestionreport", "view_experiment", "view_assignment", "view_saveddraft", "view_accountreplay"),
            *("view_sharedlink", "view_draftcomment", "view_brandwords", "view_captionstyle"),
            *("view_captionappeal", "change_captionappeal", "view_labelpair", "view_labelvote"),
        ),
        "privacy": ("view_consent", "add_dataexport"),
    },
    # asks how good the forecasts are: no row of a person
    "analyst": {
        "posts": ("view_trend", "view_hashtagcount"),
        "predictions": (
            *("view_modelversion", "view_modelevent", "view_driftcheck", "view_forecastfailure"),
            *("view_scorerecord", "view_benchmark", "view_suggestionswitch", "view_varietycheck"),
        ),
        "telemetry": ("view_routeday",),
    },
    # compares captions, blind: of people's rows nothing but the two texts
    "rater": {"predictions": ("compare_labelpair",)},
    # keeps it running: models, queues, failures
    "operator": {
        "accounts": ("view_webhookdelivery",),
        "posts": ("view_refresh", "view_import"),
        "predictions": (
            *("view_modelversion", "roll_back_modelversion", "change_modelversion", "view_modelevent"),
            *("view_driftcheck", "view_forecastfailure", "view_varietycheck", "view_scorerecord"),
            *("view_suggestionswitch", "change_suggestionswitch"),
        ),
        "privacy": ("view_retentionrun",),
        "telemetry": ("view_failedtask", "settle_failedtask", "view_outboxmessage", "view_routeday"),
    },
    # answers for people's data, and to authorities
    "privacy officer": {
        "accounts": ("view_user", "erase_user", "view_tiktokaccount", "view_signin", "see_identity"),
        "posts": ("view_importpart", "view_importrow"),
        "predictions": ("view_forgottenaccount", "view_forecasterror"),
        "privacy": (
            *("view_consent", "view_erasure", "view_dataexport", "view_exportpart", "view_accessevent"),
            *("view_subjectkey", "view_retentionrun", "add_dataexport"),
        ),
        "telemetry": ("view_idempotentrequest",),
    },
}


@receiver(post_migrate)
def make_roles(sender: Any, **_: Any) -> None:
    """Make the groups once the last app's permissions exist; idempotent."""
    if sender.label != [config.label for config in apps.get_app_configs() if config.models_module][-1]:
        return
    for name, by_app in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        wanted = [
            Permission.objects.get(content_type__app_label=label, codename=codename)
            for label, codenames in by_app.items()
            for codename in codenames
        ]
        group.permissions.set(wanted)
    ContentType.objects.clear_cache()
