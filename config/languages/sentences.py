"""Patterns of sentences that are composed in English elsewhere, for `told`: of the engine, of rows, of refusals.

A place is written `%(name)s` and is told in turn; one called `name` or `text` holds somebody's own words. Sentences
without a place need to stand here too, so that the catalogues have them.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Plural:
    """A sentence with a number in the place `counted`, in the singular and in the plural."""

    one: str
    many: str
    counted: str


SENTENCES = (
    # warnings of forecasts: see predictions.engine.forecasting, predictions.forecasts.answering, versions.registry
    _("no model trained yet: this rests on general assumptions and the account's own posts"),
    _("no history: no post with a known first day, so this is what accounts with as many followers get"),
    _("no history: no post with a known first day, so this is what accounts in general get"),
    _("few posts: only %(posts)s with a known first day"),
    _(
        "first days estimated: %(some)s of your last %(posts)s posts were not counted about 24 hours after "
        "publishing, so their first day is worked out from other counts"
    ),
    _(
        "likes filled in: the likes of %(some)s of your last %(posts)s posts are not told, so they are worked out "
        "from other counts and weigh less"
    ),
    _(
        "rounded counts: %(some)s of your last %(posts)s posts have rounded counts, such as 1.2K, so what is learned"
        " of them is less sure"
    ),
    _("no engagement rate: %(counts)s are not known, neither of your posts nor of other accounts"),
    _("%(first)s and %(second)s"),
    *(_("likes"), _("comments"), _("shares"), _("views")),
    _(
        "Postcast has not learned your account yet: its first refresh has not finished, or found no posts. This "
        "forecast uses other accounts only."
    ),
    _(
        "What was learned of your posts was damaged and is being learned again. Until then forecasts use other "
        "accounts only; ask again in a few minutes."
    ),
    _(
        "What was learned of your posts is being updated, as the way of forecasting changed. Until then forecasts "
        "use what was learned before; ask again in a few minutes."
    ),
    _("The current way of forecasting is not available at the moment; this forecast comes from %(name)s."),
    # how fresh the posts are: see posts.freshness
    _(
        "This account is disconnected, so posts since then are not known here. Connect the account again to bring "
        "forecasts up to date."
    ),
    _(
        "TikTok ended Postcast's access to this account, so posts since then are not known here. Connect the account"
        " again to bring forecasts up to date."
    ),
    _(
        "Access to the videos of this account was declined, so new posts are not known here. Connect it again and "
        "allow your public videos."
    ),
    _("Your posts were last read on %(moment)s; what happened since is not known here."),
    _("%(posts)s read; forecasts know only these."),
    _("%(posts)s read; forecasts know only these. The others are read by themselves once TikTok gives them."),
    # refreshes: see posts.ingest.words
    _("TikTok asked Postcast to pause."),
    _("TikTok does not answer at the moment."),
    _("TikTok answers at the moment with something that cannot be read."),
    _("TikTok refuses to answer at the moment."),
    _("The refresh was interrupted several times."),
    _("The refresh ended early."),
    _(
        "TikTok does not let Postcast see the videos of this account, because access to them was declined. Without "
        "them nothing new can be read or learned. Connect the account again and allow your public videos."
    ),
    _(
        "TikTok ended Postcast's access to this account. What was read stays, and nothing new comes in. Connect the "
        "account again to go on."
    ),
    _(
        "This account was disconnected. What was read stays until you have it erased, and nothing new comes in. "
        "Connect the account again to go on."
    ),
    _("Your consent to the service is missing. Nothing is read from TikTok without it. Give it under “Your data”."),
    _(
        "%(posts)s were read. TikTok counts more than it lists: the others may be private or under review. They "
        "appear here by themselves once TikTok lists them."
    ),
    _("Your posts will be read from TikTok in a moment."),
    _("Your posts are being read from TikTok: %(posts)s."),
    _("%(happened)s %(posts)s are here so far. %(again)s; you can also try now."),
    _("Postcast asks again by itself on %(moment)s"),
    _("Postcast asks again by itself in a moment"),
    _("Postcast goes on by itself on %(moment)s"),
    _("Postcast goes on by itself in a moment"),
    _("The newest posts were read again; %(posts)s are known."),
    _("%(happened)s %(posts)s are here, and forecasts know only these. %(again)s; you can also try now."),
    _("%(happened)s None of your posts are here yet. %(again)s; you can also try now."),
    _(
        "%(happened)s Your posts and their counts stay as they were read before. New posts are looked for every "
        "hour; you can also try now."
    ),
    # suggestions: see predictions.suggestions.words
    _("Nothing reliable found: no change to this draft has an effect on your account that is sure enough to be told."),
    _("Not suggested at present, as too many failed or were reported as bad: %(features)s."),
    _(
        "Nothing reliable found: no change to this draft has an effect on your account that is sure enough to be "
        "told. Not suggested at present, as too many failed or were reported as bad: %(features)s."
    ),
    _("Make the cover brighter"),
    _("Make the cover darker"),
    _("Give the cover more contrast"),
    _("Give the cover less contrast"),
    _("Give the cover stronger colours"),
    _("Give the cover paler colours"),
    _("Make the cover more colourful"),
    _("Make the cover less colourful"),
    _("Make the cover sharper"),
    _("Make the cover softer"),
    _("Crop the cover to 9:16, so that nothing is cut off"),
    _("Show a face on the cover"),
    _("Choose a cover without a face"),
    _("Publish on %(weekday)s, %(day)s %(month)s at %(time)s (UTC)"),
    _("Publish on %(weekday)s, %(day)s %(month)s at %(time)s (your local time, %(zone)s)"),
    _("Make the video about %(seconds)s seconds long"),
    _("Write %(length)s, hashtags not counted"),
    _("about %(number)s characters"),
    _("Ask a question"),
    _("Ask no question"),
    _("Say what viewers should do: a call to action"),
    _("Leave out the call to action"),
    *(_("Write in a positive tone"), _("Write in a neutral tone"), _("Write in a negative tone")),
    *(_("Use no emoji"), _("Use 1 emoji"), _("Use 2 emoji"), _("Use 3 emoji")),
    _("Add #%(name)s"),
    _("Leave out #%(name)s"),
    _("%(posts)s; %(creators)s creators like you"),
    _("%(posts)s, with and without"),
    *(_("your one post"), _("none of your own posts yet")),
    *(_("your one post %(alike)s"), _("none of your own posts yet %(alike)s")),
    *(_("around %(time)s (UTC)"), _("around %(time)s (your local time)")),
    _("of about %(seconds)s seconds"),
    _("with about %(number)s characters"),
    *(_("with a question"), _("without a question"), _("with such a cover")),
    *(_("in a positive tone"), _("in a neutral tone"), _("in a negative tone")),
    *(_("with no emoji"), _("with 1 emoji"), _("with 2 emoji"), _("with 3 emoji")),
    *(_("with #%(name)s"), _("without #%(name)s")),
    # rules of the platform: see posts.content.platform_rules
    _("TikTok takes at most %(number)s hashtags in a post."),
    _(
        "Press reports of 2025 (Social Media Today and others) of a notice in the app. TikTok has not announced it, "
        "and may allow another number in your region."
    ),
    _(
        "TikTok's API returns the first %(number)s characters of a caption: programs that read your posts, this one "
        "among them, see and measure no more. Viewers see all of it."
    ),
    _("The longest `video_description` in TikTok's documentation of its Display API. It may change."),
    # experiments: see predictions.engine.experiments.arms, predictions.experiments
    _("Do your posts do better %(second)s than %(first)s?"),
    *(_("at %(time)s"), _("at %(time)s (your local time)"), _("with emoji"), _("without emoji")),
    *(_("Publish your next post %(way)s"), _("Publish your next post %(way)s (your local time)")),
    _("Answered after %(posts)s: your posts do better %(better)s than %(worse)s."),
    _("Answered after %(posts)s: your posts do better %(better)s (your local time) than %(worse)s."),
    _(
        "Given up after %(posts)s: the difference is too small, or would take too many more posts, to be worth "
        "waiting for."
    ),
    _("You stopped it after %(posts)s. It had no answer yet."),
    _("Not known yet: %(posts)s so far. Look as often as you like: that does not make the answer wrong."),
    _(
        "Not known yet: %(posts)s so far. About %(more)s more would tell, if the difference is what it seems. Look "
        "as often as you like: that does not make the answer wrong."
    ),
    _("Both arms are the same; expected two different values."),
    _("An hour is outside of the day; expected two whole local hours, 0 to 23."),
    _("The lengths cannot be compared; expected 1 to %(most)s characters, one at least %(ratio)s times the other."),
    _("The arms are 0 (without) and 1 (with); expected each of them once."),
    _("An experiment of this account is running; stop it before you start another."),
    _("This experiment has ended (%(state)s); start another one."),
    *(_("answered"), _("stopped"), _("not worth waiting")),
    # --- refusals that pages show too
    _("“%(name)s” is no time zone; expected a name of the IANA database, such as Europe/Berlin."),
    _("You have %(number)s API tokens, and nobody may have more. Revoke one that you do not use."),
    _("This needs a sign-in of the last %(number)s minutes: sign out and in again, then repeat it."),
    _("This needs your consent to “%(purpose)s”. Give it under “Your data”; until then nothing is processed."),
    _("Staff cannot be erased while they are staff: have a superuser take the staff status away first."),
    _("This TikTok account is already linked to another person. Nothing was changed."),
    _("This account has %(number)s drafts; delete some before you save another one."),
    _("This forecast has no such suggestion; expected %(expected)s."),
    _("Postcast cannot reach its database at the moment. Nothing that you sent was half kept."),
    _("Too many %(what)s: at most %(rate)s. Try again in %(wait)s."),
    *(_("%(number)s a second"), _("%(number)s a minute"), _("%(number)s an hour"), _("%(number)s a day")),
    *(_("%(number)s minutes"), _("%(number)s hours")),
    # sign-ins: see accounts.devices
    *(_("a program"), _("%(browser)s on %(system)s")),
    # erasures: see privacy.models.erasures
    *(_("the person asked for it"), _("the person asked the staff for it")),
    *(_("TikTok told that the account was deleted"), _("nobody had signed in for twelve months")),
    *(_("consent had been withdrawn for 30 days"), _("a backup from before the erasure was restored")),
    # the access trail: see privacy.models.trail, privacy.trail.words
    *(
        _("Read"),
        _("Change"),
        _("Export"),
        _("Erase"),
        _("Consent given"),
        _("Consent withdrawn"),
        _("Refused"),
        _("Key"),
    ),
    *(_("a page of the staff"), _("a list by staff: %(what)s"), _("a page by staff: %(what)s")),
    *(_("a form by staff: %(what)s"), _("what staff did with: %(what)s")),
    # --- feedback and reports, of predictions.models.feedback
    *(_("Useless"), _("Wrong"), _("It is too high"), _("It is too low"), _("It is too vague to act on")),
    *(_("It misses something that matters"), _("I do not understand it"), _("Something else")),
    # the privacy page: see privacy.declarations.documents
    _("Your consent to %(purposes)s"),
    _("The law, which has us answer for what is done with your data"),
    _("A legitimate interest in a service that works and is not misused"),
    # imports, what became of rows and what was wrong with files: see posts.imports, posts.platforms.exports
    *(_("New"), _("Merged"), _("Observed"), _("Unchanged"), _("Skipped")),
    _("Reading the file was interrupted several times. Nothing was changed; please bring it once more."),
    _(
        "Storing the file was interrupted several times. What was stored until then is kept; bring the same file "
        "again to go on: nothing is stored twice."
    ),
    _("A file of yours waits for your answer: confirm or cancel it first."),
    _("A file of yours is being taken in: please wait until that is done."),
    _("This file does not wait for an answer any more."),
    _("This file cannot be cancelled any more."),
    _("It was not confirmed within a day, and is forgotten."),
    _("The uploaded file could not be read again here. Please bring it once more."),
    _("The file is larger than %(number)s MB; data exports of TikTok as JSON are smaller."),
    _("The file is %(kind)s; expected TikTok's data export (zip or JSON), or a table (CSV, UTF-8)."),
    *(
        _("a PDF"),
        _("packed with gzip"),
        _("UTF-16 text"),
        _("an old spreadsheet"),
        _("a RAR archive"),
        _("a 7z archive"),
    ),
    _("The file is empty; expected TikTok's data export (zip or JSON), or a table of posts (CSV)."),
    _("%(name)s is damaged, or no JSON: it could not be read to its end. Please download the export again."),
    _("The file has more than %(number)s rows."),
    _("The zip is protected by a password: please bring it without."),
    _("%(name)s, near line %(number)s, is not UTF-8. In a spreadsheet, save the table as “CSV UTF-8”."),
    _("a table of posts"),
    *(_("is known already"), _("is the same post as row %(number)s"), _("was published after the file came")),
    _("names no post that is known here, and has no posted_at"),
    _("has counts from before its post was published"),
    _("is not public: only posts that everybody may see are kept"),
    _("has no Date"),
    _("observed_at is before posted_at; expected the counts to be read after publishing"),
    _("%(name)s is %(text)s; expected a moment like 2026-12-01 18:00:00, in UTC"),
    _("%(name)s is %(text)s, which is no moment of the calendar"),
    _("%(name)s is %(text)s; expected a moment from %(year)s until now"),
    _("%(name)s is %(text)s; expected a whole number from zero up"),
    _("%(name)s is %(text)s; expected a whole number from zero up, or a rounded one like 1.2K or 3M"),
)

PLURALS = (
    Plural(
        "old history: the last known post is %(days)s day old",
        "old history: the last known post is %(days)s days old",
        "days",
    ),
    Plural(
        "%(posts)s post is dated in the future and left out",
        "%(posts)s posts are dated in the future and left out",
        "posts",
    ),
    Plural(
        "far ahead: %(days)s day from now your account may be another one, and the range does not allow for that",
        "far ahead: %(days)s days from now your account may be another one, and the range does not allow for that",
        "days",
    ),
    Plural("%(posts)s post", "%(posts)s posts", "posts"),
    Plural("%(read)s of %(posts)s post", "%(read)s of %(posts)s posts", "posts"),
    Plural("%(posts)s post was read.", "%(posts)s posts were read.", "posts"),
    Plural("your %(posts)s post", "your %(posts)s posts", "posts"),
    Plural("your %(posts)s post %(alike)s", "your %(posts)s posts %(alike)s", "posts"),
    Plural("%(seconds)s second", "%(seconds)s seconds", "seconds"),
)
