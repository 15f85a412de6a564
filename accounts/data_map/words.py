"""Headings and times that several declarations share: people read them on the privacy page."""

from privacy.purposes import Retention

ACCOUNT = "Your TikTok account: its ids, name, user name, whether it is verified, and its public totals"
SIGN_IN = "Your sign-in: a random name for you here, when you first and last signed in, and a cookie's session"
KEYS = "The keys that TikTok gave us for your account"
SEATS = "Seats at your accounts, and yours at those of others: who has each, as what, and since when"
TOKENS = "API tokens that you made: their names, first characters, when made and last used"
STAFF = "What staff of this service are allowed to do, and what they did"
NOTICES = "What you were told, and where your devices and programs are told of it"
MAIL = "The e-mail address that you gave for notices, if you gave one"
NEVER_FILLED = "Tables of a library that stay empty"
WORK = "Bookkeeping of the service itself"
LIMITS = "How often the service was called of late, by you or from your IP address"
WAITING = "Work that waits to be done for you"

UNTIL_DISCONNECTED = Retention("until you disconnect, once TikTok has confirmed that, or until TikTok ends them")
NEVER = Retention("never written")
KEPT = Retention("kept: it concerns nobody who signs in with TikTok")
