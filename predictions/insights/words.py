"""Habits, sections and sureness in words, as creators read them."""

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from predictions.insights.habits import WINDOW_HOURS, Section
from predictions.insights.sureness import Insight, Sureness

SECTIONS: dict[Section, tuple[Promise, Promise]] = {
    Section.WHEN: (gettext_lazy("When"), gettext_lazy("Hours and weekdays, in your local time.")),
    Section.LENGTH: (gettext_lazy("Length"), gettext_lazy("How long your videos are.")),
    Section.HASHTAGS: (gettext_lazy("Hashtags"), gettext_lazy("The ones you use more than once, and how many.")),
    Section.TONE: (gettext_lazy("Tone"), gettext_lazy("The mood of your captions, where it can be read.")),
    Section.WORDING: (gettext_lazy("Wording"), gettext_lazy("What your captions do, and how long they are.")),
    Section.TOPIC: (
        gettext_lazy("Topic"),
        gettext_lazy("Posts with similar captions, named by the hashtags that they share."),
    ),
    Section.COVER: (gettext_lazy("Cover"), gettext_lazy("How your covers look.")),
}
"""The title of each section, and a line about it."""
SURENESS: dict[Sureness, Promise] = {
    Sureness.CLEAR: gettext_lazy("clear"),
    Sureness.LIKELY: gettext_lazy("likely"),
    Sureness.UNKNOWN: gettext_lazy("cannot tell yet"),
}
_WORDS: dict[tuple[str, str], Promise] = {
    ("tone", "positive"): gettext_lazy("A positive tone"),
    ("tone", "neutral"): gettext_lazy("A neutral tone"),
    ("tone", "negative"): gettext_lazy("A negative tone"),
    ("question", "yes"): gettext_lazy("With a question"),
    ("question", "no"): gettext_lazy("Without a question"),
    ("call_to_action", "yes"): gettext_lazy("Asking viewers to do something"),
    ("call_to_action", "no"): gettext_lazy("Asking viewers for nothing"),
    ("emoji", "0"): gettext_lazy("No emoji"),
    ("emoji", "1"): gettext_lazy("One emoji"),
    ("emoji", "2"): gettext_lazy("Two emoji"),
    ("emoji", "3"): gettext_lazy("Three emoji or more"),
    ("caption_length", "0"): gettext_lazy("Hardly any words"),
    ("hashtag_count", "0"): gettext_lazy("No hashtags"),
    ("hashtag_count", "8"): gettext_lazy("Seven hashtags or more"),
    ("cover_brightness", "more"): gettext_lazy("Brighter than your usual cover"),
    ("cover_brightness", "less"): gettext_lazy("Darker than your usual cover"),
    ("cover_contrast", "more"): gettext_lazy("More contrast than usual"),
    ("cover_contrast", "less"): gettext_lazy("Less contrast than usual"),
    ("cover_saturation", "more"): gettext_lazy("Stronger colours than usual"),
    ("cover_saturation", "less"): gettext_lazy("Paler colours than usual"),
    ("cover_colourfulness", "more"): gettext_lazy("More colourful than usual"),
    ("cover_colourfulness", "less"): gettext_lazy("Less colourful than usual"),
    ("cover_sharpness", "more"): gettext_lazy("Sharper than usual"),
    ("cover_sharpness", "less"): gettext_lazy("Softer than usual"),
    ("cover_faces", "yes"): gettext_lazy("A face on the cover"),
    ("cover_faces", "no"): gettext_lazy("No face on the cover"),
}


def title_of(insight: Insight) -> str:
    """Return the habit in words."""
    if words := _WORDS.get((insight.name, insight.value)):
        return str(words)
    match insight.name:
        case "window":
            day, hour = divmod(int(insight.value), 24)
            return _("%(weekday)s, %(hours)s") % {"weekday": WEEKDAYS[day], "hours": _hours(hour)}
        case "hours":
            return _hours(int(insight.value))
        case "weekday":
            return str(WEEKDAYS[int(insight.value)])
        case "duration":
            return _("About %(seconds)s seconds") % {"seconds": insight.value}
        case "hashtag_count":
            number = int(insight.value)
            return ngettext("%(number)d hashtag", "%(number)d hashtags", number) % {"number": number}
        case "caption_length":
            return _("About %(characters)s characters, without hashtags") % {"characters": insight.value}
        case _:
            # a hashtag, or those of a topic
            return " ".join(f"#{tag}" for tag in insight.value.split())


def _hours(first: int) -> str:
    return f"{first:02}:00–{(first + WINDOW_HOURS) % 24:02}:00"
