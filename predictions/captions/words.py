"""A written caption explained in plain words, and what stands in the way of writing."""

import math
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.captions.services import Written
from predictions.captions.writing.lines import Line, Origin
from predictions.captions.writing.ranking import Dropped, Ranked
from predictions.captions.writing.voice import FEWEST_CAPTIONS

_REMARKABLE = 1.15
"""Times the level from which on a source's result is worth telling."""


def reasons_of(ranked: Ranked) -> list[str]:
    """Return why a caption is what it is, one sentence each."""
    candidate = ranked.candidate
    reasons = [_opening(candidate.opening)]
    if candidate.call and candidate.call.origin is Origin.OWN:
        reasons.append(_("It ends as you did before: “%(line)s”") % {"line": candidate.call.text.rstrip(" .")})
    elif candidate.call and candidate.call.origin is Origin.HABIT:
        reasons.append(_("It ends as %(times)d of your captions do: “%(line)s”") % _habit(candidate.call))
    elif candidate.call:
        reasons.append(_("It ends with a common line, not one of yours."))
    if candidate.is_cut:
        reasons.append(_("Not all of your brief fits."))
    if ranked.alike is not None:
        in_ten = round(10 * ranked.alike)
        reasons.append(
            _("Closer to your usual style than %(number)d in 10 of your captions.") % {"number": in_ten}
            if in_ten
            else _("Unlike most of your captions in length, signs or subject.")
        )
    return reasons


def notes_on(written: Written) -> list[str]:
    """Return what a creator should know of all captions of an answer, one sentence each."""
    return list(_notes(written))


def dropped_words(reason: Dropped, count: int) -> str:
    """Return how many captions were dropped for a reason."""
    words = {
        Dropped.LIMITS: ngettext("%(number)d was too long.", "%(number)d were too long.", count),
        Dropped.WORDS: ngettext(
            "%(number)d had a word that may hurt people.", "%(number)d had a word that may hurt people.", count
        ),
        Dropped.BRAND: ngettext(
            "%(number)d had a word that you never use.", "%(number)d had a word that you never use.", count
        ),
        Dropped.FACTS: ngettext(
            "%(number)d said something that your brief does not.",
            "%(number)d said something that your brief does not.",
            count,
        ),
        Dropped.MISSING: ngettext(
            "%(number)d left out a fact of your brief.", "%(number)d left out facts of your brief.", count
        ),
        Dropped.COPY: ngettext(
            "%(number)d was an old caption of yours, or nearly.",
            "%(number)d were old captions of yours, or nearly.",
            count,
        ),
        Dropped.FOREIGN: ngettext(
            "%(number)d came too close to somebody else’s words.",
            "%(number)d came too close to somebody else’s words.",
            count,
        ),
        Dropped.UNLIKE: ngettext(
            "%(number)d was unlike your captions.", "%(number)d were unlike your captions.", count
        ),
    }
    return words[reason] % {"number": count}


def _opening(line: Line) -> str:
    source = {"line": line.source.rstrip(" .")}
    if line.origin is Origin.OWN:
        return _("It opens with a line of yours: “%(line)s”.") % source + _result(line)
    if line.origin is Origin.ADAPTED:
        return _("It opens like your “%(line)s”, with this subject instead.") % source + _result(line)
    if line.origin is Origin.HABIT:
        return _("It begins as %(times)d of your captions do: “%(line)s …”") % _habit(line)
    if line.origin is Origin.NEW:
        return _("It opens with a new line, put together from words that you use.")
    if line.origin is Origin.BRIEF:
        return _("It begins with your brief.")
    if line.origin is Origin.ENDPOINT:
        return _("A language model wrote it. Check that it is true.")
    return _("It opens with a common line, not one of yours.")


def _habit(line: Line) -> dict[str, object]:
    return {"times": line.times, "line": line.source.rstrip(" .")}


def _result(line: Line) -> str:
    times = math.exp(line.lift) if line.lift is not None else 1.0
    if times < _REMARKABLE:
        return ""
    return " " + _("That post got %(times)s times your usual likes then.") % {"times": f"{min(times, 99):.1f}"}


def _notes(written: Written) -> Iterator[str]:
    writing = written.writing
    if writing.brief_is_refused:
        yield _("Your brief has a word that may hurt people, or one that you never use. Change it, then try again.")
        return
    if not writing.has_voice and not written.keeps_texts:
        yield _("Your captions are not kept, so these are common openings with your brief, not your voice.")
    elif not writing.has_voice:
        yield _(
            "Only %(number)d of your captions are kept; from %(least)d on Postcast can write in your voice. These are "
            "common openings with your brief."
        ) % {"number": written.captions, "least": FEWEST_CAPTIONS}
    known = [each for each in writing.ranked if each.value is not None]
    if written.eta and len(known) > 1 and not writing.values_differ:
        yield _("Their chances are about the same, so what sounds most like you comes first.")
    if not writing.is_moderated:
        yield _("Swear words and insults are not checked in this language.")
    if written.endpoint == "used":
        yield _(
            "A language model outside of Postcast got your brief and up to five of your captions, without your name."
        )
    elif written.endpoint not in ("off", "refused"):
        yield _("The language model did not answer; these are Postcast’s own.")
