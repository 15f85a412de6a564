"""Declarations of posts: TikTok's public facts, counts over time, and measures of captions and covers."""

from datetime import timedelta

import numpy as np
from django.db.models import Model

from posts.models import PostContent
from privacy.declarations.kinds import Declaration, Expiry, Files, Messages, RedisKeys, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

POSTS = "Your public posts: TikTok's id and link, when, how long, and their counts at several moments"
CONTENT = "What was measured of each caption and cover"
FETCHING = "When and how far your posts were fetched"
WORK = "Bookkeeping of the service itself"

_LEARNED_FROM = (Purpose.SERVICE, Purpose.LEARNING)


def _embedding(row: Model) -> list[int]:
    assert isinstance(row, PostContent)
    return [int(value) for value in np.frombuffer(row.embedding, dtype=np.int8)]


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "posts.Post",
        sought_whole=("public_id", "tiktok_id"),
        source=Source.TIKTOK,
        made_by=("posts.ingest.storing", "posts.platforms.tiktok.wire"),
        category=POSTS,
        purposes=(*_LEARNED_FROM, Purpose.DRAFTS, Purpose.OUTCOMES),
        why="A forecast is learned from them, and compared with them",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
        personal={
            "id": "The number of the post's row here",
            "public_id": "The post's id in this service's pages and API",
            "account_id": "The account that published it",
            "tiktok_id": "TikTok's id of it",
            "posted_at": "When it was published",
            "duration_s": "How long it is, in seconds",
            "share_url": "Its address on TikTok",
            "is_ai_generated": "Whether it is marked as made by AI",
            "caption": "Its caption, only if you chose to keep texts",
            "first_seen_at": "When this service first saw it",
            "last_seen_at": "When this service last saw it",
            "deleted_at": "When TikTok was first found not to have it any more",
        },
    ),
    Table(
        "posts.PostContent",
        source=Source.TIKTOK,
        made_by=("posts.content.captions", "posts.content.pictures", "posts.ingest.measuring"),
        category=CONTENT,
        purposes=(*_LEARNED_FROM, Purpose.OUTCOMES),
        why="Captions and covers matter to a forecast; the text and the picture are dropped once measured",
        retention=WHILE_ACTIVE,
        person="post__account__user",
        account="post__account",
        personal={
            "post_id": "The post",
            "caption_fingerprint": "Recognises the caption of a draft; the text cannot be read from it",
            "length": "Characters of the caption",
            "words": "Words of the caption",
            "questions": "Question marks",
            "exclamations": "Exclamation marks",
            "emoji": "Emoji",
            "mentions": "Mentions of others (how many, not whom)",
            "links": "Links (how many, not where to)",
            "uppercase_share": "Share of capitals",
            "sentiment": "Mood of the words, from -1 to 1 (English only)",
            "hashtags": "Hashtags",
            "embedding": "A row of numbers for the likeness of texts",
            "cover_state": "Whether the cover was measured",
            "cover_brightness": "Brightness of the cover, 0 to 1",
            "cover_contrast": "Contrast of the cover",
            "cover_saturation": "Saturation of the cover",
            "cover_colourfulness": "Colourfulness of the cover",
            "cover_sharpness": "Sharpness of the cover",
        },
        plain={
            "extractor_version": "version of the code that measured it",
            "cover_attempts": "how often the cover was asked for",
        },
        exported={"embedding": _embedding},
    ),
    Table(
        "posts.Observation",
        source=Source.TIKTOK,
        made_by=("posts.ingest.storing", "posts.platforms.tiktok.wire"),
        category=POSTS,
        purposes=(*_LEARNED_FROM, Purpose.OUTCOMES),
        why="How a post's counts grow",
        retention=WHILE_ACTIVE,
        person="post__account__user",
        account="post__account",
        personal={
            "post_id": "The post",
            "observed_at": "When its counts were read",
            "likes": "Likes by then",
            "comments": "Comments by then",
            "shares": "Shares by then",
            "views": "Views by then",
            "refresh_id": "The fetch that read them",
            "scheduled_age_h": "The age, in hours, at which they were to be read; empty when a fetch read them",
        },
        plain={"id": "key"},
    ),
    Table(
        "posts.Refresh",
        expires=(Expiry("finished_at", timedelta(days=90)),),
        source=Source.POSTCAST,
        made_by=("posts.ingest.refreshing",),
        category=FETCHING,
        purposes=(Purpose.SERVICE,),
        why="To go on after an interruption, and to show you the progress",
        retention=Retention("90 days", timedelta(days=90)),
        person="account__user",
        account="account",
        personal={
            "public_id": "The fetch's id in this service's pages and API",
            "account_id": "The account",
            "state": "Whether it waits, runs, is done or failed",
            "created_at": "When it was asked for",
            "started_at": "When it began",
            "finished_at": "When it ended",
            "posts_expected": "How many posts TikTok said there are",
            "posts_stored": "How many were stored",
            "error": "Why it failed",
        },
        plain={
            "id": "key",
            "next_attempt_at": "when TikTok is asked again",
            "cursor": "where the next page begins",
            "listing_done": "whether every page was stored",
        },
    ),
    Table(
        "posts.PostsChange",
        source=Source.POSTCAST,
        made_by=("posts.ingest.storing",),
        category=FETCHING,
        purposes=(Purpose.SERVICE,),
        why="To know when to learn anew",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
        personal={"account_id": "The account", "changed_at": "When something of its posts last changed"},
        plain={"sequence": "counts the changes"},
    ),
    Table(
        "posts.Listing",
        source=Source.POSTCAST,
        made_by=("posts.ingest.schedule",),
        category=FETCHING,
        purposes=(Purpose.SERVICE,),
        why="To find new posts between two sign-ins",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
        personal={"account_id": "The account", "listed_at": "When its newest posts were last asked for"},
    ),
    RedisKeys(
        "tiktok:",
        category=WORK,
        purposes=(Purpose.SERVICE,),
        why="How often TikTok was called of late, by all of the service together",
        basis=Basis.LEGITIMATE_INTEREST,
        retention=Retention("a minute"),
        exported="not: it concerns nobody",
        erased="kept: it concerns nobody",
    ),
    Messages("posts.ingest.tasks.run_refresh", "posts.Refresh"),
    Messages("posts.ingest.tasks.observe_account", "accounts.TikTokAccount"),
    Messages("posts.ingest.tasks.discover_posts", "accounts.TikTokAccount"),
    Files(
        "captions and covers on their way",
        category=CONTENT,
        why="Measured in the memory of a worker, and dropped there; neither is ever written to a disk or a queue",
        retention=Retention("the captions and covers themselves: seconds"),
        purposes=(Purpose.SERVICE, Purpose.DRAFTS),
        basis=Basis.CONSENT,
        personal=True,
        exported="captions with your posts, if you chose to keep texts; covers not: they are gone",
        erased="gone with the moment",
    ),
)
