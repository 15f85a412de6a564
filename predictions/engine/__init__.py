"""The forecasting engine: a functional core in plain Python on NumPy, free of Django.

    model = train(histories, until=now)             # across accounts
    state = learn_account(model, history, as_of=now)  # one account's history and weights
    forecast(model, state, draft, as_of=now)

Training, backtesting and serving run the same feature code (`features/`).
"""

from predictions.engine.estimators.network import TrainingNeedsTorch
from predictions.engine.forecasting import chances_above_usual, forecast
from predictions.engine.global_model import GlobalModel, UnreadableModel
from predictions.engine.learned_account import LearnedAccount, UnreadableAccount, learn_account, learn_and_replay
from predictions.engine.training import train
from predictions.engine.types import (
    HORIZON,
    AccountHistory,
    Basis,
    Bucket,
    Counts,
    Draft,
    Effect,
    Forecast,
    PublishedPost,
)

__all__ = [
    "HORIZON",
    "AccountHistory",
    "Basis",
    "Bucket",
    "Counts",
    "Draft",
    "Effect",
    "Forecast",
    "GlobalModel",
    "LearnedAccount",
    "PublishedPost",
    "TrainingNeedsTorch",
    "UnreadableAccount",
    "UnreadableModel",
    "chances_above_usual",
    "forecast",
    "learn_account",
    "learn_and_replay",
    "train",
]
