"""Comparing captions for staff: the task, blind, and the page of what came of it; pairs and votes as rows."""

from collections.abc import Callable
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import TikTokAccount
from predictions.labels.agreement import FEWEST_PAIRS
from predictions.labels.blinding import blinded
from predictions.labels.selectors import accounts_to_compare, next_pair, waiting_pairs
from predictions.labels.services import DRAWN_AT_ONCE, AlreadyCompared, Ballot, draw_pairs, vote
from predictions.labels.standing import share_in_words, standings
from predictions.models import LabelPair, LabelVote
from predictions.models.labels import Side
from predictions.scoring.records import latest_record
from predictions.versions.registry import registry
from predictions.versions.selectors import champion_id
from privacy.consent.selectors import NoConsent
from privacy.trail.reasons import reason_of
from privacy.trail.services import note_change, touch
from privacy.trail.staff.admin import ReadOnlyAdmin

Question = LabelPair.Question


class BallotForm(forms.Form):
    """A vote, as the page sends it."""

    pair = forms.IntegerField(min_value=1)
    side = forms.ChoiceField(choices=Side.choices)
    mirrored = forms.BooleanField(required=False)


@admin.register(LabelPair)
class LabelPairAdmin(ReadOnlyAdmin):
    """The rows, and beside them the task, which needs a permission of its own and shows no row."""

    list_display = ["pk", "account", "question", "drawn_at"]
    list_select_related = ["account"]
    list_filter = ["question", "drawn_at"]
    search_fields = ["account__public_id"]
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        def named(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(f"{name}/", self.admin_site.admin_view(view), name=f"predictions_labelpair_{name}")

        return [
            named("standing", self.standing_view),
            named("compare", self.compare_view),
            named("draw", self.draw_view),
            *super().get_urls(),
        ]

    def standing_view(self, request: HttpRequest) -> HttpResponse:
        """Show each question's pairs, how far raters agree, and how often measured scores agree with them.

        It shows nobody's row, so it asks for no reason.
        """
        may_compare = _may_compare(request)
        if not may_compare and not request.user.has_perm("predictions.view_modelversion"):
            raise PermissionDenied
        serving = registry.serving(champion_id())
        context = {
            **self.admin_site.each_context(request),
            "title": "Captions compared by people",
            "opts": self.opts,
            "standings": [
                (each, share_in_words(each.part_agrees), share_in_words(each.value_agrees))
                for each in standings(latest_record(serving.model))
            ],
            "serving": serving.name,
            "fewest": FEWEST_PAIRS,
            "accounts": accounts_to_compare().count(),
            "may_compare": may_compare,
        }
        return TemplateResponse(request, "admin/predictions/labelpair/standing.html", context)

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """Show a pair that waits for the member of staff on GET; store the answer on POST."""
        if not _may_compare(request):
            raise PermissionDenied
        question = _question(request)
        if not reason_of(request):
            return redirect(f"{reverse('reason')}?{urlencode({'next': request.get_full_path()})}")
        if request.method == "POST":
            _vote(request)
            return redirect(_compare(question))
        rater = request.user.get_username()
        waiting = next_pair(question, rater)
        context = {
            **self.admin_site.each_context(request),
            "title": question.label,
            "opts": self.opts,
            "question": question,
            "questions": Question,
            "pair": waiting and waiting.pair,
            "drawn_at_once": DRAWN_AT_ONCE,
            "waiting": waiting_pairs(question).exclude(votes__rater=rater).count(),
        }
        if waiting:
            pair, is_mirrored = waiting.pair, waiting.is_mirrored
            touch(request, [pair.account.user_id])
            texts = [_blind(post.caption, pair.account) for post in (pair.left, pair.right)]
            captions = list(zip("AB", texts[::-1] if is_mirrored else texts, strict=True))
            context |= {"captions": captions, "is_mirrored": is_mirrored}
        return TemplateResponse(request, "admin/predictions/labelpair/compare.html", context)

    def draw_view(self, request: HttpRequest) -> HttpResponse:
        """Draw more pairs of a question, and go on with them."""
        if not _may_compare(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        question = _question(request)
        note_change(request)
        if drawn := draw_pairs(question=question):
            messages.success(request, f"{drawn} pairs were drawn.")
        else:
            messages.warning(
                request,
                "No pair was drawn: enough wait already, nobody lets staff compare captions, or no two posts that are "
                "near in time are left.",
            )
        return redirect(_compare(question))


@admin.register(LabelVote)
class LabelVoteAdmin(ReadOnlyAdmin):
    list_display = ["pair", "rater", "side", "was_mirrored", "voted_at"]
    list_select_related = ["pair__left", "pair__right"]
    list_filter = ["side", "voted_at"]
    search_fields = ["pair__account__public_id"]
    show_full_result_count = False


def _vote(request: HttpRequest) -> None:
    form = BallotForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the three answers.")
        return
    answer = form.cleaned_data
    ballot = Ballot(Side(answer["side"]), was_mirrored=answer["mirrored"])
    note_change(request)
    try:
        vote(pair_id=answer["pair"], rater=request.user.get_username(), ballot=ballot)
    except (AlreadyCompared, NoConsent, LabelPair.DoesNotExist, TikTokAccount.DoesNotExist):
        messages.info(request, "That pair needs no answer any more. Here is the next one.")


def _may_compare(request: HttpRequest) -> bool:
    return request.user.has_perm("predictions.compare_labelpair")


def _question(request: HttpRequest) -> LabelPair.Question:
    try:
        return Question(request.GET.get("question", Question.HOOK))
    except ValueError as error:
        raise Http404 from error


def _compare(question: LabelPair.Question) -> str:
    return f"{reverse('admin:predictions_labelpair_compare')}?{urlencode({'question': question.value})}"


def _blind(caption: str, account: TikTokAccount) -> str:
    return blinded(caption, [account.display_name, account.username])
