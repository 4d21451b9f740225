"""Speech without fillers, restarts, corrected numbers and cut-off ends."""

from __future__ import annotations

import re

_NUMBER_WORD = (
    r"(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|"
    r"eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|"
    r"five|six|seven|"
    r"eight|nine))?|once|twice|a hundred)"
)
NUMBER = rf"(?:\d+(?:[.:]\d+)?|{_NUMBER_WORD})(?: and a half)?"
_DAY = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|"
    r"november|december)"
)
_UNIT = r"(?: (?:hours?|nights?|days?|times?|weeks?|drinks?|beers?|minutes?|milligrams?|mg|percent)\b)"
_ABOUT = r"(?:(?:about|maybe|like|around|an?|nearly|almost|nearer|closer to|more like) )*"
_SWITCH = (
    r"(?:no|well|wait|sorry|actually|i mean|make (?:it|that)|scratch that)\b(?:[,.]+|(?= call it| make))"
    r"(?: (?:no|wait|sorry|call it|make (?:it|that)|actually)\b[,.]*)*"
)


def _correction(value: str) -> re.Pattern[str]:
    """A value, a pause, "no" or the like, perhaps a short aside, the value that holds."""
    return re.compile(
        rf"\b{_ABOUT}(?:(?<!\bat ){value}, (?={value}{_UNIT}))?(?<![:.\d]){value}\b(?P<unit>{_UNIT})?(?: (?:of|a|at|in|"
        rf"out)\b(?: \w+){{1,2}})?"
        rf"\s*[,.…—-]+\s*(?:{_SWITCH}|(?<=[,—-] )no(?= (?!one\b){_ABOUT}{value}\b))(?P<aside>(?: "
        rf"(?!(?!one\b){value}\b)[a-z']+){{1,5}}[,.])?\s*(?P<new>{_ABOUT}{value}\b)"
        rf"(?P<after>{_UNIT}|[ ,.]|$)",
        re.IGNORECASE,
    )


_CORRECTIONS = (_correction(NUMBER), _correction(_DAY))
_RESTATED = re.compile(rf"\b{_ABOUT}{NUMBER}(?:\.+|,)? ?(?:maybe )?({NUMBER})\. \1\b", re.IGNORECASE)
_FILLER = re.compile(
    r"(?:,\s*)?\b(?:um+|uh+|erm?|hmm+|mm+|mm-hmm|mhm|uh-huh|you know|i mean|i don't know|you see|i guess|to be "
    r"honest|honestly|"
    r"if i'm honest|i suppose|let me think|how do i say this|i tell a lie|hang on)\b(?=[,.…—?! -]|"
    r"$)(?!\s+(?:what|how|if|why|where|who|that|about|"
    r"when|the|it|him|her|them|he|she|my|i|yet)\b)[,…]*",
    re.IGNORECASE,
)
_LIKE = re.compile(
    r",\s*like,\s*|(?:^|(?<=[.?!,—] ))like,\s+|,\s*like(?=\s+(?:\d|really|so|a |the |five|four|three|two|six))",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"^(?:(?:(?:oh|well|so|okay|ok|yeah|yes|yep|and|but|also|um|ah|anyway|hey|god|plus|because|then)\b[,.…]*\s+)|"
    r"(?:(?:no|right|look|listen|see|now|sure|good|great|thanks?|thank you|for real|nope|fair enough|honest to "
    r"god)[,.…]+\s+))+",
    re.IGNORECASE,
)
_CUT_REPEAT = re.compile(r"\b((?:[\w'’]+ ){0,4}?)([\w'’]+)[—–-]+ (?=\2\b)", re.IGNORECASE)
_CUT_WORDS = re.compile(r"\b((?:[\w'’]+ ){0,4}[\w'’]+)[—–]+ \1\b", re.IGNORECASE)
_PHRASE_TWICE = re.compile(r"\b((?:[\w'’]+)(?: [\w'’]+){0,3})(?:,|\.\.\.|…)? \1\b(?! of)", re.IGNORECASE)
_CUT_SHORT = re.compile(r"\b(?:[\w'’]+)[—–]\s+")
_CUT_END = re.compile(r"(?:^|(?<=[.?!,;] ))[^.?!,;]*(?:[—–-]|\.\.\.|…)\s*$")


def clean_speech(text: str) -> str:
    """A turn without fillers, restarts, corrected numbers and cut-off ends; its sentences remain."""
    text = text.replace("’", "'").replace("…", "...").replace("--", "—").replace("“", '"').replace("”", '"')
    text = re.sub(r"(?<=\w) (?=(?:n't|'s|'re|'ve|'ll|'d|'m)\b)", "", text)
    text = re.sub(r"\bi\b(?=['\s])", "I", text)
    text = re.sub(r"\s[-–]\s", " — ", text)
    text = _FILLER.sub(" ", text)
    text = _LIKE.sub(" ", text)
    text = re.sub(r"\s+", " ", text).strip(" ,")
    for correction in _CORRECTIONS * 2:
        text = correction.sub(_corrected, text)
    text = _restarts(text)
    text = _RESTATED.sub(r"\1", text)
    text = re.sub(
        r"^[A-Z]?[\w' ]{0,30}\.\.\. (?=[A-Z])", lambda m: m.group(0) if len(m.group(0).split()) > 3 else "", text
    )
    text = re.sub(r"\.\.\.\s*(?=[a-z])", " ", text).replace("...", ".")
    text = re.sub(r"\s*—\s*", ", ", text)
    text = re.sub(
        r"(?:,? (?:and|but|so) )?\bI (?:said|told (?:him|her|them)) no\b(?:,? thank you(?: very much)?)?",
        " and I declined",
        text,
    )
    return re.sub(r"(?<=[.?!] )([a-z])", lambda m: m.group(1).upper(), tidy(text))


def _restarts(text: str) -> str:
    text = re.sub(r"(?<=\w)-(?=\s)", "—", text)
    text = _CUT_WORDS.sub(r"\1", text)
    text = _CUT_REPEAT.sub(r"\1", text)
    text = re.sub(r"\b(it|he|she|I|they|we|that|the|there)((?:'\w+)?)(?: \w+)?— (?:\1)\b", r"\1", text)
    text = _PHRASE_TWICE.sub(r"\1", text)
    text = re.sub(r"\b(I|he|she|it|they|we)(?: just| \w+ed)?, (?=\1\b)", "", text)
    text = _CUT_END.sub("", text) if len(text.split()) > 2 else text
    return _CUT_SHORT.sub("", text)


def _corrected(match: re.Match[str]) -> str:
    new, unit, after = match.group("new"), match.group("unit") or "", match.group("after")
    new = new[:1].upper() + new[1:] if match.group(0)[:1].isupper() else new[:1].lower() + new[1:]
    if unit and not after.strip(" ,."):
        return f"{new}{unit}{after}" if after else f"{new}{unit}"
    return f"{new}{after}"


def tidy(text: str) -> str:
    """Spaces and punctuation as in prose."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,.;:?!])", r"\1", text)
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"[,;:]+([.?!])", r"\1", text)
    text = re.sub(r"([.?!])[,.;]+", r"\1", text)
    return text.strip(" ,;")


def strip_opener(sentence: str) -> str:
    """Without the conjunctions and yes or no words a sentence of speech opens with."""
    return _OPENER.sub("", sentence).strip(" ,")
