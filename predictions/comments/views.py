"""Comments from a draft's page."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.linked.switcher import SignedInRequest
from config.rate_limits import Limit, rate_limited
from predictions.comments.forms import CommentForm
from predictions.comments.selectors import comments_on
from predictions.comments.services import NotCommented, add_comment, delete_comment
from predictions.models import SavedDraft
from predictions.plan.opening import open_draft


@require_POST
@login_required
@rate_limited(Limit.DRAFT)
def add(request: SignedInRequest, draft_id: str) -> HttpResponse:
    """Add a comment to a draft; one that cannot be added comes back in its form, so that nothing typed is lost."""
    draft, _opened = open_draft(request, draft_id)
    form, refusal = CommentForm(request.POST), ""
    if form.is_valid():
        try:
            add_comment(draft=draft, author=request.user, text=form.cleaned_data["comment"])
        except NotCommented as error:
            refusal = str(error)
        else:
            return _back(draft)
    context = {"draft": draft, "account": draft.account, "comment_form": form, "refusal": refusal}
    return render(request, "comments/refused.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@login_required
def delete(request: SignedInRequest, draft_id: str, comment_id: str) -> HttpResponse:
    """Delete a comment; its author and the account's owner may."""
    draft, _opened = open_draft(request, draft_id)
    comment = get_object_or_404(comments_on(draft), public_id=comment_id)
    if request.user.pk not in (comment.author_id, draft.account.user_id):
        raise PermissionDenied
    delete_comment(comment=comment)
    messages.success(request, _("The comment is deleted."))
    return _back(draft)


def _back(draft: SavedDraft) -> HttpResponse:
    return redirect(f"{reverse('predictions:draft', args=[draft.public_id])}#comments-heading")
