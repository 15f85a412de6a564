"""Read a caption's wording by rules: what kind of first words it has, what it asks viewers to do, how easy it reads.

Rules exist for English, Spanish, Portuguese, French and German. A caption in another language is judged by signs alone
(question mark, numeral, "POV"); one whose language is unknown by the rules of all five. Texts are matched as casefolded
words with single spaces between them, and every repetition in a rule is bounded, so that the time is linear.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import cache
from re import Pattern

from posts.content.language import UNKNOWN

MAX_HOOK = 150
"""Characters that a caption's first words are sought in: those that TikTok shows before "more"."""
FEWEST_WORDS = 5
"""Words that a text needs for its reading ease to mean something."""


class Hook(StrEnum):
    """The kind of a caption's first words; the first that fits counts."""

    POV = "pov"
    GREETING = "greeting"
    TEASER = "teaser"
    """Holds something back: "wait for it", "here's why", "part 2"."""
    QUESTION = "question"
    NUMBER = "number"
    """Counts something: "5 ways to"."""
    COMMAND = "command"
    """Tells viewers to do something: "stop scrolling"."""
    STATEMENT = "statement"
    """Words, but none of the above."""
    NONE = ""
    """No words."""


_WORD = re.compile(r"\w+(?:'\w+)*")
_END = re.compile(r"[.!?？؟…\n]")
_OPENING = " .…!-–—\"'“”«»"
_NUMBER_WORDS = re.compile(
    r"(?:my |top |mis |meine |mes ){0,2}"
    r"(?:\d{1,3}|two|three|four|five|six|seven|ten|tres|cinco|trois|cinq|drei|fünf) (?!am\b|pm\b|uhr\b)[^\W\d]"
)

_HOOKS: dict[str, dict[Hook, str]] = {
    "en": {
        Hook.GREETING: r"hi|hey|hello|howdy|what's up|good (?:morning|evening|night)",
        Hook.TEASER: r"wait (?:for|til|till|until)|(?:watch|stay) (?:til|till|until)|you (?:won't|will not) believe|"
        r"(?:here's|here is|this is|that's) (?:why|how|what)|the (?:real )?(?:secret|reason|truth)|storytime|"
        r"(?:nobody|no one) (?:talks|tells|told|is talking)|things (?:nobody|no one|i wish)|part \d{1,3}|guess what|"
        r"story time|spoiler",
        Hook.QUESTION: r"(?:do|does|did|are|is|can|could|would|should|have|has|will|am) "
        r"(?:you|i|we|they|he|she|it|this|that|anyone|anybody)|who else|which one|what would you|how many of|"
        r"ever wonder",
        Hook.COMMAND: r"watch|look|stop|try|learn|listen|make sure|don't|do not|never|let's|come|go|tell|save|follow|"
        r"check|see|meet|start|give|help|imagine|remember|think|pick|choose|vote|comment|tag|send|share|use|find|join|"
        r"enjoy|say|read|keep|ask",
    },
    "es": {
        Hook.GREETING: r"hola|buenos días|buenas",
        Hook.TEASER: r"espera (?:al|hasta)|no vas a creer|as[ií] (?:es|fue) como|el secreto|nadie te|parte \d{1,3}",
        Hook.QUESTION: r"qué|quién|cómo|cuál|cuándo|dónde|por qué|sab[ií]as|alguien más",
        Hook.COMMAND: r"mira|miren|prueba|deja de|aprende|escucha|haz|nunca|no te|vamos|cuéntame|dime|guarda|comparte",
    },
    "pt": {
        Hook.GREETING: r"oi|olá|bom dia|boa (?:tarde|noite)|e aí",
        Hook.TEASER: r"espera? (?:até|o final)|você não vai acreditar|é assim que|o segredo|ninguém te|parte \d{1,3}",
        Hook.QUESTION: r"quem|qual|quando|onde|por que|você sabia|alguém mais",
        Hook.COMMAND: r"olha|olhem|veja|assista|pare de|tente|aprenda|nunca|vamos|conta|salva|marca|imagina",
    },
    "fr": {
        Hook.GREETING: r"salut|bonjour|coucou|bonsoir|hello",
        Hook.TEASER: r"attends? la fin|jusqu'à la fin|(?:vous n'allez|tu ne vas|tu vas) pas croire|"
        r"voici (?:pourquoi|comment)|le secret|personne ne|partie \d{1,3}",
        Hook.QUESTION: r"pourquoi|comment|quel|quelle|quels|quelles|qui (?:a|est|veut|d'autre)|est ce que|saviez vous|"
        r"savais tu|tu savais",
        Hook.COMMAND: r"regarde|regardez|arrête|arrêtez|essaie|essayez|apprends|écoute|écoutez|viens|venez|dis moi|"
        r"dites moi|imagine|imaginez|n'oublie|n'oubliez",
    },
    "de": {
        Hook.GREETING: r"hi|hey|hallo|moin|servus|guten (?:morgen|abend|tag)",
        Hook.TEASER: r"wartet? (?:auf|bis)|(?:ihr werdet|du wirst) (?:es )?nicht glauben|deshalb|das geheimnis|"
        r"niemand (?:sagt|redet|spricht)|teil \d{1,3}",
        Hook.QUESTION: r"wer|was|wann|wo|warum|wieso|wie|welche|welcher|welches|(?:kennt|habt|wusstet) ihr|"
        r"(?:kennst|hast|wusstest) du",
        Hook.COMMAND: r"schau|schaut|seht|stopp|hört|probier|probiert|lern|lernt|mach|macht|kommt|sag|sagt|stell dir|"
        r"speicher|speichert|teilt",
    },
}

_CALLS: dict[str, tuple[str, ...]] = {
    # one rule each: follow, like, comment, save, share, link in the profile, duet
    "en": (
        r"follow (?:me|us|for|along|my|our|if|to see)|(?:forget|sure|please|pls) (?:to )?follow|subscribe",
        r"like (?:and|or) (?:follow|share|save|comment|subscribe)|like (?:if you|for part)|double tap|"
        r"(?:smash|hit|leave|drop)(?: \w+){1,3} like|(?:forget|sure|please|pls) (?:to )?like",
        r"comment (?:below|down|your|if|which|what|who|where|for|and|with)|in the comments?|"
        r"(?:drop|leave)(?: \w+){1,2} (?:below|comments?)|let (?:me|us) know|"
        r"tell (?:me|us) (?:below|what|which|if|your)",
        r"save (?:this|these|it for|for later)|bookmark (?:this|it)",
        r"share (?:this|it with|with|to your)|(?:send|show) this to|tag (?:a|your|someone|somebody|me)|repost this",
        r"links? (?:is |are )?in (?:my |the |our )?(?:bio|profile)",
        r"(?:duet|stitch) (?:this|me|with|it|if)",
    ),
    "es": (
        r"s[ií]gueme|s[ií]guenos|s[ií]ganme|s[ií]gannos",
        r"(?:dale|denle|deja|dejen)(?: \w+){0,2} (?:like|me gusta|corazón)",
        r"comenta|comenten|coméntame|déjame saber|cuéntame|en (?:los )?comentarios",
        r"guárdalo|guarda (?:este|esta|el|para)",
        r"compártelo|comparte (?:este|esta|con)|comparte si|etiqueta a|envíaselo|mándaselo",
        r"(?:link|enlace) en (?:mi |la |el )?(?:bio|biografía|perfil)",
        r"(?:haz|hazme|hagan) (?:un )?d[uú]o",
    ),
    "pt": (
        r"me segue|me sigam|siga (?:me|o perfil|para)|segue (?:o perfil|para)",
        r"(?:deixa|deixe|dá|dê)(?: \w+){0,2} (?:like|curtida)|curte (?:aí|se|e)|curta (?:se|e)",
        r"comenta|comente|comentem|nos comentários|me conta",
        r"salva (?:esse|este|para|o)|salve (?:esse|este|para|o)",
        r"compartilha|compartilhe|marca (?:um|uma|aquele|aquela|alguém)|envia para|manda para",
        r"link na (?:minha )?bio|link no perfil",
        r"faz (?:um )?dueto|faça (?:um )?dueto",
    ),
    "fr": (
        r"abonne toi|abonnez vous|suis moi|suivez moi",
        r"(?:lâche|lâchez|mets|mettez|laisse|laissez) (?:un|ton|votre) (?:like|j'aime|coeur|cœur)|likez|like si",
        r"commente|commentez|en commentaire|dans les commentaires|dis (?:moi|nous)|dites (?:moi|nous)",
        r"enregistre (?:cette|ce|pour)|enregistrez (?:cette|ce|pour)",
        r"partage (?:cette|ce|avec|à)|partagez|tague|taguez|identifie (?:un|une|ton|ta)|envoie (?:à|ça)",
        r"lien (?:en|dans (?:ma|la)) bio",
        r"fais (?:un )?duo|faites (?:un )?duo",
    ),
    "de": (
        r"folg mir|folge mir|folgt mir|folgt uns|abonnier|abonniert",
        r"lasst? (?:ein|einen) (?:like|herz)|liket|doppeltippen",
        r"kommentier|kommentiert|in die kommentare|in den kommentaren|schreibt? (?:es )?(?:mir|uns|unten)|sagt? mir",
        r"speichert? (?:dir|euch|es|das|dieses)",
        r"teilt? (?:das|dieses|es|mit)|markiert? (?:einen|eine|deine|deinen|eure)|schick(?:t)? (?:das|es) ",
        r"link in (?:der |meiner )?bio|link im profil",
        r"macht? (?:ein )?duett",
    ),
}  # fmt: skip


def hook_of(text: str, language: str) -> Hook:
    """Return the kind of the first words of a text without hashtags, names, links and emoji."""
    beginning = text[:MAX_HOOK].lstrip().casefold()
    words = _words(beginning)
    if not words:
        return Hook.NONE
    if words.split(" ", 1)[0] == "pov":
        return Hook.POV
    rules = [_hook_rules(code) for code in _languages(language)]
    end = _END.search(beginning.lstrip(_OPENING))
    asks = beginning.startswith("¿") or (end is not None and end[0] in "?？؟")
    for hook in (Hook.GREETING, Hook.TEASER, Hook.QUESTION, Hook.NUMBER, Hook.COMMAND):
        if hook is Hook.QUESTION and asks:
            return hook
        if hook is Hook.NUMBER and _NUMBER_WORDS.match(words):
            return hook
        if any(hook in rule and rule[hook].match(words) for rule in rules):
            return hook
    return Hook.STATEMENT


def call_to_action(text: str, language: str) -> int:
    """Return how many different things (of seven) the text asks viewers to do.

    Follow, like, comment, save, share, use the link in the profile, make a duet. English rules hold in every language:
    "link in bio" is said in many.
    """
    words = _words(text.casefold())
    codes = dict.fromkeys(["en", *_languages(language)])
    return sum(any(rule.search(words) for rule in of_kind) for of_kind in zip(*map(_call_rules, codes), strict=True))


def reading_ease(text: str, words: Sequence[str], language: str) -> float | None:
    """Return the Flesch reading ease (1948) of an English text: 100 very easy, 0 very hard, at most 121.2.

    `words` are those of the text. None where it is not defined: in another language, or under `FEWEST_WORDS` words.
    """
    if language != "en" or len(words) < FEWEST_WORDS:
        return None
    sentences = max(sum(bool(_WORD.search(part)) for part in re.split(r"[.!?…\n]+", text)), 1)
    syllables = sum(map(_syllables, words))
    return max(206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words), 0.0)


def _languages(language: str) -> tuple[str, ...]:
    """Return the languages whose rules judge a text in this one."""
    if language == UNKNOWN:
        return tuple(_HOOKS)
    return (language,) if language in _HOOKS else ()


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.replace("’", "'")))


@cache
def _hook_rules(language: str) -> dict[Hook, Pattern[str]]:
    return {hook: re.compile(rf"(?:{rule})\b") for hook, rule in _HOOKS[language].items()}


@cache
def _call_rules(language: str) -> tuple[Pattern[str], ...]:
    return tuple(re.compile(rf"\b(?:{rule})\b") for rule in _CALLS[language])


_VOWELS = re.compile(r"[aeiouy]{1,10}")
_SILENT = re.compile(r"(?:[^laeiouy]e|[aeiouy]le|[^aeioutdy]ed|[^aeiouszxchgy]es)$")


def _syllables(word: str) -> int:
    """Return about how many syllables an English word has: groups of vowels, but for a silent last one.

    Right for 96 % of the words of 2,994 public captions by the CMU dictionary; NLTK's tokenizer by sonority for 77 %.
    """
    word = word.lower()
    groups = len(_VOWELS.findall(word))
    return max(groups - (groups > 1 and _SILENT.search(word[-3:]) is not None), 1)
