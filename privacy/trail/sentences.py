"""Events of the trail as sentences for their person: "Staff opened your forecasts", "You asked for a forecast"."""

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from config.languages.told import told
from privacy.models import AccessEvent
from privacy.trail.words import category_of, page_of, words_of

Actor, Action = AccessEvent.Actor, AccessEvent.Action

WHO: dict[str, Promise] = {
    Actor.PERSON: gettext_lazy("You"),
    Actor.STAFF: gettext_lazy("Staff of Postcast"),
    Actor.TASK: gettext_lazy("Postcast, by itself"),
    Actor.SHELL: gettext_lazy("An operator of Postcast"),
    Actor.TIKTOK: gettext_lazy("TikTok"),
    Actor.DATABASE: gettext_lazy("Postcast, by itself"),
    Actor.VISITOR: gettext_lazy("Somebody with your link"),
    Actor.MEMBER: gettext_lazy("Somebody who had a seat"),
}

DONE: dict[str, Promise] = {
    "account and posts, from TikTok": gettext_lazy("read your account and your posts from TikTok"),
    "counts of posts, from TikTok": gettext_lazy("read the counts of your posts from TikTok"),
    "newest posts, from TikTok": gettext_lazy("looked for new posts on TikTok"),
    "keys to the account, renewed": gettext_lazy("renewed the keys to your account"),
    "sign-in with TikTok: account and keys to it": gettext_lazy("signed in with TikTok"),
    "an account for posts from files": gettext_lazy("made an account for posts from files"),
    "the time zone of an account": gettext_lazy("chose the time zone of an account"),
    "TikTok told that its access was ended": gettext_lazy("told us that our access to your account was ended"),
    "sessions were ended": gettext_lazy("ended sessions in which you were signed in"),
    "second factor, to be set up anew": gettext_lazy("had the second factor set up anew"),
    "second factor: a recovery code was added": gettext_lazy("added a recovery code"),
    "password": gettext_lazy("changed the password"),
    "an import of posts, confirmed": gettext_lazy("confirmed an import of posts"),
    "posts, from a file": gettext_lazy("stored posts from your file"),
    "posts, pushed by a program": gettext_lazy("stored posts that a program brought"),
    "posts, and what is learned of them": gettext_lazy("learned anew from your posts"),
    "posts, and forecasts of them as of then": gettext_lazy(
        "worked out how your latest posts would have been forecast"
    ),
    "forecasts, compared with posts": gettext_lazy("compared your forecasts with what the posts became"),
    "kept captions, to find phrases that many share": gettext_lazy(
        "counted which phrases many people’s captions share"
    ),
    "posts, to learn the shared model": gettext_lazy("learned the shared model, from your posts with many others’"),
    "posts, to compare two models": gettext_lazy("compared two models, on your posts with many others’"),
    "posts, to compare accounts of one size": gettext_lazy("worked out what accounts of one size usually get"),
    "words for your captions": gettext_lazy("changed the words for your captions"),
    "a text that staff are to look at": gettext_lazy("asked staff to look at a text that was held back"),
    "how your captions are written": gettext_lazy("worked out how your captions are usually written"),
    "your drafts": gettext_lazy("changed your drafts"),
    "an experiment": gettext_lazy("changed an experiment"),
    "an experiment, and its posts": gettext_lazy("judged an experiment by its posts"),
    "a report of a suggestion": gettext_lazy("reported a suggestion"),
    "a forecast": gettext_lazy("asked for a forecast"),
    "export asked for": gettext_lazy("asked for a copy of your data"),
    "export fetched": gettext_lazy("fetched a copy of your data"),
    "erasure asked for": gettext_lazy("asked for the erasure of your data"),
    "erasure asked for, sooner": gettext_lazy("asked for a sooner erasure of your data"),
    "erasure, sent to a worker again": gettext_lazy("had your erasure tried again"),
    "erasure cancelled": gettext_lazy("cancelled the erasure of your data"),
    "erasure cancelled: they came back": gettext_lazy("cancelled the erasure, as you came back"),
    "how long data is kept, after a sign-in": gettext_lazy("moved on how long your data is kept, as you signed in"),
    "rows read in from a file, of anybody": gettext_lazy("read in rows of anybody from a file"),
    "the database's own prompt, with access to everything": gettext_lazy("opened the database, with everything in it"),
    "a shell with access to everything": gettext_lazy("opened a shell, with access to everything"),
    "a file with everything, or a part of it": gettext_lazy("wrote a file with everything, or a part of it"),
}
"""The subject of an event, as it is recorded -> what was done, in words that follow its actor."""

_PAGES: dict[str, Promise] = {
    "changelist": gettext_lazy("saw a list with: %(what)s"),
    "history": gettext_lazy("saw what staff had done with: %(what)s"),
}
_BY_ACTION: dict[str, Promise] = {
    Action.READ: gettext_lazy("opened: %(what)s"),
    Action.CHANGE: gettext_lazy("changed: %(what)s"),
    Action.EXPORT: gettext_lazy("made a copy of: %(what)s"),
    Action.ERASE: gettext_lazy("erased: %(what)s"),
    Action.CONSENT: gettext_lazy("agreed to: %(what)s"),
    Action.WITHDRAW: gettext_lazy("took back the consent to: %(what)s"),
    Action.REFUSED: gettext_lazy("tried to change, and was refused: %(what)s"),
    Action.KEY: gettext_lazy("made or ended the key of a person"),
}


def who_of(actor_kind: str, member: str = "") -> str:
    """Return who acted, as people call them; `member` is what the person calls one with a seat at their account."""
    return member or str(WHO[actor_kind])


def done_of(action: str, what: str) -> str:
    """Return what was done, in words that follow its actor."""
    if what in DONE and action != Action.REFUSED:
        return str(DONE[what])
    page = page_of(what)
    if page is not None and action == Action.READ:
        return str(_PAGES.get(page, _BY_ACTION[Action.READ])) % {"what": _lowered(category_of(what))}
    words = category_of(what) if page is not None else words_of(what)
    return str(_BY_ACTION[action]) % {"what": _lowered(words)}


def sentence_of(event: AccessEvent, member: str = "") -> str:
    """Return the event as a sentence, e.g. "Staff of Postcast opened: your forecasts"."""
    return _("%(who)s %(done)s") % {"who": who_of(event.actor_kind, member), "done": done_of(event.action, event.what)}


def _lowered(words: str) -> str:
    """Return a category in the middle of a sentence, without what stands behind its colon."""
    head = told(words).partition(":")[0]
    # other languages have letters of their own to begin a noun with
    is_kept = head[:2].isupper() or not (get_language() or "en").startswith("en")
    return head if is_kept else head[:1].lower() + head[1:]
