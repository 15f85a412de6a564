"""The page that writes captions with a creator, beside the composer."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.linked.switcher import SignedInRequest
from accounts.seats.access import OpenedAccount, choose_seen_account
from config.numbers import whole_number
from config.rate_limits import Limit, rate_limited
from predictions.captions import services
from predictions.captions.appeals import NotAppealed, appeal, appeal_about
from predictions.captions.forms import BrandWordsForm, BriefForm
from predictions.captions.selectors import brand_lists
from predictions.captions.serializers import MAX_BRIEF
from predictions.captions.words import dropped_words, notes_on, reasons_of
from predictions.captions.writing.candidates import Order
from predictions.forecasts.serializers import MAX_DURATION_S
from predictions.forecasts.steps import COVER, STEP, WRITTEN, cover_of
from privacy.consent.selectors import purposes_of, require
from privacy.purposes import Purpose

PAGE = "captions/write.html"
BRIEF = "brief"
_CARRIED = (
    *("draft", "version", "publish_at", "duration_s", "within", "remind_at", COVER),
    *(f"variant_{letter}{what}" for letter in "BCD" for what in ("", "_at")),
)
"""Fields of the composer that come back to it with the caption."""


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limited(Limit.COMPARE)
def write(request: SignedInRequest) -> HttpResponse:
    """Show the form of a brief, and captions for the one that was sent; the composer sends its draft's fields."""
    opened, _linked = choose_seen_account(request, to_write=True)
    if opened is None:
        return redirect("posts:home")
    context = _context(request, opened)
    if request.method != "POST" or not context["may_write"]:
        return render(request, PAGE, context | {"form": BriefForm()})
    if BRIEF not in request.POST:
        # from the composer: its caption is the first brief
        return render(
            request, PAGE, context | {"form": BriefForm(initial={BRIEF: request.POST.get("caption", "")[:MAX_BRIEF]})}
        )
    form = BriefForm(request.POST)
    context["form"] = form
    if not form.is_valid():
        return render(request, PAGE, context)
    asked = form.cleaned_data
    order = Order(
        brief=asked[BRIEF],
        eta=form.eta,
        max_length=asked["max_length"],
        max_hashtags=asked["max_hashtags"],
        seed=asked["seed"] or 0,
    )
    written = services.write_captions(
        user=opened.account.user,
        account_id=opened.account.public_id,
        order=order,
        publish_at=_publish_at(request),
        duration_s=_duration(request),
        cover=cover_of(request.POST),
    )
    if written.writing.brief_verdicts:
        context["appeal"] = appeal_about(opened.account.pk, order.brief)
    is_short = len(written.writing.ranked) < order.n
    context |= {
        "written": written,
        "captions": [(each, reasons_of(each)) for each in written.writing.ranked],
        "notes": notes_on(written),
        "dropped": [dropped_words(*each) for each in written.writing.dropped.items()] if is_short else [],
        "next_seed": order.seed + 1,
    }
    return render(request, PAGE, context)


@require_POST
@login_required
@rate_limited(Limit.DRAFT)
def appeal_caption(request: SignedInRequest) -> HttpResponse:
    """Have staff look at a brief that word lists hold back."""
    opened, _linked = choose_seen_account(request, to_write=True)
    if opened is None:
        raise Http404
    require(opened.account.user_id, Purpose.SERVICE)
    try:
        appeal(account_id=opened.account.pk, text=request.POST.get(BRIEF, "")[:MAX_BRIEF])
    except NotAppealed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Staff look at it. You are told in your notifications."))
    return redirect(f"{reverse('predictions:write')}?account={opened.account.public_id}")


@require_POST
@login_required
@rate_limited(Limit.DRAFT)
def save_brand_words(request: SignedInRequest) -> HttpResponse:
    """Replace the account's lists of words."""
    opened, _linked = choose_seen_account(request, to_write=True)
    if opened is None:
        raise Http404
    require(opened.account.user_id, Purpose.SERVICE)
    form = BrandWordsForm(request.POST)
    if not form.is_valid():
        return render(request, PAGE, _context(request, opened) | {"form": BriefForm(), "words": form})
    services.set_brand_words(account_id=opened.account.pk, lists=form.lists())
    messages.success(request, _("Your words are saved."))
    return redirect(f"{reverse('predictions:write')}?account={opened.account.public_id}")


def _context(request: SignedInRequest, opened: OpenedAccount) -> dict[str, Any]:
    account = opened.account
    require(account.user_id, Purpose.SERVICE)
    lists = brand_lists(account.pk)
    agreed = purposes_of(account.user_id)
    draft = request.POST.get("draft", "")
    return {
        "account": account,
        "is_owner": opened.is_owner,
        "may_write": Purpose.WRITING in agreed,
        "keeps_texts": Purpose.DRAFTS in agreed,
        "words": BrandWordsForm(initial={"must": "\n".join(lists.must), "never": "\n".join(lists.never)}),
        "has_words": bool(lists.must or lists.never),
        "carried": {name: request.POST[name] for name in _CARRIED if name in request.POST},
        "composer": reverse("predictions:draft", args=[draft])
        if draft.isascii() and draft.isidentifier()
        else f"{reverse('predictions:compose')}?account={account.public_id}",
        "marks": {STEP: "1", WRITTEN: "1"},
    }


def _publish_at(request: SignedInRequest) -> Any:
    """Return the time that the composer has, in the account's time zone; now where it has none that is sound."""
    now = timezone.now()
    try:
        moment = parse_datetime(request.POST.get("publish_at", ""))
        return max(timezone.make_aware(moment), now) if moment and timezone.is_naive(moment) else now
    except ValueError:
        return now


def _duration(request: SignedInRequest) -> int | None:
    seconds = whole_number(request.POST.get("duration_s", ""))
    return seconds if seconds and seconds <= MAX_DURATION_S else None
