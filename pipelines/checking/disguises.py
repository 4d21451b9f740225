"""Text as a reader sees it: no invisible characters, no letters that pose as others, no tokens that pose as a form.

What a prompt is made of (field headers, numbered lines, roles, tags, JSON keys) is found in any Unicode disguise.
"""

from __future__ import annotations

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
# Format characters, variation selectors, fillers, tags, and halves of surrogate pairs, which no encoding can write.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
# Full-width, mathematical and circled letters, digits and brackets; Chinese punctuation keeps its width.
_STYLED = re.compile("[\uff03\uff10-\uff19\uff1c\uff1e\uff21-\uff5e\u24b6-\u24e9\U0001d400-\U0001d7ff\u2100-\u214f]+")
_MARKS = re.compile("[\u0300-\u036f\u0489\u20d0-\u20ff]{3,}")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t\r]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN, _GREEK_OR_CYRILLIC = re.compile("[a-zA-Z]"), re.compile("[\u0370-\u03ff\u0400-\u04ff]")
_ALIKE = str.maketrans(
    "АВЕКМНОРСТУХЅІЈԁаеорсухѕіјһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοινρκ",
    "ABEKMHOPCTYXSIJdaeopcyxsijhqwABEZHIKMNOPTYXaoivpk",
)
_BRACKETS = str.maketrans("⟦⟧〚〛【】⁅⁆〔〕♯﹟", "[][][][][]##")
_MAY_FORGE = re.compile(r"[\[\]<>{}#`~:⟦⟧〚〛【】⁅⁆〔〕♯﹟]")
_QUOTES = str.maketrans("‘’‛“”„‟", '\'\'\'""""')
_SPELLED = re.compile(r"(?<![\w'])(?:[^\W\d_] ){4,}[^\W\d_](?![\w'])")

SECTIONS = "subjective|objective|assessment|plan|data|behaviou?r|intervention|response|narrative"
_INPUTS = "source|chart|guidance|facts|note|instruction|instructions|transcript|summary|completed|reasoning"
_ROLES = "system|assistant|user|human|developer"
_SPEAKERS = "clinician|client|unknown|therapist|patient|counselor"
HEADER = re.compile(r"\[\s*\[?\s*#+[^\[\]#\n]{0,60}(?:#+\s*\]?\s*\]?|$)|\[\[\s*#+|#+\s*\]\]", re.MULTILINE)
_TOKEN = re.compile(
    r"<\|[^<>|\n]{1,40}\|?>|\[/?INST\]|<</?SYS>>|</?s>|"
    r"</?(?:[A-Za-z][\w-]{0,30})(?:\s[^<>\n]{0,80})?/?>|<!--|-->|```|~~~",
)
_LINE = re.compile(rf"\[\d{{1,6}}\]\s*(?:{_SPEAKERS}|{_ROLES})\s*:|(?:^|\n)\s*\[\d{{1,6}}\](?=\s)", re.IGNORECASE)
# In speech no forgery is too small; in a summary people do write "## Plan" and "System: lives with family".
_SPOKEN_FORMS = (
    re.compile(rf"(?:^|\n)\s*#{{1,6}}\s*(?:{SECTIONS}|{_INPUTS})\b", re.IGNORECASE),
    re.compile(rf"(?:^|[\n.!?;]\s*)(?:{_ROLES})\s*:", re.IGNORECASE),
)
# Tags of transcribers (<laughs>) and of who takes out names (<client>) are noise and forge nothing.
_TAG = re.compile(
    rf"<(?:{_ROLES}|{_INPUTS}|previous_note|doc\w*|context|prompt|tool\w*)\b[^<>]{{0,40}}>|"
    rf"</(?:{_ROLES}|{_INPUTS}|{_SPEAKERS}|{SECTIONS}|\w+_note|doc\w*|context|prompt|tool\w*)\s*>",
    re.IGNORECASE,
)
_FORGERIES = (
    HEADER,
    re.compile(rf"\[\d{{1,6}}\]\s*(?:{_SPEAKERS}|{_ROLES})\s*:", re.IGNORECASE),
    re.compile(rf"#+\s*(?:{_ROLES})\s*:", re.IGNORECASE),
    re.compile(r"\{\{[^{}\n]{1,60}\}\}|<<<|>>>|-{2,}\s*(?:END|BEGIN)\b|\[\s*(?:INST|SYSTEM|END|BEGIN)\b"),
    re.compile(rf"[{{,]\s*[\"'](?:{SECTIONS}|{_INPUTS}|role|content)[\"']\s*:", re.IGNORECASE),
    _TAG,
    re.compile(r"<\|[^<>|\n]{1,40}\|?>|\[/?INST\]|<</?SYS>>|```(?:json|yaml|xml|python)"),
)


def undisguised(text: str) -> str:
    """A text without invisible characters, with styled letters plain and look-alikes within Latin words Latin.

    Whole words of other scripts, accents, emoji and punctuation stay as they are. The result can be encoded as UTF-8.
    """
    if text.isascii() and not _CONTROL.search(text):
        return text.replace("\r", "\n").replace("\t", " ")
    text = _INVISIBLE.sub("", _CONTROL.sub(" ", _SPACES.sub(" ", text.replace("\r", "\n"))))
    text = _STYLED.sub(lambda m: unicodedata.normalize("NFKC", m.group(0)), text)
    text = _MARKS.sub("", unicodedata.normalize("NFC", text))
    return _WORD.sub(_one_script, text) if _GREEK_OR_CYRILLIC.search(text) else text


def _one_script(match: re.Match[str]) -> str:
    word = match.group(0)
    return word.translate(_ALIKE) if _LATIN.search(word) and _GREEK_OR_CYRILLIC.search(word) else word


def folded(text: str) -> str:
    """An undisguised text made to be searched for cues: straight quotes, plain brackets, spelled-out words joined."""
    text = text.translate(_QUOTES).translate(_BRACKETS)
    return _SPELLED.sub(lambda m: m.group(0).replace(" ", ""), text)


def forged_at(text: str, *, spoken: bool = True) -> int | None:
    """Where in an undisguised text something begins that poses as a part of a prompt, an answer or a transcript.

    Args:
        spoken: False: headings and labels are none; in a summary they are how people write.
    """
    if not _MAY_FORGE.search(text):
        return None
    plain = text.translate(_QUOTES).translate(_BRACKETS)
    patterns = (*_FORGERIES, *_SPOKEN_FORMS) if spoken else _FORGERIES
    return min((match.start() for pattern in patterns if (match := pattern.search(plain))), default=None)


def without_form(text: str) -> str:
    """One line, in which no field header, no numbered line, no role and no tag can stand."""
    text = undisguised(text)
    if _MAY_FORGE.search(text):
        text = text.translate(_BRACKETS)
        for pattern in (HEADER, _TOKEN, _LINE):
            text = pattern.sub(" ", text)
    return " ".join(text.split())
