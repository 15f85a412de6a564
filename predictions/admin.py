"""The rooms' admins, where Django looks for them."""

from predictions.benchmarks import admin as benchmarks  # noqa: F401
from predictions.captions import admin as captions  # noqa: F401
from predictions.comments import admin as comments  # noqa: F401
from predictions.experiments import admin as experiments  # noqa: F401
from predictions.feedback import admin as feedback  # noqa: F401
from predictions.forecasts import admin as forecasts  # noqa: F401
from predictions.labels import admin as labels  # noqa: F401
from predictions.learning import admin as learning  # noqa: F401
from predictions.monitoring import admin as monitoring  # noqa: F401
from predictions.outcomes import admin as outcomes  # noqa: F401
from predictions.plan import admin as plan  # noqa: F401
from predictions.replays import admin as replays  # noqa: F401
from predictions.reports import admin as reports  # noqa: F401
from predictions.scoring import admin as scoring  # noqa: F401
from predictions.sharing import admin as sharing  # noqa: F401
from predictions.training import admin as training  # noqa: F401
from predictions.versions import admin as versions  # noqa: F401
