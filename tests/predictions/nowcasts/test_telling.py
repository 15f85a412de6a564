"""A young post that is far off its forecast is told of, once, from its first hour on."""

import pytest
from django.utils import timezone

from accounts.models import Notice, TikTokAccount
from predictions.nowcasts.services import tell_far_off
from privacy.purposes import Purpose
from tests.factories import ALL_CONSENTS, ObservationFactory, TikTokAccountFactory, disagree
from tests.predictions.nowcasts.factories import young_post

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> TikTokAccount:
    account: TikTokAccount = TikTokAccountFactory(user__consents=ALL_CONSENTS)
    return account


def test_a_post_far_off_is_told_once(account: TikTokAccount) -> None:
    post = young_post(account, age_h=1.1, likes=5_000)
    young_post(account, age_h=1.05, likes=45)
    assert [tell_far_off(), tell_far_off()] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.kind, notice.about) == (Notice.Kind.FAR_OFF, post.public_id)
    assert (notice.params["hours"], notice.params["likes"]) == (1, 5_000)
    assert notice.params["low"] > notice.params["forecast_high"] == 400


def test_nothing_is_told_of_old_counts_very_young_posts_or_without_consent(account: TikTokAccount) -> None:
    post = young_post(account, age_h=3, likes=5_000)
    young_post(account, age_h=0.5, likes=5_000)
    assert tell_far_off() == 0
    ObservationFactory(post=post, observed_at=timezone.now(), likes=9_000)
    disagree(account.user, Purpose.OUTCOMES)
    assert tell_far_off() == 0
