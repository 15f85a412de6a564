"""Random lives of a person: consents come and go, texts change, TikTok tells, tasks run; all of it needs consent.

Everything is real but TikTok's wire, which answers from memory: ten thousand lives take minutes that way, and the check
under test comes before a call is made. Each call is noted, for a call is processing too.
"""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from pydantic import SecretStr

from accounts import services as accounts
from accounts.models import TikTokAccount, User
from accounts.services import CredentialLost
from accounts.tiktok.client import Grant, Profile
from accounts.tiktok.errors import TikTokError
from posts import refreshing, schedule
from posts.models import Observation, Post, PostContent, Refresh
from posts.services import NotConnected, request_refresh
from predictions import services as predictions
from predictions.models import AccountWeights, Feedback, Outcome, Prediction
from predictions.selectors import accounts_to_learn_from, predictions_due, stale_accounts
from privacy import consent, texts
from privacy.consent import NoConsent
from privacy.models import Through
from privacy.purposes import Purpose
from tests.factories import MissFactory, OutcomeFactory, UserFactory

CAPTION = "A caption about lighthouses"


@dataclass
class Life:
    """One person with one account, what they agree to by our own reckoning, and what was done meanwhile."""

    dice: random.Random
    user: User
    agreed: set[Purpose] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)
    calls: int = 0

    @property
    def account(self) -> TikTokAccount | None:
        return self.user.tiktok_accounts.first()


def traces(life: Life) -> dict[str, object]:
    """All that processing could change: rows, counts and what is known of the account."""
    account = life.account
    mine = {"account__user": life.user.pk}
    through_post, through_prediction = (
        {"post__account__user": life.user.pk},
        {"prediction__account__user": life.user.pk},
    )
    return {
        "calls": life.calls,
        "refreshes": Refresh.objects.filter(**mine).count(),
        "posts": Post.objects.filter(**mine).count(),
        "contents": PostContent.objects.filter(**through_post).count(),
        "observations": Observation.objects.filter(**through_post).count(),
        "predictions": Prediction.objects.filter(**mine).count(),
        "feedback": Feedback.objects.filter(**through_prediction).count(),
        "weights": list(AccountWeights.objects.filter(**mine).values_list("version", flat=True)),
        "profile": (account.display_name, account.follower_count) if account else None,
    }


# --- what can happen -------------------------------------------------------------------------------------------------


def agree(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    version = consent.current_version(purpose)
    consent.give(user_id=life.user.pk, purpose=purpose, through=Through.PAGE, version=version)
    life.agreed.add(purpose)


def agree_to_an_old_text(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    try:
        consent.give(user_id=life.user.pk, purpose=purpose, through=Through.API, version=0)
    except consent.OutdatedText:
        return
    raise AssertionError("consent to a text that is not the current one was taken")


def withdraw(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    consent.withdraw(user_id=life.user.pk, purpose=purpose, through=Through.API)
    life.agreed.discard(purpose)


def release_new_text(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    newest = texts.current_text(purpose)
    folder = texts.FOLDER / purpose
    shutil.copy(folder / f"{newest.version}.md", folder / f"{newest.version + 1}.md")
    texts.current_text.cache_clear()
    life.agreed.discard(purpose)


def sign_in(life: Life) -> None:
    grant = Grant(
        open_id=f"open-{life.user.pk}",
        scope=["user.info.basic", "user.info.stats", "video.list"],
        access_token=SecretStr("act.token"),
        expires_in=86_400,
        refresh_token=SecretStr("rft.token"),
        refresh_expires_in=864_000,
    )
    profile = Profile(display_name="Somebody", follower_count=life.dice.randrange(10_000))
    accounts.connect_account(user=life.user, profile=profile, grant=grant, now=timezone.now())


def webhook(life: Life) -> None:
    accounts.authorization_removed(
        open_id=f"open-{life.user.pk}",
        removed_at=timezone.now() + timedelta(seconds=1),
        delivery=f"{life.user.pk}-{len(life.steps)}",
        now=timezone.now(),
    )


def ask_for_refresh(life: Life) -> None:
    if account := life.account:
        request_refresh(account_id=account.pk)


def refresh_task(life: Life) -> None:
    for refresh_id in Refresh.objects.filter(account__user=life.user.pk).values_list("pk", flat=True):
        refreshing.run_refresh(refresh_id=refresh_id)


def scheduled_tasks(life: Life) -> None:
    for account_id in schedule.take_due_listings(timezone.now()):
        schedule.discover_posts(account_id=account_id)
    if account := life.account:
        # a message that was sent before anything changed
        schedule.discover_posts(account_id=account.pk)
        schedule.observe_account(account_id=account.pk)


def learning_task(life: Life) -> None:
    for account_id in stale_accounts(timezone.now()).filter(user=life.user.pk).values_list("pk", flat=True):
        predictions.update_weights(account_id=account_id)
    if account := life.account:
        predictions.update_weights(account_id=account.pk)


def predict(life: Life) -> None:
    given = predictions.predict(
        user=life.user,
        account_id=None,
        text=CAPTION,
        hashtags=(),
        scheduled_for=timezone.now(),
        duration_s=10,
        cover=None,
        client="web",
        explain=False,
    )
    predictions.give_feedback(prediction=given.prediction, verdict="wrong", reason="too_high")


def outcomes_task(life: Life) -> None:
    later = timezone.now() + timedelta(days=3)
    due = predictions_due(later, given_up_after=timedelta(days=7)).filter(account__user=life.user.pk)
    assert not due or {Purpose.SERVICE, Purpose.OUTCOMES} <= life.agreed
    predictions.meet_outcomes(now=later)


def comparing(life: Life) -> None:
    """Rows that only somebody who agrees can have."""
    post, prediction = (model.objects.filter(account__user=life.user.pk).first() for model in (Post, Prediction))
    if Purpose.OUTCOMES in life.agreed and prediction and post and not hasattr(prediction, "outcome"):
        OutcomeFactory(prediction=prediction, post=post)
    if Purpose.LEARNING in life.agreed and post and not hasattr(post, "miss"):
        MissFactory(post=post)


ACTIONS: tuple[Callable[[Life], None], ...] = (
    *(agree, agree, agree, withdraw, withdraw, release_new_text, agree_to_an_old_text),
    *(sign_in, sign_in, webhook, ask_for_refresh, refresh_task, scheduled_tasks, learning_task),
    *(predict, outcomes_task, comparing),
)
NEEDS_SERVICE = (ask_for_refresh, refresh_task, scheduled_tasks, learning_task, predict, sign_in, webhook)
REFUSALS = (NoConsent, NotConnected, CredentialLost, TikTokError, predictions.AccountNotChosen)


def live(dice: random.Random, steps: int, count_calls: Callable[[], int]) -> Life:
    """A life of some steps; AssertionError, with the steps, if anything happened without consent."""
    life = Life(dice, UserFactory(consents=()), calls=count_calls())
    before = traces(life)
    for _ in range(steps):
        action = dice.choice(ACTIONS)
        life.steps.append(action.__name__)
        try:
            action(life)
        except REFUSALS:
            life.steps[-1] += " (refused)"
        life.calls = count_calls()
        before = _check(life, action, before)
    return life


def _check(life: Life, action: Callable[[Life], None], before: dict[str, object]) -> dict[str, object]:
    told = " > ".join(life.steps)
    assert consent.purposes_of(life.user.pk) == life.agreed, told
    after = traces(life)
    if Purpose.SERVICE not in life.agreed:
        # an account that is new has an id and nothing else
        nothing = {**before, "profile": before["profile"] or (("", None) if action is sign_in else None)}
        assert after == nothing, f"{told}: {after}, before {before}"
    if Purpose.DRAFTS not in life.agreed:
        assert not Post.objects.filter(account__user=life.user.pk).exclude(caption="").exists(), told
        assert not Prediction.objects.filter(account__user=life.user.pk).exclude(caption="").exists(), told
    if Purpose.OUTCOMES not in life.agreed and action is not release_new_text:
        assert _counts(life, Outcome, "prediction__account__user") <= _allowed(life, "outcomes"), told
    learned_from = accounts_to_learn_from().filter(user=life.user.pk).exists()
    assert not learned_from or {Purpose.SERVICE, Purpose.LEARNING} <= life.agreed, told
    return after


def _counts(life: Life, model: Any, path: str) -> int:
    return int(model.objects.filter(**{path: life.user.pk}).count())


def _allowed(life: Life, kind: str) -> int:
    """Comparisons made under an earlier text stay until consent is taken back; then there are none."""
    withdrawn = consent.history_of(life.user.pk).filter(purpose=Purpose.OUTCOMES, withdrawn_at=None)
    return 1_000 if withdrawn.exists() else 0


def texts_of_its_own(folder: Path) -> Path:
    """A copy of the texts, to which versions can be added."""
    shutil.copytree(texts.FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder
