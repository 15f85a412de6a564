"""Pages of drafts: a new one, a saved one, its forecast while it is typed, and the calls that save and delete it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.linked.local_time import use_time_zone_of
from accounts.linked.switcher import LinkedAccount, SignedInRequest
from accounts.models import TikTokAccount
from accounts.seats.access import OpenedAccount, choose_seen_account
from config.languages.told import told
from config.rate_limits import Limit, enforce, rate_limited
from posts.content.captions import MAX_RETURNED
from posts.content.pictures import DraftCover, UnreadableImage, measure_draft_cover
from posts.freshness import lazy_freshness
from predictions.forecasts.charts import headlines, without_baseline
from predictions.forecasts.steps import COVER, STEP, WRITTEN, before_of, cover_of, seal_cover, undo_fields
from predictions.models import SavedDraft
from predictions.pictures.words import picture_in_words
from predictions.plan import services
from predictions.plan.composing import shown_forecast
from predictions.plan.forms import PlanForm, data_of, initial_of, kept_cover
from predictions.plan.opening import open_draft
from predictions.plan.selectors import drafts_seen_by
from privacy.consent.selectors import has_consent, require
from privacy.purposes import Purpose

PAGE, VIEWERS_PAGE, RESULT = "predictions/compose.html", "plan/viewers_draft.html", "plan/result.html"
SAVE = "save"
"""Name of the button that saves a draft without a forecast."""


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.PREDICT)
def compose(request: SignedInRequest) -> HttpResponse:
    """Show the page of a new draft; forecast, save, or try what was sent."""
    chosen, linked = choose_seen_account(request, to_write=True)
    if chosen is None:
        return redirect("posts:home")
    return _page(request, chosen, _draft_sent(request, chosen.account), linked)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.PREDICT)
def draft_page(request: SignedInRequest, draft_id: str) -> HttpResponse:
    """Show the page of a saved draft; forecast, save, or try what was sent. Viewers see it as it is saved."""
    draft, opened = open_draft(request, draft_id, to_write=request.method == "POST")
    use_time_zone_of(draft.account)
    if not opened.may_edit:
        return _viewers_page(request, draft)
    return _page(request, opened, draft, [])


@require_POST
@login_required
@rate_limited(Limit.FORECAST)
def try_draft(request: SignedInRequest) -> HttpResponse:
    """Answer with the forecast of what is typed, as a part of the page; nothing is kept. 422: it is not sound yet."""
    account = _chosen(request)
    require(account.user_id, Purpose.SERVICE)
    form = PlanForm(request.POST, request.FILES, account=account)
    is_sound, cover = _read(request, form)
    if not is_sound:
        return JsonResponse({"cover": form.errors.get("cover", [])}, status=422)
    context = shown_forecast(user=account.user, account=account, form=form, cover=cover, record=False)
    # without the form, under whose cover the picture is told
    context |= {"account": account, "before": before_of(request.POST), "alone": True} | _picture(cover)
    context["undo"] = undo_fields(request.POST) if context["before"] else None
    return render(request, RESULT, context)


@require_POST
@login_required
@rate_limited(Limit.DRAFT)
def save_draft(request: SignedInRequest) -> HttpResponse:
    """Save what is typed, as far as it is sound, and answer with the draft's address and version as JSON.

    A draft that was changed elsewhere answers 409 with how it stands, and is not changed.
    """
    account = _chosen(request)
    require(account.user_id, Purpose.SERVICE)
    form = PlanForm(request.POST, account=account, forecast=False)
    form.is_valid()
    draft = _draft_sent(request, account)
    try:
        saved = _save(request, account, draft, form, cover_of(request.POST))
    except services.StaleDraft as error:
        theirs = PlanForm(initial=initial_of(error.current), account=account)
        fields = {field.html_name: field.value() for field in theirs} | data_of(error.current, {})
        return JsonResponse({"fields": fields}, status=409)
    except services.TooManyDrafts as error:
        return JsonResponse({"detail": told(error)}, status=422)
    return JsonResponse(
        {
            "draft": saved.public_id,
            "version": saved.version,
            "address": reverse("predictions:draft", args=[saved.public_id]),
            "keeps_text": has_consent(account.user_id, Purpose.DRAFTS),
            "unsound": [str(form[name].label) for name in form.errors if name in form.fields],
        }
    )


@require_POST
@login_required
def delete_draft(request: SignedInRequest, draft_id: str) -> HttpResponse:
    """Delete a draft."""
    draft, _account = open_draft(request, draft_id, to_write=True)
    services.delete_draft(draft_id=draft.pk)
    messages.success(request, _("The draft is deleted. Its saved forecasts stay."))
    return redirect(f"{reverse('predictions:plan')}?account={draft.account.public_id}")


@require_POST
@login_required
def end_reminder(request: SignedInRequest, draft_id: str) -> HttpResponse:
    """Remind no more of a draft."""
    draft, _account = open_draft(request, draft_id, to_write=True)
    services.end_reminder(draft_id=draft.pk)
    return redirect(f"{reverse('predictions:plan')}?account={draft.account.public_id}")


def _viewers_page(request: SignedInRequest, draft: SavedDraft) -> HttpResponse:
    """Show a draft to somebody who may not change it."""
    require(draft.account.user_id, Purpose.SERVICE)
    outcome = getattr(draft.prediction, "outcome", None) if draft.prediction else None
    context = {
        "account": draft.account,
        "draft": draft,
        "keeps_texts": has_consent(draft.account.user_id, Purpose.DRAFTS),
        "headlines": without_baseline(headlines(draft.prediction, outcome)) if draft.prediction else [],
        "outcome": outcome,
    }
    return render(request, VIEWERS_PAGE, context)


def _page(
    request: SignedInRequest, opened: OpenedAccount, draft: SavedDraft | None, linked: list[LinkedAccount]
) -> HttpResponse:
    account = opened.account
    require(account.user_id, Purpose.SERVICE)
    context: dict[str, Any] = {
        "account": account,
        "accounts": linked,
        "is_owner": opened.is_owner,
        "by_member": not opened.is_owner,
        "draft": draft,
        "data": lazy_freshness(account.pk),
        "keeps_texts": has_consent(account.user_id, Purpose.DRAFTS),
        "kept_characters": MAX_RETURNED,
        "max_hashtags": settings.TIKTOK_MAX_HASHTAGS,
    }
    if request.method != "POST":
        context |= {"form": PlanForm(initial=initial_of(draft), account=account)} | _picture(kept_cover(draft))
        return render(request, PAGE, context)
    is_step, only_save = STEP in request.POST, SAVE in request.POST
    data: Any = data_of(draft, request.POST.dict()) if is_step else request.POST
    form = PlanForm(data, request.FILES, account=account, forecast=not only_save)
    context |= {"form": form, "is_written": WRITTEN in request.POST} | _picture(cover_of(request.POST))
    # as it was sent: one whose time is over still says that there is a cover
    context["cover_seal"] = request.POST.get(COVER, "")
    is_sound, cover = _read(request, form)
    if not is_sound:
        return render(request, PAGE, context)
    context |= _picture(cover)
    if is_step:
        context |= shown_forecast(user=account.user, account=account, form=form, cover=cover, record=False)
        if before := before_of(request.POST):
            context |= {"before": before, "undo": undo_fields(request.POST)}
        return render(request, PAGE, context)
    try:
        draft = _save(request, account, draft, form, cover)
    except services.StaleDraft as error:
        # sent again, it is meant
        form.data = request.POST.copy()
        form.data["version"] = str(error.current.version)
        theirs = PlanForm(initial=initial_of(error.current), account=account)
        return render(request, PAGE, context | {"theirs": theirs, "draft": error.current}, status=409)
    except services.TooManyDrafts as error:
        form.add_error(None, told(error))
        return render(request, PAGE, context)
    if only_save:
        messages.success(request, _("The draft is saved."))
        return redirect("predictions:draft", draft.public_id)
    context |= shown_forecast(user=account.user, account=account, form=form, cover=cover, record=True)
    draft = services.change_draft(draft_id=draft.pk, version=draft.version, changes={"prediction": context["forecast"]})
    form.data = request.POST.copy()
    form.data["draft"], form.data["version"] = draft.public_id, str(draft.version)
    return render(request, PAGE, context | {"draft": draft})


def _chosen(request: SignedInRequest) -> TikTokAccount:
    chosen, _linked = choose_seen_account(request, to_write=True)
    if chosen is None:
        raise Http404
    return chosen.account


def _draft_sent(request: SignedInRequest, account: TikTokAccount) -> SavedDraft | None:
    """Return the draft that the form is about: a page that was sent before knows it; 404 for any other's."""
    known = request.POST.get("draft")
    if not known:
        return None
    if "\0" in known:
        # PostgreSQL takes no such text
        raise Http404
    return get_object_or_404(drafts_seen_by(request.user), public_id=known, account=account)


def _read(request: HttpRequest, form: PlanForm) -> tuple[bool, DraftCover | None]:
    """Return whether the form is sound, and the measures of the picture that was sent, or of those that it carries."""
    if not form.is_valid():
        return False, None
    picture = form.cleaned_data["cover"]
    if not picture:
        return True, cover_of(request.POST)
    enforce(request, Limit.UPLOAD)
    try:
        return True, measure_draft_cover(picture.read())
    except UnreadableImage as error:
        form.add_error("cover", told(error))
        return False, None


def _picture(cover: DraftCover | None) -> dict[str, Any]:
    """Return the context of a draft's picture: its measures, sealed, and what is told of it."""
    return {"cover_seal": seal_cover(cover), "picture": picture_in_words(cover) if cover else None}


def _save(
    request: SignedInRequest,
    account: TikTokAccount,
    draft: SavedDraft | None,
    form: PlanForm,
    cover: DraftCover | None,
) -> SavedDraft:
    """Save the form as a new draft, or as a change of the one it is about, at the version that it was filled in at."""
    changes = form.changes()
    if draft and not draft.caption and not changes.get("caption"):
        # a text that is kept in another browser alone
        changes.pop("caption", None)
    # measures whose seal is too old to be read are no reason to forget the cover
    if cover is not None or not request.POST.get(COVER):
        changes["cover"] = cover
    if draft is None:
        return services.create_draft(account_id=account.pk, changes=changes)
    return services.change_draft(
        draft_id=draft.pk, version=form.cleaned_data.get("version") or draft.version, changes=changes
    )
