"""Declarations of posts: TikTok's public facts, counts over time, and measures of captions and covers."""

from datetime import timedelta

from privacy.declarations.kinds import Declaration, Expiry, Files, Messages, RedisKeys, Table
from privacy.purposes import WHILE_ACTIVE, Basis, Purpose, Retention, Source

POSTS = "Your public posts: TikTok's id and link, when, how long, and their counts at several moments"
CONTENT = "What was measured of each caption and cover"
FETCHING = "When and how far your posts were fetched"
TRENDS = "Hashtags that rise among many accounts"
WORK = "Bookkeeping of the service itself"

_LEARNED_FROM = (Purpose.SERVICE, Purpose.LEARNING)


DATA_MAP: tuple[Declaration, ...] = (
    Table(
        "posts.Post",
        source=Source.TIKTOK,
        category=POSTS,
        purposes=(*_LEARNED_FROM, Purpose.DRAFTS, Purpose.OUTCOMES),
        why="A forecast is learned from them, and compared with them",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "posts.PostContent",
        source=Source.TIKTOK,
        category=CONTENT,
        purposes=(*_LEARNED_FROM, Purpose.OUTCOMES),
        why="Captions and covers matter to a forecast; the text and the picture are dropped once measured",
        retention=WHILE_ACTIVE,
        person="post__account__user",
        account="post__account",
    ),
    Table(
        "posts.Observation",
        source=Source.TIKTOK,
        category=POSTS,
        purposes=(*_LEARNED_FROM, Purpose.OUTCOMES),
        why="How a post's counts grow",
        retention=WHILE_ACTIVE,
        person="post__account__user",
        account="post__account",
    ),
    Table(
        "posts.Refresh",
        expires=(Expiry("finished_at", timedelta(days=90)),),
        source=Source.POSTCAST,
        category=FETCHING,
        purposes=(Purpose.SERVICE,),
        why="To go on after an interruption, and to show you the progress",
        retention=Retention("90 days", timedelta(days=90)),
        person="account__user",
        account="account",
    ),
    Table(
        "posts.PostsChange",
        source=Source.POSTCAST,
        category=FETCHING,
        purposes=(Purpose.SERVICE,),
        why="To know when to learn anew",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "posts.Listing",
        source=Source.POSTCAST,
        category=FETCHING,
        purposes=(Purpose.SERVICE,),
        why="To find new posts between two sign-ins",
        retention=WHILE_ACTIVE,
        person="account__user",
        account="account",
    ),
    Table(
        "posts.HashtagCount",
        expires=(Expiry("ended_at", timedelta(days=60)),),
        category=TRENDS,
        purposes=(Purpose.LEARNING,),
        why="To find hashtags that rise: about how many accounts use each, of those that twenty accounts or more use",
        retention=Retention("60 days", timedelta(days=60)),
        erased="kept: noise hides whether any one account was among them",
    ),
    Table(
        "posts.Trend",
        expires=(Expiry("as_of", timedelta(days=365)),),
        category=TRENDS,
        purposes=(Purpose.LEARNING,),
        why="So that you see which hashtags rise",
        retention=Retention("a year", timedelta(days=365)),
        erased="kept: noise hides whether any one account was among them",
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
    Files(
        "the networks that embed covers and find text (`PICTURE_NETWORKS_PATH`)",
        category=WORK,
        why="Public weights, learned from public photos by others; none has learned from anybody here",
        retention=Retention("until they are replaced"),
        where="PICTURE_NETWORKS_PATH",
        exported="not: it concerns nobody",
        erased="kept: it concerns nobody",
    ),
)
