"""Words of short form that are nobody's: openings, calls to action, and words that name no subject."""

from collections.abc import Mapping

OPENINGS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Okay, hear me out:",
        "Quick one:",
        "This one's for you:",
        "Had to share this:",
        "Just putting this out there:",
        "Before you scroll:",
        "For anyone who needs this:",
        "Saving this here:",
    ),
    "de": (
        "Okay, hört mir kurz zu:",
        "Das hier ist für dich:",
        "Ganz kurz:",
        "Das müsst ihr sehen:",
        "Mal ehrlich:",
        "Musste ich teilen:",
        "Bevor du weiterscrollst:",
        "Also, passt auf:",
    ),
    "ar": (
        "اسمعوني لحظة:",
        "خلونا نتكلم عن هذا:",
        "هذا لك:",
        "باختصار:",
        "لازم تشوفون هذا:",
        "بصراحة:",
    ),
}
"""Before any brief."""

OPENINGS_ABOUT: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Let's talk about",
        "A little love for",
        "POV:",
        "This one is all about",
        "Currently thinking about",
    ),
}
"""Before a brief that is a noun phrase."""

CALLS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Thoughts?",
        "Tell me what you think.",
        "Tell me I'm not the only one.",
        "Send this to someone who gets it.",
        "More of this?",
        "Who's with me?",
    ),
    "de": (
        "Was meinst du?",
        "Speicher dir das für später.",
        "Sag mir, was du denkst.",
        "Schick das jemandem, der es braucht.",
        "Was würdest du ergänzen?",
        "Sag mir, dass ich nicht allein bin.",
    ),
    "ar": (
        "ماذا تضيف؟",
        "احفظه لوقت لاحق.",
        "قل لي رأيك.",
        "أرسله لمن يحتاجه.",
        "هل تجربه؟",
    ),
}
"""Behind any brief."""

CALLS_SEVERAL: Mapping[str, tuple[str, ...]] = {
    "en": ("Save this for later.", "What would you add?", "Which one first?"),
}
"""Behind a brief about several things."""

CALLS_ABOUT: Mapping[str, tuple[str, ...]] = {
    "en": ("Your thoughts on {}?", "Who else is here for {}?", "Send this to a fan of {}."),
    "de": ("{}: ja oder nein?",),
}
"""Behind a brief that names a subject."""

_DETERMINERS = """
my the a an this these that your our his her of for about with on from
mein meine meinen meinem meiner der die das den dem ein eine einen einem einer dieser diese dieses für mit über von
dein deine deinen unser unsere
"""
DETERMINERS = frozenset(_DETERMINERS.split())
"""Words after which a subject stands; the subject of a brief can take its place."""

_ENGLISH = """
a about actually again all almost alone along already also always am an and another any anymore anyone anything are as
ask at away back bad be because been before behind being believe best better big bit but by call came can can't cannot
care change changed check come comes comment comments could cute day days definitely did didn't different do does
doesn't doing don't done down duet each easy else end enough even ever every everybody everyone everything exactly fact
favorite favourite feel few fell find first follow for forget forgot found from full fun funny gave get gets getting
give gives go goes going gonna good got gotta great guess guys had happen happened happens happy hard has have haven't
he hear help her here here's hers hey hi him his honest honestly hope how how's i i'd i'll i'm i've idea if i'll i'm
important in instead into is isn't it it's its just keep kept kind knew know last later learn learned leave less let
let's life like link listen literally little long look looking looks lot love loved made make makes making many may
maybe me mean might mind mine mistake mistakes moment more most much must my myself need needed needs never new next
nice no nobody not nothing now of off oh ok okay old on once one only or other others our out over own part people
perfect person please pov pretty probably put quick quite ready real really reason remember right said same save saw
say saying says scroll secret see seen send series share she should show so some somebody someone something soon sorry
start started still stop story storytime stuff such sure take takes talk tell than thank thanks that that's the their
them then there there's these they they're thing things think this those though thought through till time tip tips to
together told too top totally tried true truth try trying turn turned under understand until up us use used using very
wait want wanted wants was wasn't watch way we we'll we're we've well went were what what's when where which while who
who's whole why will wish with without won't words work worked works worst worth would wow wrong yeah yes yet you you'd
you'll you're you've your yours yourself
"""
_GERMAN = """
aber alle allem allen alles als also am an auch auf aus bei beim bin bis bist da dabei damit danach dann das dass dazu
dein deine deinem deinen deiner dem den denn der deshalb dich die dies diese diesem diesen dieser dieses dir doch du
durch echt eigentlich ein eine einem einen einer einfach einmal endlich er es etwas euch euer eure für ganz gar gefällt
gehen geht genau gerade gern gerne gesehen gibt glaub glaube gleich gut gute guten habe haben habt hab hast hat hatte
hier hört ich ihm ihn ihnen ihr ihre im immer in ist ja jede jeder jedes jemand jetzt kann kannst kein keine keinen
kennst kennt klar komm kommt könnt können kurz lass lasst leben leute lieb liebe los mach mache machen macht mag mal man
mehr mein meine meinem meinen meiner mich mir mit mögt muss müssen musst nach nein nicht nichts nie niemand noch nur ob
oder ohne probier probiert richtig sag sagen sagt schau schaut schick schon schreib schreibt sehen sehr seht seid sein
seit selbst sich sie sind so sogar soll sollte speicher speichert super tag tage teil teilt tipp tipps toll trotzdem tun
über um und uns unser unsere unten viel viele vielleicht vom von vor wann war warte warten wartet warum was weg weil
weiß weißt welche welcher wenn wer werde werden wie wieder will willst wir wird wirklich wissen wo wollen wusstest
wusstet zeig zeige zu zum zur zusammen zuschauen
"""
_ARABIC = """
من في على عن الى إلى مع هذا هذه هذي ذلك تلك هل ما ماذا لماذا كيف متى أين وين مين لا نعم أنا انت أنت انتم أنتم هو هي نحن
هم كل بعض شيء أي كان كانت يكون قد لقد ثم أو و يا لو إذا اذا حتى بس جدا كثير اليوم الآن دائما أبدا لك لكم لي لنا كم رأيك
رأيكم تعال شاهد شوف شوفوا انتظر احفظ شارك اكتب قل أحب احب تحب الأفضل أفضل أول الحقيقة بصراحة الناس شخص أحد مرة
"""
GENERIC: Mapping[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "ar": frozenset(_ARABIC.split()),
}
"""Words that may stand in a line about anything: they name no subject, no person, no place and no number."""

GENERIC_EMOJI = frozenset("😂🤣😭🥰😍😊😅😎🥹🤍❤💕💖✨🔥👀🙏🙌💪👇🫶🤔😳🤯🎉💯😌🥲")
"""Emoji that fit any subject."""
