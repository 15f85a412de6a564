"""Rows for tests, made by factory-boy: people, accounts, posts with their content and observations, predictions.

account = TikTokAccountFactory()
post = PostFactory(account=account, text="Sunset at the pier #sunset", likes_by_hour={1: 40, 24: 300})
history = history_of_posts(account, count=30, until=timezone.now())
"""

import datetime
import math
import random
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import factory
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice
from factory.django import DjangoModelFactory

from accounts.models import APIToken, FollowerCount, TikTokAccount, User
from posts.content.captions import CaptionMeasures, measure_caption
from posts.content.pictures import (
    COVER_EXTRACTOR_VERSION,
    PICTURE_EMBEDDING_SIZE,
    CoverMeasures,
    measure_cover,
)
from posts.imports.parts import store_part
from posts.ingest.fingerprints import caption_fingerprint
from posts.models import Import, ImportRow, Observation, Origin, Post, PostContent, PostsChange
from predictions.engine.data.history import FEATURES_VERSION
from predictions.engine.features.tabular import TABULAR
from predictions.models import (
    AccountWeights,
    Assignment,
    Benchmark,
    Experiment,
    Feedback,
    ForecastError,
    Outcome,
    Prediction,
    SuggestionReport,
)
from privacy.consent import selectors as consent_selectors
from privacy.consent import services as consent_services
from privacy.models import AccessEvent, Consent, Through
from privacy.purposes import Purpose
from privacy.texts import current_text
from privacy.trail.services import record
from telemetry.models import Endpoint, IdempotentRequest, RequestRecord
from telemetry.requests import pseudonyms

HOUR = datetime.timedelta(hours=1)
USUAL_CONSENTS = (Purpose.SERVICE, Purpose.LEARNING, Purpose.OUTCOMES)
ALL_CONSENTS = tuple(Purpose)


def agree(user: User, *purposes: Purpose) -> None:
    """The person agrees to the current texts of these purposes."""
    for purpose in purposes:
        consent_services.give(
            user_id=user.pk, purpose=purpose, through=Through.PAGE, version=consent_selectors.current_version(purpose)
        )


def disagree(user: User, *purposes: Purpose) -> None:
    """The person takes these consents back."""
    for purpose in purposes:
        consent_services.withdraw(user_id=user.pk, purpose=purpose, through=Through.PAGE)


class UserFactory(DjangoModelFactory[User]):
    """A person who agrees to everything but the keeping of texts; `consents=()` or other purposes say otherwise."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"creator{n}")

    @factory.post_generation
    def consents(self: User, create: bool, extracted: Iterable[Purpose] | None, **_: Any) -> None:
        # as `agree` writes them, but at once: nothing is there yet that could rest on them but the person's own row
        texts = [current_text(purpose) for purpose in (USUAL_CONSENTS if extracted is None else extracted)]
        given_at = timezone.now()
        consents = [
            Consent(
                user=self,
                purpose=text.purpose,
                version=text.version,
                text_fingerprint=text.fingerprint,
                given_at=given_at,
                given_through=Through.PAGE,
            )
            for text in texts
        ]
        # where newcomers agree by themselves, they have agreed already
        Consent.objects.bulk_create(consents, ignore_conflicts=True)
        for text in texts:
            record(action=AccessEvent.Action.CONSENT, subjects=[self.pk], what=f"{text.title}, text {text.version}")
        User.objects.filter(pk=self.pk).update()


class StaffFactory(UserFactory):
    is_staff = True
    is_superuser = True


def verify(client: Client, user: User) -> None:
    """Sign a member of staff in with both factors."""
    client.force_login(user)
    device = TOTPDevice.objects.create(user=user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()


def enter_admin(client: Client, user: User | None = None) -> Client:
    """The client as a member of staff who has said why they want to see people's data."""
    verify(client, user or StaffFactory())
    client.post("/admin/reason/", {"reason": "ticket 4711, a forecast is off"})
    return client


class APITokenFactory(DjangoModelFactory[APIToken]):
    """A row only: nobody knows its secret. Make usable tokens with the accounts services."""

    class Meta:
        model = APIToken

    user = factory.SubFactory(UserFactory)
    name = "a program"
    hint = "pc_test"
    digest = factory.Sequence(lambda n: f"{n:064x}")


class IdempotentRequestFactory(DjangoModelFactory[IdempotentRequest]):
    class Meta:
        model = IdempotentRequest

    user = factory.SubFactory(UserFactory)
    key_digest = request_digest = factory.Sequence(lambda n: f"{n:064x}")
    claimed_at = factory.LazyFunction(timezone.now)


def pseudonym_today(user_id: int) -> int:
    """Return the person's pseudonym of today; Redis is emptied between tests, and the key with it."""
    pseudonyms.key_of.cache_clear()
    return pseudonyms.pseudonym(user_id, pseudonyms.key_of(timezone.now().date()))


class RequestRecordFactory(DjangoModelFactory[RequestRecord]):
    """A record of a request that the person of `user_id` made just now."""

    class Meta:
        model = RequestRecord

    class Params:
        user_id: int | None = None

    at = factory.LazyFunction(timezone.now)
    endpoint = factory.LazyFunction(lambda: Endpoint.objects.get_or_create(route="api/v1/predict", method="POST")[0])
    status = 200
    total = 12_000
    pseudonym = factory.LazyAttribute(lambda made: pseudonym_today(made.user_id))


class FollowerCountFactory(DjangoModelFactory[FollowerCount]):
    class Meta:
        model = FollowerCount

    account = factory.SubFactory("tests.factories.TikTokAccountFactory", follower_counts=None)
    observed_at = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    followers = 5_000


class TikTokAccountFactory(DjangoModelFactory[TikTokAccount]):
    """An account that has had its followers for years."""

    class Meta:
        model = TikTokAccount
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    open_id = factory.Sequence(lambda n: f"open-id-{n}")
    union_id = factory.Sequence(lambda n: f"union-id-{n}")
    display_name = factory.Sequence(lambda n: f"Creator {n}")
    username = factory.Sequence(lambda n: f"tiktok_creator_{n}")
    is_verified = False
    follower_count = 5_000
    following_count = 100
    likes_count = 40_000
    video_count = 120
    connected_at = factory.LazyFunction(timezone.now)
    follower_counts = factory.RelatedFactory(
        FollowerCountFactory, "account", followers=factory.SelfAttribute("..follower_count")
    )


@cache
def measured_once(caption: str) -> CaptionMeasures:
    """Measure a caption once: many posts of tests have the same."""
    return measure_caption(caption)


@lru_cache(maxsize=500)
def cover_measured_once(data: bytes, *, with_text: bool) -> CoverMeasures:
    """Measure a cover once: the sandbox shows the same ones again and again."""
    return measure_cover(data, with_text=with_text)


class PostContentFactory(DjangoModelFactory[PostContent]):
    """What is measured of `text`, which itself is not stored."""

    class Meta:
        model = PostContent
        exclude = ("text", "measures")

    class Params:
        with_cover = factory.Trait(
            cover_state=PostContent.Cover.MEASURED,
            cover_extractor_version=COVER_EXTRACTOR_VERSION,
            cover_brightness=0.5,
            cover_contrast=0.2,
            cover_saturation=0.4,
            cover_colourfulness=30.0,
            cover_sharpness=12.0,
            cover_faces=1,
            cover_face_area=0.1,
            cover_embedding=bytes(range(PICTURE_EMBEDDING_SIZE)),
        )

    post = factory.SubFactory("tests.factories.PostFactory", content=None)
    text = "Sunset at the pier #sunset"
    measures = factory.LazyAttribute(lambda row: measured_once(row.text))
    caption_fingerprint = factory.LazyAttribute(lambda row: caption_fingerprint(row.text))
    cover_state = PostContent.Cover.UNAVAILABLE

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        return {**PostContent.caption_columns(kwargs["measures"]), **kwargs}


class ObservationFactory(DjangoModelFactory[Observation]):
    class Meta:
        model = Observation

    post = factory.SubFactory("tests.factories.PostFactory")
    observed_at = factory.LazyAttribute(lambda row: row.post.posted_at + 24 * HOUR)
    likes = 200
    comments = factory.LazyAttribute(lambda row: row.likes // 20)
    shares = factory.LazyAttribute(lambda row: row.likes // 50)
    views = factory.LazyAttribute(lambda row: row.likes * 12)


class PostFactory(DjangoModelFactory[Post]):
    """A post published two days ago, with its content measured from `text`.

    `likes_by_hour={1: 40, 24: 300}` adds observations at those ages; `content=None` leaves the content out.
    """

    class Meta:
        model = Post
        exclude = ("text",)
        skip_postgeneration_save = True

    account = factory.SubFactory(TikTokAccountFactory)
    tiktok_id = factory.Sequence(lambda n: f"73{n:017d}")
    posted_at = factory.LazyFunction(lambda: timezone.now() - 48 * HOUR)
    duration_s = 20
    share_url = factory.LazyAttribute(lambda row: f"https://www.tiktok.com/@creator/video/{row.tiktok_id}")
    first_seen_at = factory.LazyAttribute(lambda row: row.posted_at + HOUR)
    last_seen_at = factory.SelfAttribute("first_seen_at")
    text = "Sunset at the pier #sunset"
    content = factory.RelatedFactory(PostContentFactory, "post", text=factory.SelfAttribute("..text"))

    @factory.post_generation
    def likes_by_hour(self: Post, create: bool, extracted: dict[float, int] | None, **_: Any) -> None:
        for age_h, likes in (extracted or {}).items():
            ObservationFactory(post=self, observed_at=self.posted_at + age_h * HOUR, likes=likes)


class AccountWeightsFactory(DjangoModelFactory[AccountWeights]):
    """A row whose state is no state: for lists and pages. Learning real ones is `services.update_weights`'s."""

    class Meta:
        model = AccountWeights

    account = factory.SubFactory(TikTokAccountFactory)
    as_of = factory.LazyFunction(timezone.now)
    posts = 0
    state = b"no state"


class PredictionFactory(DjangoModelFactory[Prediction]):
    class Meta:
        model = Prediction
        exclude = ("text",)

    account = factory.SubFactory(TikTokAccountFactory)
    basis = "account"
    publish_at = factory.LazyFunction(lambda: timezone.now() + 2 * HOUR)
    text = "Sunset at the pier #sunset"
    caption_fingerprint = factory.LazyAttribute(lambda row: caption_fingerprint(row.text))
    caption_length = factory.LazyAttribute(lambda row: len(row.text))
    hashtags = factory.LazyFunction(lambda: ["sunset"])
    point = 120.0
    typical = 160.0
    low = 70.0
    high = 400.0
    bucket = Prediction.Bucket.MEDIUM
    baseline = 118.0
    metrics = factory.LazyFunction(lambda: {"likes": 120.0, "comments": 4.0, "shares": 1.0, "views": 1800.0})
    measures = factory.LazyFunction(
        lambda: {
            "likes": {"typical": 160.0, "interval": [70.0, 400.0]},
            "comments": {"typical": 5.0, "interval": [2.0, 14.0]},
            "shares": {"typical": 1.5, "interval": [0.0, 6.0]},
            "views": {"typical": 2100.0, "interval": [900.0, 5400.0]},
        }
    )
    engagement_rate = factory.LazyFunction(lambda: {"typical": 0.0794, "interval": [0.0592, 0.113]})
    latency_ms = 5.0


class OutcomeFactory(DjangoModelFactory[Outcome]):
    class Meta:
        model = Outcome

    prediction = factory.SubFactory(PredictionFactory)
    post = factory.SubFactory(PostFactory, account=factory.SelfAttribute("..prediction.account"))
    label = Outcome.Label.MEASURED
    sd = 0.05
    likes = 200.0
    error = 0.4
    typical_error = 0.2
    baseline_error = 0.41
    within_interval = True


class ForecastErrorFactory(DjangoModelFactory[ForecastError]):
    class Meta:
        model = ForecastError

    post = factory.SubFactory(PostFactory)
    account = factory.SelfAttribute("post.account")
    due_at = factory.LazyAttribute(lambda row: row.post.posted_at + row.age_h * HOUR)
    age_h = 24
    error = 0.3
    covered = True
    features_version = FEATURES_VERSION
    features = bytes(4 * len(TABULAR))


class BenchmarkFactory(DjangoModelFactory[Benchmark]):
    """Of the size that accounts of `TikTokAccountFactory` have."""

    class Meta:
        model = Benchmark

    quarter = datetime.date(2026, 7, 1)
    least_followers = 1_000
    accounts = 120
    likes_low = 70.0
    likes_typical = 200.0
    likes_high = 500.0
    engagement_rate = 0.08
    posts_per_week = 2.0


class FeedbackFactory(DjangoModelFactory[Feedback]):
    class Meta:
        model = Feedback

    prediction = factory.SubFactory(PredictionFactory)
    verdict = Feedback.Verdict.WRONG
    reason = Feedback.Reason.TOO_HIGH


class ExperimentFactory(DjangoModelFactory[Experiment]):
    """With a question, or without."""

    class Meta:
        model = Experiment

    account = factory.SubFactory(TikTokAccountFactory)
    feature = Experiment.Feature.QUESTION
    first = 0
    second = 1
    offset_s = 0


class AssignmentFactory(DjangoModelFactory[Assignment]):
    class Meta:
        model = Assignment

    experiment = factory.SubFactory(ExperimentFactory)
    is_second = True
    probability = 0.5
    assigned_at = factory.LazyFunction(timezone.now)
    publish_at = factory.LazyAttribute(lambda row: row.assigned_at + HOUR)


SUGGESTION = {
    "feature": "question",
    "action": "add",
    "value": "a question",
    "title": "Ask a question",
    "impact_estimate_pct": 14.0,
    "impact_interval_pct": [3.0, 26.0],
    "chance": 0.95,
    "basis": "your 23 posts with a question",
    "evidence": "own_posts",
    "changes": {"measures": {"questions": 1.0}},
}


class SuggestionReportFactory(DjangoModelFactory[SuggestionReport]):
    class Meta:
        model = SuggestionReport

    prediction = factory.SubFactory(PredictionFactory, suggestions=[SUGGESTION])
    rank = 1
    feature = "question"
    reason = SuggestionReport.Reason.WRONG


class ImportFactory(DjangoModelFactory[Import]):
    """A file that was read and waits for a yes, with one row and, still, one part."""

    class Meta:
        model = Import
        skip_postgeneration_save = True

    account = factory.SubFactory(TikTokAccountFactory)
    state = Import.State.READY
    origin = Origin.EXPORT
    layout = "Post > Posts > VideoList"
    observed_at = factory.LazyFunction(timezone.now)
    heartbeat_at = factory.LazyFunction(timezone.now)
    rows_new = 1

    @factory.post_generation
    def content(self: Import, create: bool, extracted: None, **_: Any) -> None:
        store_part(self, 0, b"{}")
        row = ImportRow(import_job=self, number=1, outcome=ImportRow.Outcome.NEW, tiktok_id="7" * 19)
        row.seal_content({"caption": "Sunset at the pier #sunset"})
        row.save()


CAPTIONS = (
    "Sunset at the pier #sunset #photography",
    "Which one would you pick? #question",
    "New recipe 🍋 #cooking @friend",
    "BEHIND THE SCENES!! #studio",
    "morgens im Wald",
    "",
)


def history_of_posts(account: TikTokAccount, *, count: int, until: datetime.datetime) -> list[Post]:
    """`count` posts, one each 36 h, the newest 36 h before `until`, observed at 1, 6, 24 and 168 h where that is past.

    Their likes move about 200 and grow as posts do; nothing is random. The account is marked as changed.
    """
    posts: list[Post] = []
    likes: list[dict[datetime.datetime, int]] = []
    for index in range(count):
        posted_at = until - (count - index) * 36 * HOUR
        final = 200 * math.exp(0.8 * math.sin(index * 1.7))
        post = PostFactory.build(account=account, posted_at=posted_at, duration_s=10 + index % 30, content=None)
        posts.append(post)
        ages = [age for age in (1, 6, 24, 168) if posted_at + age * HOUR <= until]
        likes.append({posted_at + age * HOUR: round(final * (1 - math.exp(-age / 30))) for age in ages})
    Post.objects.bulk_create(posts)
    # built when the posts have keys: what a row rests on is read through them
    PostContent.objects.bulk_create(
        PostContentFactory.build(post=post, text=CAPTIONS[i % len(CAPTIONS)]) for i, post in enumerate(posts)
    )
    Observation.objects.bulk_create(
        ObservationFactory.build(post=post, observed_at=at, likes=count)
        for post, of_post in zip(posts, likes, strict=True)
        for at, count in of_post.items()
    )
    PostsChange.objects.update_or_create(
        account=account, defaults={"changed_at": until}, create_defaults={"changed_at": until, "sequence": 1}
    )
    return posts


def history_with_effects(account: TikTokAccount, *, count: int, until: datetime.datetime) -> list[Post]:
    """Write `count` posts, one each 31 h; likes double with a question, quadruple with #dunes and halve before noon.

    There is some noise. The account is marked as changed.
    """
    noise = random.Random(7)
    posts: list[Post] = []
    for index in range(count):
        posted_at = until - (count - index) * 31 * HOUR
        asks, dunes = index % 3 == 0, index % 2 == 0
        text = "Which one would you pick?" if asks else "This one would be my pick."
        effect = math.log(2) * (asks + 2 * dunes - (posted_at.hour < 12)) + noise.gauss(0, 0.25)
        posts.append(
            PostFactory(
                account=account,
                posted_at=posted_at,
                text=f"{text} #{'dunes' if dunes else 'pier'}",
                likes_by_hour={24: round(300 * math.exp(effect))},
            )
        )
    PostsChange.objects.update_or_create(
        account=account, defaults={"changed_at": until}, create_defaults={"changed_at": until, "sequence": 1}
    )
    return posts
