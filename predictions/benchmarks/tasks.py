"""Background release of benchmarks."""

from predictions.benchmarks import services
from predictions.training.tasks import long_task


@long_task()
def release_benchmarks() -> None:
    """Run by beat each day; releases once a quarter."""
    services.release_benchmarks()
