"""The rooms' tasks, where Celery looks for them."""

from predictions.benchmarks import tasks as benchmarks  # noqa: F401
from predictions.learning import tasks as learning  # noqa: F401
from predictions.monitoring import tasks as monitoring  # noqa: F401
from predictions.outcomes import tasks as outcomes  # noqa: F401
from predictions.training import tasks as training  # noqa: F401
from predictions.versions import tasks as versions  # noqa: F401
