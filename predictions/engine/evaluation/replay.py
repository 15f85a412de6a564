"""Going through accounts' histories in order, forecasting each post as it would have been served."""

import numpy as np
from numpy.typing import NDArray

from predictions.engine.features.rows import Rows
from predictions.engine.global_model import CalibratedForecast, GlobalModel, serve
from predictions.engine.training import walk_all


def replay(model: GlobalModel, rows: Rows, chosen: NDArray[np.bool_]) -> CalibratedForecast:
    """Forecast the chosen rows (n,), each with the account weights that earlier labels had given by then."""
    around = np.isin(rows.account, np.unique(rows.account[chosen]))
    near = rows[around]
    raw = model.predict(near.base, near.tabular, near.sequence, near.topic)
    shift, noise = walk_all(model.weight_prior, near, raw)
    return serve(model, raw, shift, noise, near.known)[chosen[around]]
