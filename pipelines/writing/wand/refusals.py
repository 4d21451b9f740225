"""What the wand never does, whoever asks and however: the rules are code, so no text in an instruction lifts them.

The sources are the clinical rules: signature and consent are written by people (15), times and codes are those of the
appointment (1), the diagnosis is the chart's (2), risk is what was asked and answered (8), nothing is invented (11).
"""

# A pattern reads better in one line than broken.
# ruff: noqa: E501
from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.checking.risk import RiskReading, misstates, read_prose, read_risk
from pipelines.source import Source, session_line
from pipelines.writing.wand.interpret import Reading
from pipelines.writing.wand.records import Edit

_SIGN = re.compile(
    r"\b(?:e-?|counter)?sign(?:ed|ing)?\s+(?:it|this|that|off|for me|as|in my name|the (?:note|draft|record|chart))\b|"
    r"^\s*(?:please )?(?:e-?)?sign\b|\b(?:my|a|the|an?|clinician's|e-?|electronic) ?signature\b|\battest\w*\b|\bco-?sign\b|"
    r"\b(?:my|the) (?:credentials|license(?: number)?|initials)\b|\bmark (?:it|this) (?:as )?(?:signed|final)",
    re.IGNORECASE,
)
_CONSENT = re.compile(r"\binformed consent\b|\bconsent(?:ed|s)?\b(?! decree)", re.IGNORECASE)
_BILLING = re.compile(
    r"\b(?:CPT|billing|bill(?:ed)?|procedure code|session (?:length|time|duration|start|end)|start time|end time|"
    r"90791|908\d\d|9921\d)\b|\b(?:make|change|round|bump|extend|set) (?:it|the session|this|the appointment)(?: time)? (?:up )?(?:to|from|last)? ?"
    r"(?:a )?(?:\d+|full|hour|sixty|fifty)[ -]?(?:min\w*|hours?)\b|\bsession (?:was|lasted|ran|started|ended|began)\b",
    re.IGNORECASE,
)
_DIAGNOSIS = re.compile(
    r"\bdiagnos(?:is|es|ed?|tic)\b|\bmeets (?:the )?criteria\b|\bICD(?:-10)?\b|\b[A-TV-Z]\d[0-9AB]\.[0-9A-Z]{1,4}\b|\bF\d\d\b|\brule[- ]?out\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"\b[A-TV-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?\b")
_DISORDER = re.compile(
    r"\b(?:has|have|suffers? from|with|diagnos\w+)\b[^.]{0,40}\b(?:disorder|PTSD|MDD|GAD|OCD|ADHD|BPD|bipolar|schizo\w+|"
    r"dysthymia|autism)\b",
    re.IGNORECASE,
)
_INVENT = re.compile(
    r"\b(?:make|making) (?:\w+ ){0,3}up\b(?! (?:her|his|their) mind)|\bmade-up\b|\binvent\w*\b|\bfabricat\w*\b|\bfill (?:it |this |that |in |the )*(?:in )?with (?:something|anything)\b|"
    r"\b(?:plausible|realistic|typical|generic|standard)(?: \w+)? (?:safety plan|content|detail\w*|response|text|finding\w*|sounding)\b|"
    r"\bpretend\b|\bexaggerat\w*\b|\bembellish\w*\b|\bpad (?:it|this|the|out)\b|\bassume (?:that )?(?:she|he|they|the client)\b|"
    r"\b(?:sound|look|seem) (?:worse|sicker|more severe|more impaired)\b|\bmedical necessity\b.*\b(?:even|although)\b",
    re.IGNORECASE,
)
_OTHER_CLIENT = re.compile(
    r"\b(?:another|other|different|last|previous|my \d+(?:am|pm)?(?: o'clock)?|next) (?:client|patient)(?:'?s)?\b|"
    r"\b(?:client|patient)s? (?:before|after) (?:her|him|them|this)\b|\bsomeone else's (?:note|chart|session)\b",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"\b(?:system|hidden|initial|original) prompt\b|\byour (?:prompt|instructions|rules|guidelines|configuration)\b(?! (?:and|then))|"
    r"\b(?:print|show|reveal|repeat|output|tell me) (?:me )?(?:all |the |your )*(?:prompt|instructions|rules|guidelines|text above)\b|"
    r"\bapi key\b|\bwhat (?:are|were) you told\b",
    re.IGNORECASE,
)
_IGNORE = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.;,]*\b(?:rules|instructions|guidelines|prompt)\b", re.IGNORECASE
)
RISK_WORDS = re.compile(
    r"\bsuicid\w*|\b(?-i:SI|HI|NSSI)\b|\bself[- ]?(?:harm|injur)\w*|\bhomicid\w*|\brisk\b|\bsafety\b(?! pin)|\bpassive (?:thoughts?|ideation|SI|death)\b|"
    r"\bideation\b|\bdanger to\b|\b(?:hurt|harm|kill|cut)(?:ting|ing|s)? (?:her|him|them|your|my)sel(?:f|ves)\b|\bharm to (?:self|others)\b|"
    r"\b(?:want(?:ed|ing|s)?|wish\w*|thoughts? of|thought about) (?:to )?(?:die|dying|death|be dead|being dead)\b|\bnot (?:want\w* to )?(?:wak\w+ up|be\w* alive|be\w* here)\b|"
    r"\bbetter off (?:dead|without)\b|\bend (?:her|his|their) life\b|\bdark thoughts\b|\b(?:question|item) (?:nine|9)\b",
    re.IGNORECASE,
)
_SOFTEN = re.compile(
    r"\b(?:soften|down ?play|minimi[sz]e|tone down|water down|play down|lighten|gloss over|less (?:alarming|serious|severe|scary|dramatic)|"
    r"milder|gentler|not so (?:alarming|serious))\b",
    re.IGNORECASE,
)
_LOW_RISK = re.compile(
    r"\b(?:low|no|minimal|moderate|high|imminent|acute)(?: \w+)? (?:risk|danger|safety concerns?)\b|\b(?:not|isn't|no longer) (?:a |an |at )?(?:danger|risk|suicidal)\b|"
    r"\bdenie[sd] (?:all|everything)\b|\bsafe to (?:go|leave|drive)\b|\b(?:is|was) safe\b",
    re.IGNORECASE,
)
# The clinician tells of an assessment of her own that the recording does not hold.
_OWN_ASSESSMENT = re.compile(
    r"\bI (?:\w+ )?(?:assess\w*|ask\w*|screen\w*|check\w* in|review\w*|follow\w* up|spoke|call\w*|talk\w*|complet\w* (?:a|the) (?:c-?ssrs|columbia))\b",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"\b(?:after|before|outside|off) (?:the |our |of )?(?:session|recording|record|call|appointment|we)\b|\bby (?:phone|text|email)\b|"
    r"\b(?:later|afterwards?|this (?:morning|evening|afternoon)|tonight|yesterday|today|the next day|not (?:on the )?record\w*)\b|\bcalled\b",
    re.IGNORECASE,
)

SIGNED = "A note is signed by its clinician. The wand writes no signature, attestation or credentials."
CONSENT = "Consent is recorded by a person, not written into a draft."
BILLED = "Times and billing codes come from the appointment. Correct the appointment; the note follows it."
DIAGNOSED = "The diagnosis comes from the chart. Change it there; the note follows it."
INVENTED = "A note holds what the source, the chart or you yourself state. Nothing is made up to fill it."
OTHERS = "A note holds nothing of another client."
PROMPTED = "The wand changes notes. It does not show what it was set up with."
RISK_DROPPED = "What was said about risk stays in the note as it was said. It is not left out, moved aside or softened."
RISK_INVENTED = (
    "The source does not show that risk was asked and answered so. If you assessed it yourself outside the recording, say so: "
    '"add that I asked by phone after the session and she denied SI".'
)


def refusal(instruction: str, reading: Reading, source: Source, sections: dict[str, str]) -> str | None:
    """Why an instruction is against the rules; None where it is not. One forbidden part refuses the whole."""
    plain = re.sub(r"\"[^\"]*\"", " ", instruction.replace("“", '"').replace("”", '"').replace("’", "'"))
    asked = _IGNORE.sub(" ", plain)
    if _PROMPT.search(asked):
        return PROMPTED
    for pattern, reason in ((_SIGN, SIGNED), (_CONSENT, CONSENT), (_INVENT, INVENTED), (_OTHER_CLIENT, OTHERS)):
        if pattern.search(asked):
            return reason
    return (
        _billing(asked, source, reading)
        or _diagnosis(asked, source, reading)
        or _risk(asked, reading, source, sections)
    )


def _billing(asked: str, source: Source, reading: Reading) -> str | None:
    if not _BILLING.search(asked) or _only_of_length(reading):
        return None
    held = f"{session_line(source.appointment)} {source.appointment.cpt}"
    numbers = re.findall(r"\d+(?::\d\d)?", asked)
    return None if numbers and all(number in held for number in numbers) else BILLED


def _only_of_length(reading: Reading) -> bool:
    return bool(reading.edits) and all(
        edit.kind in {"shorter", "longer", "tone", "keep", "focus"} for edit in reading.edits
    )


def _diagnosis(asked: str, source: Source, reading: Reading) -> str | None:
    """A diagnosis may be worded, moved or kept; not changed, added or removed."""
    if not any(edit.kind in {"add", "correct", "replace", "remove"} for edit in reading.edits) and not reading.unread:
        return None
    charted = " ".join(f"{d.name} {d.code}" for d in source.chart.diagnoses).lower()
    codes = [code for code in _CODE.findall(asked) if code.lower() not in charted]
    if codes:
        return DIAGNOSED
    changes = any(edit.kind in {"correct", "replace", "remove"} for edit in reading.edits) or bool(reading.unread)
    if _DIAGNOSIS.search(asked) and (changes or not _says_what_is_charted(asked, charted)):
        return DIAGNOSED
    named = _DISORDER.search(asked)
    if (
        named
        and any(edit.kind == "add" for edit in reading.edits)
        and not _says_what_is_charted(named.group(0), charted)
    ):
        family = re.search(
            r"\b(?:mother|father|sister|brother|son|daughter|wife|husband|partner|aunt|uncle|cousin)\b",
            asked,
            re.IGNORECASE,
        )
        return None if family else DIAGNOSED
    return None


def _says_what_is_charted(text: str, charted: str) -> bool:
    named = re.findall(r"[a-z]{5,}|[a-z]\d\d(?:\.\d+)?", text.lower())
    return any(word in charted for word in named if word not in {"disorder", "diagnosis", "unspecified"})


def _risk(asked: str, reading: Reading, source: Source, sections: dict[str, str]) -> str | None:
    truth = read_risk(source)
    if RISK_WORDS.search(asked) and _SOFTEN.search(asked):
        return RISK_DROPPED
    for edit in reading.edits:
        if edit.kind in {"remove", "replace", "correct", "quotes"} and RISK_WORDS.search(f"{edit.text} {edit.new}"):
            return RISK_DROPPED
        if edit.kind == "add" and _invents(edit, truth):
            return RISK_INVENTED
    if reading.unread and RISK_WORDS.search(" ".join(edit.text for edit in reading.unread)):
        return RISK_DROPPED if _states_in(sections) else RISK_INVENTED
    return None


def _states_in(sections: dict[str, str]) -> bool:
    return read_prose(" ".join(sections.values())).states


def _invents(edit: Edit, truth: RiskReading) -> bool:
    if own_assessment(edit.text):
        return False
    stated = read_prose(edit.text)
    if _LOW_RISK.search(edit.text) and (RISK_WORDS.search(edit.text) or re.search(r"\bsafe\b", edit.text)):
        return True
    speaks = stated.states or stated.unassessed
    return bool(speaks and misstates(stated, truth))


def own_assessment(text: str) -> bool:
    """Whether a clinician states a risk assessment that she made herself outside the recording."""
    return bool(RISK_WORDS.search(text) and _OWN_ASSESSMENT.search(text) and _OUTSIDE.search(text))


class RefusedError(Exception):
    """An edit turned out to be against the rules when its place in the note was found; the message is the reason."""


def protected(text: str) -> Iterator[str]:
    """Why a sentence of a note may not be dropped or reworded: it states risk, the session or the diagnosis."""
    if RISK_WORDS.search(text) or read_prose(text).states or read_prose(text).unassessed:
        yield "risk"
    if re.match(r"Session (?:was )?held\b", text):
        yield "session"
    if re.search(r"\([A-TV-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?\)", text):
        yield "diagnosis"
