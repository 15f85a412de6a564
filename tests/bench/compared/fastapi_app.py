"""The model behind FastAPI and uvicorn."""

from typing import Any

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

from tests.bench.compared.model import Forecaster

app = FastAPI()
forecaster = Forecaster()


class Post(BaseModel):
    """The draft."""

    text: str
    duration_s: int | None = None


class Asked(BaseModel):
    """The body of a request."""

    account_id: str
    post: Post
    explain: bool = False
    suggest: bool = False


# `async`, and not left: one connection per process, and the work is CPU work that a thread would not make faster
@app.post("/predict")
async def predict(asked: Asked, authorization: str = Header()) -> dict[str, Any]:
    """Forecast a draft."""
    token = authorization.removeprefix("Bearer ")
    answer = forecaster.answer(token, asked.account_id, asked.post.text, asked.post.duration_s)
    if answer is None:
        raise HTTPException(404)
    return answer
