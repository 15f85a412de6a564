"""Reads for the overview: how far an account is, and the latest results of its forecasts."""

from accounts.models import TikTokAccount, User
from predictions.forecasts.selectors import predictions_of
from predictions.models import AccountReplay, Prediction
from predictions.overview.progress import Known
from privacy.declarations.registry import require_declared
from privacy.purposes import Purpose

RESULTS_SHOWN = 3


def known_of(account: TikTokAccount, replay: AccountReplay | None) -> Known:
    """Return what is known of the account's way. One query."""
    posts = account.posts.filter(deleted_at=None).count()
    row = (
        TikTokAccount.objects.filter(pk=account.pk)
        .values_list("posts_change__changed_at", "posts_change__sequence", "weights__posts_sequence")
        .get()
    )
    return Known(posts, *row, is_replayed=replay is not None)


def latest_results(user: User, account: TikTokAccount) -> list[Prediction]:
    """Return the account's forecasts with an outcome, by the newest posts, each post once with its last forecast."""
    require_declared(Purpose.OUTCOMES, Prediction)
    met = predictions_of(user).filter(account=account, outcome__isnull=False)
    results: dict[int, Prediction] = {}
    for prediction in met.order_by("-outcome__post__posted_at", "-created_at")[: RESULTS_SHOWN * 5]:
        results.setdefault(prediction.outcome.post_id, prediction)
    return list(results.values())[:RESULTS_SHOWN]
