"""Random lives of a person: consents change, texts change, TikTok sends webhooks, tasks run; all need consent.

Everything is real except TikTok's wire, which answers from memory, so that ten thousand lives take minutes. Calls are
counted, because a call is processing too.

The expected state is computed independently, from the person's actions alone. A difference is a violation of that step.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import tasks
from accounts.credentials.services import CredentialLost
from accounts.linked import services as accounts
from accounts.models import TikTokAccount, User
from accounts.tiktok import client as tiktok
from accounts.tiktok.errors import TikTokError
from posts.ingest import refreshing, schedule
from posts.ingest.services import NotConnected, request_refresh
from posts.models import Post, Refresh
from predictions.feedback import services as feedback_services
from predictions.forecasts import services as forecasts_services
from predictions.forecasts.answering import AccountNotChosen
from predictions.learning import selectors as learning_selectors
from predictions.learning import services as learning_services
from predictions.models import Prediction
from predictions.monitoring.selectors import forecast_errors, recent_features
from predictions.outcomes import services as outcomes_services
from predictions.training.pseudonyms import pseudonym
from predictions.training.selectors import training_histories
from privacy.consent import selectors as consent_selectors
from privacy.consent import services as consent_services
from privacy.consent.selectors import NoConsent
from privacy.models import Through
from privacy.purposes import Purpose
from tests.factories import ForecastErrorFactory, OutcomeFactory, UserFactory
from tests.privacy.consent.text_versions import release
from tests.privacy.consent.tiktok import CAPTION


@dataclass
class Life:
    """One person with one account: the consents expected from their actions, the steps and the violations."""

    dice: random.Random
    user: User
    staff: Client = field(default_factory=Client)
    """A member of staff in the admin, who has given a reason."""
    agreed: set[Purpose] = field(default_factory=set)
    """Purposes agreed to under the current text."""
    standing: set[Purpose] = field(default_factory=set)
    """Purposes agreed to under any text and not withdrawn: data kept under them stays."""
    steps: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def account(self) -> TikTokAccount | None:
        return self.user.tiktok_accounts.first()

    @cached_property
    def browser(self) -> Client:
        """Return the person's browser, signed in."""
        browser = Client()
        browser.force_login(self.user)
        return browser

    @property
    def may_be_learned_from(self) -> bool:
        return {Purpose.SERVICE, Purpose.LEARNING} <= self.agreed


# --- actions -------------------------------------------------------------------------------------------------


def agree(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    version = consent_selectors.current_version(purpose)
    consent_services.give(user_id=life.user.pk, purpose=purpose, through=Through.PAGE, version=version)
    life.agreed.add(purpose)
    life.standing.add(purpose)


def agree_to_much(life: Life) -> None:
    """Agree to the service, and to each other purpose with a probability of 0.7."""
    for purpose in Purpose:
        if purpose == Purpose.SERVICE or life.dice.random() < 0.7:
            version = consent_selectors.current_version(purpose)
            consent_services.give(user_id=life.user.pk, purpose=purpose, through=Through.PAGE, version=version)
            life.agreed.add(purpose)
            life.standing.add(purpose)


def choose_on_the_page(life: Life) -> None:
    chosen = set(life.dice.sample(list(Purpose), life.dice.randrange(len(Purpose) + 1)))
    versions = {f"version-{purpose}": consent_selectors.current_version(purpose) for purpose in Purpose}
    life.browser.post("/your-data/consent/", {"agree": [*chosen], **versions})
    life.agreed, life.standing = set(chosen), set(chosen)


def choose_over_the_api(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    path = f"/api/v1/privacy/consents/{purpose}"
    if life.dice.random() < 0.6:
        life.browser.put(path, {"version": consent_selectors.current_version(purpose)}, content_type="application/json")
        life.agreed.add(purpose)
        life.standing.add(purpose)
    else:
        life.browser.delete(path)
        life.agreed.discard(purpose)
        life.standing.discard(purpose)


def agree_to_an_old_text(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    try:
        consent_services.give(user_id=life.user.pk, purpose=purpose, through=Through.API, version=0)
    except consent_services.OutdatedText:
        return
    life.violations.append("consent to a text that is not the current one was taken")


def withdraw(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    consent_services.withdraw(user_id=life.user.pk, purpose=purpose, through=Through.API)
    life.agreed.discard(purpose)
    life.standing.discard(purpose)


def release_new_text(life: Life) -> None:
    purpose = life.dice.choice(list(Purpose))
    release(purpose)
    life.agreed.discard(purpose)


def sign_in(life: Life) -> None:
    """Sign in as the worker and the page that waits do after TikTok's redirect, without sessions."""
    grant = tiktok.exchange_code(code=f"open-{life.user.pk}", redirect_uri="https://testserver/")
    accounts.connect_account(user=life.user, grant=grant, now=timezone.now())


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
        # a message from before the last change
        schedule.discover_posts(account_id=account.pk)
        schedule.observe_account(account_id=account.pk)


def learning_task(life: Life) -> None:
    for account_id in (
        learning_selectors.stale_accounts(timezone.now()).filter(user=life.user.pk).values_list("pk", flat=True)
    ):
        learning_services.update_weights(account_id=account_id)
    if account := life.account:
        learning_services.update_weights(account_id=account.pk)


def predict(life: Life) -> None:
    forecast = forecasts_services.predict(
        user=life.user,
        account_id=None,
        text=CAPTION,
        hashtags=(),
        publish_at=timezone.now(),
        duration_s=10,
        cover=None,
        client="web",
        explain=False,
    )
    feedback_services.give_feedback(prediction=forecast.prediction, verdict="wrong", reason="too_high")


def forecast_over_the_api(life: Life) -> None:
    draft = {"post": {"text": CAPTION}}
    response = life.browser.post("/api/v1/predict", draft, content_type="application/json")
    # an earlier forecast, perhaps under other consents
    earlier = Prediction.objects.filter(account__user=life.user.pk).first()
    if earlier:
        feedback = {"verdict": "wrong", "reason": "too_high", "text": CAPTION}
        path = f"/api/v1/predictions/{earlier.public_id}/feedback/"
        life.browser.post(path, feedback, content_type="application/json")
    if response.status_code == 403:
        raise NoConsent(Purpose.SERVICE)


def forecast_on_the_page(life: Life) -> None:
    life.browser.post("/compose/", {"caption": CAPTION, "publish_at": f"{timezone.now():%Y-%m-%dT%H:%M}"})


def refresh_over_the_api(life: Life) -> None:
    if account := life.account:
        life.browser.post(f"/api/v1/accounts/{account.public_id}/refreshes/")


def staff_look(life: Life) -> None:
    assert life.staff.get("/admin/accounts/tiktokaccount/").status_code == 200


def make_a_token(life: Life) -> None:
    life.browser.post("/api/v1/tokens/", {"name": "a program"}, content_type="application/json")


def renewal_task(life: Life) -> None:
    tasks.refresh_expiring_credentials()
    if account := life.account:
        tasks.renew_credential(account.pk)


def training_task(life: Life) -> None:
    account = life.account
    read = {history.account_id for history in training_histories(timezone.now())}
    if account and pseudonym(account.public_id) in read and not life.may_be_learned_from:
        life.violations.append("a training read their posts")


def drift_task(life: Life) -> None:
    now = timezone.now()
    read = {*forecast_errors(now).account, *recent_features(now)[0]}
    if (account := life.account) and account.pk in read and not life.may_be_learned_from:
        life.violations.append("drift was judged by their posts")


def outcomes_task(life: Life) -> None:
    outcomes_services.meet_outcomes(now=timezone.now() + timedelta(days=3))


def comparing(life: Life) -> None:
    """Create rows that only a person who agrees can have."""
    post = Post.objects.filter(account__user=life.user.pk).first()
    prediction = Prediction.objects.filter(account__user=life.user.pk).first()
    if Purpose.OUTCOMES in life.agreed and prediction and post and not hasattr(prediction, "outcome"):
        OutcomeFactory(prediction=prediction, post=post)
    if Purpose.LEARNING in life.agreed and post and not post.forecast_errors.exists():
        ForecastErrorFactory(post=post)


Action = Callable[[Life], None]

OFTEN: tuple[Action, ...] = (
    *(agree, agree, agree, withdraw, withdraw, release_new_text, agree_to_an_old_text),
    *(sign_in, sign_in, webhook, ask_for_refresh, refresh_task, scheduled_tasks, learning_task),
    *(predict, outcomes_task, comparing, renewal_task, training_task),
)
SELDOM: tuple[Action, ...] = (
    *(choose_on_the_page, choose_over_the_api, forecast_over_the_api, forecast_on_the_page, refresh_over_the_api),
    *(make_a_token, staff_look, drift_task),
)
"""Requests take ten times as long as the functions that they call."""
ACTIONS = (*OFTEN, *OFTEN, *SELDOM)
BEGINNINGS: tuple[tuple[Action, ...], ...] = (
    (),
    (),
    (agree_to_much, sign_in, ask_for_refresh),
    (agree_to_much, sign_in, ask_for_refresh, refresh_task, predict, comparing),
)
"""Chance alone seldom leads to a forecast, and without one nothing could be processed against consent."""
REFUSALS = (NoConsent, NotConnected, CredentialLost, TikTokError, AccountNotChosen)


# --- traces -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Traces:
    """Everything that processing could change, read in one query, because a life takes it after each step."""

    calls: int
    profiles: list[Any]
    made_for_the_service: list[Any]
    """Numbers of rows, and the sum of the weights' versions."""
    texts: list[str]
    outcomes: list[int]
    forecast_errors: list[int]
    agreed_texts: list[str]
    """Purpose and version of each open consent, as the database has them."""


OF_SERVICE = ("calls", "profiles", "made_for_the_service")

TRACES = """
    WITH account AS (SELECT id, display_name, follower_count FROM accounts_tiktokaccount WHERE user_id = %(user)s),
        post AS (SELECT id, caption FROM posts_post WHERE account_id IN (SELECT id FROM account)),
        prediction AS (SELECT id, caption FROM predictions_prediction WHERE account_id IN (SELECT id FROM account)),
        said AS (SELECT text FROM predictions_feedback WHERE prediction_id IN (SELECT id FROM prediction))
    SELECT
        ARRAY(SELECT concat_ws(' ', display_name, follower_count) FROM account),
        ARRAY[
            (SELECT count(*) FROM posts_refresh WHERE account_id IN (SELECT id FROM account)),
            (SELECT count(*) FROM post),
            (SELECT count(*) FROM posts_postcontent WHERE post_id IN (SELECT id FROM post)),
            (SELECT count(*) FROM posts_observation WHERE post_id IN (SELECT id FROM post)),
            (SELECT count(*) FROM prediction),
            (SELECT count(*) FROM said),
            (SELECT count(*) FROM accounts_apitoken WHERE user_id = %(user)s),
            (SELECT coalesce(sum(version), 0) FROM predictions_accountweights
             WHERE account_id IN (SELECT id FROM account))
        ],
        ARRAY(SELECT caption FROM post UNION ALL SELECT caption FROM prediction UNION ALL SELECT text FROM said),
        ARRAY(SELECT id FROM predictions_outcome WHERE prediction_id IN (SELECT id FROM prediction)),
        ARRAY(SELECT post_id FROM predictions_forecasterror WHERE account_id IN (SELECT id FROM account)),
        ARRAY(SELECT purpose || ':' || version FROM privacy_consent WHERE user_id = %(user)s AND withdrawn_at IS NULL)
"""


def traces(life: Life, calls: int) -> Traces:
    with connection.cursor() as cursor:
        cursor.execute(TRACES, {"user": life.user.pk})
        profiles, made, kept_texts, outcomes, forecast_errors, agreed = cursor.fetchone()
    return Traces(calls, profiles, made, sorted(filter(None, kept_texts)), outcomes, forecast_errors, agreed)


def live(actions: Sequence[Action], life: Life, count_calls: Callable[[], int]) -> Life:
    """Run the actions in order and record processing without consent."""
    before = traces(life, count_calls())
    for action in actions:
        life.steps.append(action.__name__)
        try:
            action(life)
        except REFUSALS:
            life.steps[-1] += " (refused)"
        after = traces(life, count_calls())
        path = " > ".join(life.steps)
        life.violations += [
            f"{path}: {wrong}" for wrong in differences_of(life, before, after, is_new=action is sign_in)
        ]
        before = after
    return life


def random_life(dice: random.Random, staff: Client, steps: int, count_calls: Callable[[], int]) -> Life:
    """Run a beginning and then `steps` random actions."""
    life = Life(dice, UserFactory(consents=()), staff)
    return live([*dice.choice(BEGINNINGS), *(dice.choice(ACTIONS) for _ in range(steps))], life, count_calls)


def differences_of(life: Life, before: Traces, after: Traces, *, is_new: bool) -> list[str]:
    """Return the differences from the state that the person's actions lead to."""
    differences = []
    current = {f"{purpose}:{consent_selectors.current_version(purpose)}" for purpose in Purpose}
    if {each.split(":")[0] for each in after.agreed_texts if each in current} != life.agreed:
        differences.append(f"{after.agreed_texts} stand as agreed to")
    if Purpose.SERVICE not in life.agreed:
        # an account that is new has an id and nothing else
        expected = before if before.profiles or not is_new else replace(before, profiles=[""])
        if [getattr(after, name) for name in OF_SERVICE] != [getattr(expected, name) for name in OF_SERVICE]:
            differences.append(f"{after}, before {before}")
    for purpose, kept_before, kept in (
        (Purpose.DRAFTS, before.texts, after.texts),
        (Purpose.OUTCOMES, before.outcomes, after.outcomes),
        (Purpose.LEARNING, before.forecast_errors, after.forecast_errors),
    ):
        if purpose not in life.agreed and kept != (kept_before if purpose in life.standing else []):
            differences.append(f"kept for {purpose}: {kept}, before {kept_before}")
    return differences
