"""Advice on drafts of files: what `manage.py suggest` and the evaluation of suggestions run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from predictions.engine.advice.suggestions import Advice, advise, default_window
from predictions.engine.data.draft_file import FiledDraft
from predictions.engine.data.growth import fit_growth
from predictions.engine.data.history_file import join_accounts
from predictions.engine.effects.design import COVER
from predictions.engine.effects.fitting import fit_effects
from predictions.engine.features.rows import rows_of_account
from predictions.engine.global_model import GlobalModel
from predictions.engine.learned_account import learn_account
from predictions.engine.threads import one_blas_thread
from predictions.engine.types import HORIZON, AccountHistory

_NO_COLUMN = ("call_to_action", *(f"cover_{measure}" for measure in COVER))
"""Features that the file of suggestions has no column or measure for."""
_FAR = 2**53
"""Later than every observation."""


class UnknownAccount(ValueError):
    """A draft is of an account that the history file lacks."""


@one_blas_thread()
def advise_drafts(
    test: Sequence[AccountHistory], train: Sequence[AccountHistory], drafts: Sequence[FiledDraft], *, max_hashtags: int
) -> Iterator[tuple[FiledDraft, Advice]]:
    """Yield each draft with its advice, account by account.

    Effects across accounts are learned from `train` and from what `test` had published a day before the earliest draft;
    an account's own from its posts whose first day had passed when the draft was asked about. Files hold counts as of
    their crawl: a post's later count stands in for what was known then. Raises UnknownAccount.
    """
    accounts = {account.account_id: account for account in test}
    if unknown := sorted({filed.account_id for filed in drafts} - accounts.keys()):
        raise UnknownAccount(f"The history file has no account {', '.join(unknown[:5])}, of which there are drafts.")
    earliest = min((filed.asked_at for filed in drafts), default=0)
    learned_from = join_accounts([*train, *(_until(account, earliest) for account in test)])
    model = _model(learned_from)
    asked = sorted(drafts, key=lambda filed: (filed.account_id, filed.asked_at))
    for (account_id, asked_at), of_account in groupby(asked, key=lambda filed: (filed.account_id, filed.asked_at)):
        account = _until(accounts[account_id], asked_at)
        counted = max((c.observed_at for post in account.posts for c in post.observations), default=asked_at)
        learned = learn_account(model, account, as_of=max(asked_at, counted))
        for filed in of_account:
            window = default_window(filed.draft.publish_at, asked_at)
            advice = advise(
                model.effects,
                learned,
                filed.draft,
                filed.text,
                window=window,
                max_hashtags=max_hashtags,
                without=_NO_COLUMN,
            )  # fmt: skip
            yield filed, advice


def _model(accounts: Sequence[AccountHistory]) -> GlobalModel:
    """Return the prior with the growth curve and the effects of these accounts."""
    curve = fit_growth(accounts, _FAR)
    rows = [rows_of_account(i, account, curve, "horizon", _FAR) for i, account in enumerate(accounts)]
    posts = [
        of_account[~np.isnan(of_account.label)].effect_posts(account.zone)
        for of_account, account in zip(rows, accounts, strict=True)
    ]
    return replace(GlobalModel.prior(), curve=curve, effects=fit_effects(posts))


def _until(account: AccountHistory, moment: int) -> AccountHistory:
    """Return the account with the posts whose first day had passed by `moment`."""
    return replace(account, posts=tuple(post for post in account.posts if post.posted_at + HORIZON <= moment))
