"""Turns of phrase that several rules look for. Each pattern is about how notes are worded, not about one session."""

from __future__ import annotations

import re

from pipelines.checking.material import NEXT_STEP


def _words(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)


CLIENT = r"(?:the )?(?:client|patient|pt|consumer|member|participant)(?!['’]s\b)"
CLINICIAN = r"(?:the |this )?(?:clinician|therapist|counselor|provider|psychologist|social worker|writer)(?!['’]s\b)"
PRONOUN = r"(?:she|he|they)"
_SPEAKING = (
    r"report(?:s|ed|ing)?|stat(?:es|ed|ing)|sa(?:ys|id)|den(?:ies|ied)|describ(?:es|ed|ing)|endors(?:es|ed|ing)|"
    r"t(?:ells|old)|mention(?:s|ed)|complain(?:s|ed)|shar(?:es|ed) that|explain(?:s|ed)|claim(?:s|ed)"
)
_TELLING = (
    rf"{_SPEAKING}|not(?:es|ed)|express(?:es|ed)|shar(?:es|ed)|add(?:s|ed)|rat(?:es|ed)|identif(?:ies|ied)|"
    r"acknowledg(?:es|ed)|recall(?:s|ed)|disclos(?:es|ed)|answer(?:s|ed)|voic(?:es|ed)|discuss(?:es|ed)|"
    r"predict(?:s|ed)|attribut(?:es|ed)|nam(?:es|ed)|credit(?:s|ed)|indicat(?:es|ed)|list(?:s|ed)|reveal(?:s|ed)|relat(?:es|ed)"
)
# The present after "they", and of the speaking verbs after any subject.
_BASE = "report|state|say|deny|describe|endorse|tell|mention|complain|explain|claim"
_THEY = (
    rf"(?<=\bthey )(?:{_BASE}|note|express|share|add|rate|identify|acknowledge|recall|disclose|answer|voice|name|"
    r"predict)"
)
TELLS = re.compile(rf"\b(?:{_TELLING})\b|{_THEY}\b", re.IGNORECASE)
CLIENT_SUBJECT = re.compile(rf"\b(?:{CLIENT}|{PRONOUN})\b", re.IGNORECASE)
REPORTED_SPEECH = re.compile(
    rf"\b(?:{CLIENT}|{PRONOUN})\b(?: \w+ly)?(?: also| had| has)? (?:{_SPEAKING}|{_BASE})\b", re.IGNORECASE
)
CLINICIAN_ACTS = re.compile(
    rf"\b{CLINICIAN}(?: and (?:the )?client)?(?:,? (?:then|also|\w+ly|again|next))* (?!will\b|and\b|to\b|or\b)\w+",
    re.IGNORECASE,
)
ELLIPTIC_ACT = re.compile(
    r"^(?:(?:also|then|next)\s+)?(?:provided|used|utilized|explored|discussed|reviewed|assisted|encouraged|validated|guided|"
    r"introduced|taught|practiced|challenged|processed|educated|engaged|facilitated|helped|normalized|reflected|reframed|"
    r"modeled|identified|applied|offered|asked|assessed|completed|conducted|led|continued|supported|explained|worked|"
    r"summarized|administered|developed|created|employed|implemented|elicited|affirmed|demonstrated|assigned|rehearsed|"
    r"provides|uses|utilizes|explores|discusses|reviews|assists|encourages|validates|guides|"
    r"introduces|teaches|practices|challenges|processes|educates|engages|facilitates|helps|"
    r"normalizes|reflects|reframes|models|identifies|applies|offers|asks|assesses|completes|"
    r"conducts|leads|continues|supports|explains|works|summarizes|administers|develops|creates|"
    r"employs|implements|elicits|affirms|demonstrates|assigns|rehearses)\b",
    re.IGNORECASE,
)
FUTURE = re.compile(
    rf"{NEXT_STEP.pattern}|"
    r"\b(?:will|plans?|planned|to|may|might|can|could|should|continue[sd]?|scheduled|set for|agreed|would like|goals?|"
    r"consider(?:s|ed|ing)?|consideration|until|remains?|stays?|recommend\w*|refer(?:red)?|monitor|undecided|"
    r"not decided|left (?:out|aside)|for now|is due|pending|assign(?:ed|ment)?|follow|schedule|return|explore|practice|"
    r"encourage|work on|implement|develop|use|provide|address|review|assess|maintain|increase|reduce|set|attend)\b",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:\w{3,}ed|was|were|had|did|said|told|felt|went|came|took|made|gave|saw|knew|thought|slept|fell|rose|began|spoke)\b",
    re.IGNORECASE,
)
PROGRESS = _words(
    r"progress\w*", r"improv\w*", "movement", "moved", "toward", "(?:first )?step", "start", "start(?:ed|ing)",
    "lower", "higher", "fell", "rose", r"reduc\w+", r"increas\w+", r"decreas\w+", r"declin\w+", r"regress\w*",
    r"worse\w*", "better", "unchanged", "stable", r"maintain\w*", r"plateau\w*", "setback", "(?:not )?(?:yet )?met",
    "achieved", "partly", "not addressed", "no change", r"advance\w*", r"continu\w+", "down from", "up from",
)  # fmt: skip
NO_PROGRESS_TALK = re.compile(
    r"\b(?:progress|goals?)\b[^.]*\bnot (?:directly )?(?:addressed|discussed|reviewed|assessed|evident)\b",
    re.IGNORECASE,
)
OBSERVED = _words(
    r"appear\w*", "affect", "mood", "voice", "spoke", "speech", "cried", "tearful", r"engag\w+", r"paus\w+",
    r"present\w*", r"score\w*", r"was \d+", "observed", "oriented", "alert", "cooperative", "calm", r"quiet\w*",
    "eye contact", "laughed", "smiled", "answered", "fell from", "silence",
)  # fmt: skip
