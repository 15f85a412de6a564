"""Parts of pages about drafts that other rooms show too."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from predictions.comments.forms import CommentForm
from predictions.comments.selectors import as_read, comments_on
from predictions.models import SavedDraft
from predictions.plan.selectors import reminders_due

register = template.Library()


@register.inclusion_tag("plan/reminders.html", takes_context=True)
def due_reminders(context: Context) -> dict[str, Any]:
    """Show the drafts that the person wanted to be reminded of by now."""
    request = context["request"]
    return {"drafts": list(reminders_due(request.user, timezone.now())), "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("comments/comments.html", takes_context=True)
def draft_comments(context: Context, draft: SavedDraft) -> dict[str, Any]:
    """Show the comments on a saved draft, with a form for another one where texts are kept."""
    return {
        "draft": draft,
        "comments": as_read(list(comments_on(draft)), draft, context["request"].user.pk),
        "comment_form": CommentForm(),
        "keeps_texts": context["keeps_texts"],
        "is_owner": draft.account.user_id == context["request"].user.pk,
        "csrf_token": context.get("csrf_token"),
    }
