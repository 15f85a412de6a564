"""The model behind BentoML."""

import os
from typing import Any

import bentoml

from tests.bench.compared.fastapi_app import Post
from tests.bench.compared.model import Forecaster

# as uvicorn is started; Postcast logs its requests, as in production
QUIET = {"access": {"enabled": False}}


@bentoml.service(workers=int(os.environ.get("BENCH_WORKERS", "2")), threads=1, traffic={"timeout": 30}, logging=QUIET)
class Forecasts:
    """One worker's forecaster."""

    def __init__(self) -> None:
        self.forecaster = Forecaster()

    @bentoml.api(route="/predict")
    def predict(
        self, ctx: bentoml.Context, account_id: str, post: Post, explain: bool = False, suggest: bool = False
    ) -> dict[str, Any]:
        """Forecast a draft."""
        token = ctx.request.headers["authorization"].removeprefix("Bearer ")
        answer = self.forecaster.answer(token, account_id, post.text, post.duration_s)
        if answer is None:
            ctx.response.status_code = 404
            return {}
        return answer
