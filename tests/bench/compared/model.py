"""What Postcast does for a forecast, without Django: one read, the engine, one write."""

import hashlib
import math
import os
import secrets
import time
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from posts.content.captions import measure_caption
from predictions.engine import Draft, GlobalModel, LearnedAccount, forecast

READ = """
SELECT account.id, weights.state, weights.version, weights.model_version_id
FROM accounts_apitoken AS token
JOIN accounts_user AS person ON person.id = token.user_id AND person.is_active
JOIN accounts_tiktokaccount AS account ON account.user_id = person.id AND account.public_id = %s
JOIN predictions_accountweights AS weights ON weights.account_id = account.id
WHERE token.digest = %s AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > now())
    AND EXISTS (SELECT FROM privacy_consent WHERE user_id = person.id AND purpose = 'service' AND withdrawn_at IS NULL)
"""
"""The token, the person, their consent, the account and what was learned of it, in one statement."""


class Forecaster:
    """One process's model and connection."""

    def __init__(self) -> None:
        with open(os.environ["BENCH_MODEL"], "rb") as artefact:
            self.model = GlobalModel.from_bytes(artefact.read())
        self.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0)
        self.insert: sql.Composed | None = None
        self.row: dict[str, Any] = {}
        measure_caption("load what measures captions")

    def answer(self, token: str, account_id: str, text: str, duration_s: int | None) -> dict[str, Any] | None:
        """Forecast the draft, record it and return what to answer; None for a token or account that is not there."""
        started, now = time.perf_counter(), datetime.now(UTC)
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = self.connection.execute(READ, [account_id, digest]).fetchone()
        if found is None:
            return None
        pk, state, version, model_version = found
        learned = LearnedAccount.from_bytes(bytes(state))
        length = math.nan if duration_s is None else float(duration_s)
        draft = Draft(int(now.timestamp()), measure_caption(text), length, "", None)
        result = forecast(self.model, learned, draft, as_of=int(now.timestamp()))
        measures = {
            name: {"typical": each.typical, "interval": [each.low, each.high]} for name, each in result.measures.items()
        }
        public_id = f"pred_{secrets.token_hex(8)}"
        self._record(
            public_id=public_id, account_id=pk, created_at=now, publish_at=now, model_version_id=model_version,
            weights_version=version, basis=result.basis, duration_s=duration_s, caption_length=len(text),
            caption_fingerprint=hashlib.sha256(text.encode()).hexdigest(), hashtags=list(draft.caption.hashtags),
            point=result.point, typical=result.typical, low=result.low, high=result.high, bucket=result.bucket,
            baseline=result.baseline, metrics=Jsonb(result.metrics), measures=Jsonb(measures),
            latency_ms=(time.perf_counter() - started) * 1000,
        )  # fmt: skip
        return {
            "id": public_id,
            "prediction": {
                "predicted_engagement": result.point,
                "predicted_bucket": result.bucket,
                "typical": result.typical,
                "interval": [result.low, result.high],
                "metrics": result.metrics,
                "measures": measures,
            },
            "baseline": {"predicted_engagement": result.baseline},
        }

    def _record(self, **values: Any) -> None:
        """Insert a row like one that Postcast stored, whose other columns are kept as they are there."""
        if self.insert is None:
            with self.connection.cursor(row_factory=dict_row) as cursor:
                like = cursor.execute("SELECT * FROM predictions_prediction ORDER BY id LIMIT 1").fetchone()
            assert like, "Postcast stores a forecast before the other servers are asked"
            self.row = {name: Jsonb(v) if isinstance(v, list | dict) else v for name, v in like.items() if name != "id"}
            names = list(self.row)
            self.insert = sql.SQL("INSERT INTO predictions_prediction ({}) VALUES ({})").format(
                sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(map(sql.Placeholder, names))
            )
        self.connection.execute(self.insert, self.row | values)
