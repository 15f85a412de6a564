"""`manage.py evaluate_captions`: how well captions are written, forward in time, on a post history file."""

import json
import secrets
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from scipy.stats import spearmanr
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict

from posts.content.captions import measure_caption
from posts.content.embeddings import EMBEDDING_STEPS
from posts.content.lately import measure_draft
from predictions.captions.services import USUAL_ETA
from predictions.captions.writing.evaluation import (
    Judge,
    Split,
    bits_of,
    evaluate,
    known_by,
    report_of,
    split,
)
from predictions.captions.writing.ranking import Value
from predictions.captions.writing.shared_phrases import SharedPhrases
from predictions.captions.writing.voice import OwnCaption, lifts_of
from predictions.engine import Draft, GlobalModel, LearnedAccount, chances_above_usual, learn_account
from predictions.engine.data.csv_cells import BadHistoryFile, read_text, rows_of
from predictions.engine.data.history_file import COLUMNS, read_history_file
from predictions.engine.types import AccountHistory, PublishedPost
from privacy.anonymity.releases import K

_RIDGE = 30.0
_FOLDS = 5


class Command(BaseCommand):
    help = "Write captions for held-out posts of a post history file, and measure them. Needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("history", type=Path, metavar="FILE")
        parser.add_argument(
            "--briefs", type=int, default=15, help="held-out captions of each creator (default %(default)s)"
        )
        parser.add_argument("--n", type=int, default=16, help="captions of each brief (default %(default)s)")
        parser.add_argument("--eta", type=float, default=USUAL_ETA, help="default %(default)s")
        parser.add_argument(
            "--k", type=int, default=K, help="accounts that a shared phrase needs (default %(default)s)"
        )
        parser.add_argument("--report", type=Path, metavar="OUT.json")

    def handle(self, *, history: Path, briefs: int, n: int, eta: float, k: int, report: Path | None, **_: Any) -> None:
        try:
            accounts = read_history_file(history)
            texts = {
                row["post_id"]: row["caption"] for _line, row in rows_of(history, read_text(history, COLUMNS), COLUMNS)
            }
        except (BadHistoryFile, OSError) as error:
            raise CommandError(str(error)) from error
        splits, values = [], {}
        for account in accounts:
            captions = _captions(account, texts)
            if (found := split(account.account_id, captions)) is None:
                continue
            splits.append(found)
            cut = next(i for i, caption in enumerate(captions) if caption is found.later[0])
            values[account.account_id] = _value_of(account, account.posts[:cut])
        if len(splits) < 2:
            raise CommandError("fewer than two creators have enough captions.")
        shared = SharedPhrases.learn(
            {each.account_id: [c.text for c in each.earlier] for each in splits}, k=k, key=secrets.token_bytes(32)
        )
        judge, correlation = _judge(splits)
        hidden = [Split(each.account_id, each.earlier, [known_by(c) for c in each.later]) for each in splits]
        quality, wins = evaluate(hidden, values, shared, judge, correlation, briefs=briefs, n=n, eta=eta)
        figures = {
            "creators": len(splits),
            "k": k,
            "shared": len(shared.counts) if shared else 0,
            "eta": eta,
        } | report_of(bits_of(splits, shared), quality, wins)
        written = json.dumps(figures, indent=2, default=float)
        if report:
            report.write_text(written + "\n", encoding="utf-8")
        self.stdout.write(written)


def _captions(account: AccountHistory, texts: dict[str, str]) -> list[OwnCaption]:
    likes = [max((each.likes for each in post.observations), default=np.nan) for post in account.posts]
    lifts = lifts_of(np.log1p(np.array(likes)))
    return [
        OwnCaption(texts[post.post_id], post.caption, None if np.isnan(lift) else float(lift))
        for post, lift in zip(account.posts, lifts, strict=True)
    ]


def _value_of(account: AccountHistory, posts: tuple[PublishedPost, ...]) -> Value:
    """Return the chance to beat the usual by what is known of the account's earlier posts alone."""
    as_of = max(each.observed_at for post in account.posts for each in post.observations)
    model = GlobalModel.prior()
    learned: LearnedAccount = learn_account(model, replace(account, posts=posts), as_of=as_of)

    def value(texts: Sequence[str]) -> list[float | None]:
        drafts = [Draft(as_of, measures, np.nan, "", None) for measures in map(measure_draft, texts)]
        return chances_above_usual(model, learned, drafts, as_of=as_of)

    return value


def _judge(splits: Sequence[Split]) -> tuple[Judge, float]:
    """Return a ridge regression of later lifts on embeddings, and its cross-validated rank correlation."""
    later = [caption for each in splits for caption in each.later if caption.lift is not None]
    rows = np.array([caption.measures.embedding for caption in later], dtype=float) / EMBEDDING_STEPS
    lifts = np.array([caption.lift for caption in later])
    correlation = float(spearmanr(cross_val_predict(Ridge(_RIDGE), rows, lifts, cv=_FOLDS), lifts).statistic)
    fitted = Ridge(_RIDGE).fit(rows, lifts)

    def judge(text: str) -> float:
        embedding = np.asarray(measure_caption(text).embedding, dtype=float) / EMBEDDING_STEPS
        return float(fitted.predict(embedding[None])[0])

    return judge, correlation
