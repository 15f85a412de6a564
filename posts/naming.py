"""Names that a post has on pages and in files: its first words, and its address on TikTok."""

from urllib.parse import urlsplit

from posts.models import Post

_TITLE_LENGTH = 60


def title_of(post: Post) -> str:
    """Return the post's first words, otherwise its first hashtags; empty where neither is kept."""
    words = " ".join(post.caption.split())
    if words:
        return words if len(words) <= _TITLE_LENGTH else f"{words[: _TITLE_LENGTH - 1].rstrip()}…"
    content = getattr(post, "content", None)
    return " ".join(f"#{tag}" for tag in content.hashtags[:3]) if content else ""


def address_on_tiktok(post: Post) -> str:
    """Return the post's https address on TikTok; empty where none is known, and for one that leads elsewhere."""
    try:
        parts = urlsplit(post.share_url)
    except ValueError:
        return ""
    host = parts.hostname or ""
    leads_there = parts.scheme == "https" and (host == "tiktok.com" or host.endswith(".tiktok.com"))
    return post.share_url if leads_there else ""
