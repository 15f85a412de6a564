"""The people whose accounts are forecast for: learned accounts of 20 to 500 posts, with an API token each.

Some histories are drawn and learned as Postcast learns them; the other accounts are copies of these, rows and all. So
every account has a state of its own in the database and in caches, and a thousand are there in a minute.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LEARNED = 20
"""Histories that are drawn and learned; the others are copies."""
FEWEST, MOST = 20, 500
"""Posts of an account."""
TRAINED_ON = (60, 40)
"""Accounts, and posts of each, that the model is trained on: its cost of serving does not depend on them."""


@dataclass(frozen=True)
class Person:
    """Somebody to ask as."""

    token: str
    account_id: str
    posts: int


def make_people(count: int, seed: int, model_path: Path, owner_url: str) -> list[Person]:
    """Train and promote a model, whose artefact is written to `model_path`, and store `count` people who use it.

    Rows are copied as the database's owner: the service may not create the tables that this takes.
    """
    from django.utils import timezone

    from predictions.engine import train
    from predictions.learning.services import update_weights
    from predictions.replays.services import update_replay
    from predictions.versions.services import register
    from tests.predictions.histories import store, synthetic_histories

    until = int(timezone.now().timestamp())
    model = train(synthetic_histories(*TRAINED_ON, until=until, seed=seed), until=until)
    register(model=model, metrics={}, promote=True)
    model_path.write_bytes(model.to_bytes())
    learned = min(LEARNED, count)
    sizes = np.geomspace(FEWEST, MOST, learned).astype(int)
    histories = [synthetic_histories(1, int(n), until=until, seed=seed + i)[0] for i, n in enumerate(sizes)]
    templates = store(histories)
    for account in templates:
        update_weights(account_id=account.pk)
        # without one the workers would replay a thousand accounts while requests are timed
        update_replay(account_id=account.pk)
    accounts = [*templates, *_copies(templates, count - learned, owner_url)]
    return _with_tokens(accounts, [int(n) for n in sizes])


def _copies(templates: list[Any], count: int, owner_url: str) -> list[Any]:
    """Store copies of the accounts with all that a forecast or a page reads, in turn."""
    from accounts.models import FollowerCount, TikTokAccount, User
    from posts.models import PostsChange
    from predictions.models import AccountReplay, AccountWeights
    from privacy.models import Consent

    sources = [templates[i % len(templates)] for i in range(count)]
    users = User.objects.bulk_create(User(username=f"copy{i}") for i in range(count))
    consents = {t.user_id: list(Consent.objects.filter(user_id=t.user_id)) for t in templates}
    Consent.objects.bulk_create(
        _copy(row, user=user) for user, t in zip(users, sources, strict=True) for row in consents[t.user_id]
    )
    accounts = TikTokAccount.objects.bulk_create(
        _copy(source, user=user, open_id=f"copy-{i}", union_id=f"copy-{i}")
        for i, (user, source) in enumerate(zip(users, sources, strict=True))
    )
    for table in (AccountWeights, AccountReplay, PostsChange, FollowerCount):
        stored = {t.pk: list(table._default_manager.filter(account=t)) for t in templates}
        table._default_manager.bulk_create(
            _copy(row, account=account)
            for account, source in zip(accounts, sources, strict=True)
            for row in stored[source.pk]
        )
    _copy_posts([(source.pk, account.pk) for source, account in zip(sources, accounts, strict=True)], owner_url)
    return accounts


def _copy(row: Any, **changes: Any) -> Any:
    """Return a new row with the same values, but for its keys and these."""
    same = {
        f.attname: getattr(row, f.attname)
        for f in row._meta.concrete_fields
        if not f.primary_key and f.name not in ("public_id", *changes)
    }
    return type(row)(**same, **changes)


def _copy_posts(pairs: list[tuple[int, int]], owner_url: str) -> None:
    """Copy posts, their measures and their observations from the first account of each pair to the second."""
    import psycopg

    from posts.models import Observation, Post, PostContent

    def columns(model: Any, *but: str) -> list[str]:
        return [f'"{f.column}"' for f in model._meta.concrete_fields if f.column not in ("id", *but)]

    with psycopg.connect(owner_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE pair (from_id bigint, to_id bigint)")
        cursor.executemany("INSERT INTO pair VALUES (%s, %s)", pairs)
        same = ", ".join(columns(Post, "account_id", "public_id"))
        cursor.execute(
            f"INSERT INTO posts_post (account_id, public_id, {same})"  # noqa: S608 - names of our own columns
            f" SELECT pair.to_id, 'post_' || substr(md5(random()::text || posts_post.id || pair.to_id), 1, 16), {same}"
            " FROM posts_post JOIN pair ON account_id = pair.from_id"
        )
        cursor.execute(
            "CREATE TEMPORARY TABLE twin AS SELECT old.id AS from_id, new.id AS to_id FROM pair"
            " JOIN posts_post old ON old.account_id = pair.from_id"
            " JOIN posts_post new ON new.account_id = pair.to_id AND new.tiktok_id = old.tiktok_id"
        )
        for model in (PostContent, Observation):
            same = ", ".join(columns(model, "post_id"))
            table = model._meta.db_table
            cursor.execute(
                f"INSERT INTO {table} (post_id, {same})"  # noqa: S608 - names of our own columns
                f" SELECT twin.to_id, {same} FROM {table} JOIN twin ON post_id = twin.from_id"
            )
        cursor.execute("ANALYZE")


def _with_tokens(accounts: list[Any], sizes: list[int]) -> list[Person]:
    from accounts.tokens.services import create_api_token

    return [
        Person(create_api_token(user=account.user, name="bench")[1], account.public_id, sizes[i % len(sizes)])
        for i, account in enumerate(accounts)
    ]
