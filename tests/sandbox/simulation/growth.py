"""The growth of a post's counts: the share of its final counts at an age.

A stretched exponential, 1 - exp(-(age / tau) ** SHAPE), scaled to reach 1 at two weeks. With the median tau a post has
about 0.31 of its final likes at 12 h, 0.48 at 24 h, 0.63 at 42 h and 0.9 at five and a half days, as real ones do.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

HOUR = 3600
DAY = 24 * HOUR
SATURATION_H = 14 * 24.0
MEDIAN_TAU_H = 45.0
SPEED_SD = 0.3  # sd of log tau between the posts of one creator
SHAPE = 0.75


def fraction(age_h: ArrayLike, tau_h: ArrayLike) -> NDArray[np.float64]:
    """Return the share (0..1) of final counts at `age_h` hours for time scale `tau_h` hours; broadcasts."""
    tau = np.asarray(tau_h, float)
    age = np.clip(np.asarray(age_h, float), 0.0, SATURATION_H)
    reached = -np.expm1(-((age / tau) ** SHAPE))
    at_saturation = -np.expm1(-((SATURATION_H / tau) ** SHAPE))
    return np.asarray(reached / at_saturation, float)
