"""Replay an account when it was learned."""

from typing import Any

from django.dispatch import receiver

from predictions.learning.signals import weights_learned
from predictions.replays.tasks import enqueue_replay


@receiver(weights_learned)
def replay_learned_account(account_id: int, **_: Any) -> None:
    """Enqueue the account. A lost signal does no harm: the sweep finds replays that are stale."""
    enqueue_replay(account_id)
