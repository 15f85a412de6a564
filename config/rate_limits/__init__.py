"""Every limit on how often something may be asked for, and the only place that counts it; imports no app.

enforce(request, Limit.UPLOAD)               # in a view: raises RateLimited, which answers 429
@rate_limited(Limit.PREDICT)                 # on a page: its POSTs count
rate_limits = {"POST": (Limit.PREDICT,)}     # on an API view
"""

from config.rate_limits import subjects
from config.rate_limits.checks import RateLimited, enforce, rate_limited
from config.rate_limits.variables import Limit

__all__ = ["Limit", "RateLimited", "enforce", "rate_limited", "subjects"]
