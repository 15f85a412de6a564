"""Going through accounts' histories in order, forecasting each post as it would have been served."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from predictions.engine.features.rows import Rows
from predictions.engine.global_model import CalibratedForecast, GlobalModel
from predictions.engine.training import replay_all


def replay(model: GlobalModel, rows: Rows, chosen: NDArray[np.bool_], zones: Sequence[str]) -> CalibratedForecast:
    """Forecast the chosen rows (n,), each with the effects and noise that earlier labels gave; `zones` by account."""
    around = np.isin(rows.account, np.unique(rows.account[chosen]))
    near = rows[around].with_effects(model.effects, zones)
    log_forecast = model.predict(near.base, near.tabular, near.topic)
    return model.calibrate(log_forecast, replay_all(near, log_forecast), near.base_sd)[chosen[around]]
