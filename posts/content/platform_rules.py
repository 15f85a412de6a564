"""Hold a draft's caption against TikTok's own rules. A rule is told as a rule, with its source, never as an effect."""

from collections.abc import Sequence
from dataclasses import dataclass

from posts.content.captions import MAX_RETURNED
from posts.content.hashtag_rule import distinct_hashtags


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """A rule of the platform, and what a draft has of what it limits."""

    rule: str
    """A short name: "hashtags" or "caption_length"."""
    limit: int
    found: int
    says: str
    source: str

    @property
    def kept(self) -> bool:
        """Whether the draft stays within the limit."""
        return self.found <= self.limit


def check_rules(text: str, hashtags: Sequence[str] = (), *, max_hashtags: int) -> tuple[RuleCheck, ...]:
    """Return every rule with what the whole caption has of it; `hashtags` are those beside the text.

    `max_hashtags` is the deployment's `TIKTOK_MAX_HASHTAGS`.
    """
    return (
        RuleCheck(
            rule="hashtags",
            limit=max_hashtags,
            found=len(distinct_hashtags(text, hashtags)),
            says=f"TikTok takes at most {max_hashtags} hashtags in a post.",
            source="Press reports of 2025 (Social Media Today and others) of a notice in the app. TikTok has not "
            "announced it, and may allow another number in your region.",
        ),
        RuleCheck(
            rule="caption_length",
            limit=MAX_RETURNED,
            found=len(text),
            says=f"TikTok's API returns the first {MAX_RETURNED} characters of a caption: programs that read your "
            "posts, this one among them, see and measure no more. Viewers see all of it.",
            source="The longest `video_description` in TikTok's documentation of its Display API. It may change.",
        ),
    )
