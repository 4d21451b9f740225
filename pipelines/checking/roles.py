"""Who did what: a sentence that gives the clinician what only clients do, or the client what only clinicians do.

By the verbs alone, and only where they are clear, so that it holds for a summary as well, which has no speakers.
"""

from __future__ import annotations

import re


def _any(prefix: str, phrases: str) -> re.Pattern[str]:
    return re.compile(
        rf"^(?:{prefix})?(?:{'|'.join(line.strip() for line in phrases.strip().splitlines())})\b", re.IGNORECASE
    )


# One pattern a line, behind the subject; what they match was checked to occur in no true sentence of the other one.
_CLIENT_ONLY = _any(
    "also |still |then |now |initially ",
    r"""
    report(?:ed|s)|denie[ds]|endorse[ds]|disclose[ds]|admit(?:ted|s)|present(?:ed|s) (?:with|to)
    felt|feels|slept|sleeps|takes|took (?:\w+ )?\d|took (?:his|her|their|no)|drank|drinks|smokes|smoked|worrie[ds]
    fear(?:s|ed)|    cried|skipped|misse[ds]|avoid(?:ed|s)|struggle[ds]|wants
    wished|woke|wakes|ate|eats|lost|argued|fought|dreamed
    relapsed|experience[ds]|made (?:the |some )?progress|progressed|rated|would like|talked about
    (?:has|had) (?:been )?(?:taken|taking|had|no|an?|not|two|three|dry|trouble|made|reservations|presented)
    is (?:experiencing|struggling|motivated|in the)|is (?:a )?(?:\w+ )?(?:male|female|man|woman|student)
    (?:is|was) (?:able|not able|unable|mostly|also|making|willing|reluctant|torn|tearful|anxious)
    (?:seems?|appear(?:s|ed)) (?:to be )?(?:motivated|engaged|anxious|sad|depressed|ambivalent|willing|reluctant|torn)
    expresse[ds] (?:frustration|anger|sadness|interest|a desire|concerns?|feelings|guilt|relief|initial)
    also (?:mentions|discussed)|recognized|realize[ds]|conclude[ds]|completed|attended|declined (?:his|her|their)
    went (?:to|on)|kept (?:the|his|her|their|a)|thought about|named (?:his|her|their)|demonstrate[ds] (?:insight|a)
    (?:stated|said) that (?:s?he|they)
    """,
)
_CLINICIAN_ONLY = _any(
    "also |then |next ",
    r"""
    guided|taught|conducted|facilitated|led (?:an?|the|imag)|validated|normalized|assessed|administered|coached
    provided (?:psycho|education|support|validation|empath|feedback|information|(?:the )?client)\w*
    modeled|elicited|summarized|introduced|assigned|proposed to client|followed up|gave feedback
    used (?:motivational|reflective|open|a readiness|a scaling|importance|socratic|behavioral)\w*
    used cognitive\w*
    reviewed the (?:PHQ|GAD|PCL|AUDIT|medication|safety|activity|homework)
    asked (?:about (?:thoughts|suicid\w*|risk|self)|the miracle|(?:the )?client|for a prediction)
    asked what (?:client|was better)
    explored (?:the|how|what|her|his|their|client)
    offered (?:a )?(?:summary|information|validation|psycho\w*)
    (?:had|helped|invited|encouraged|informed) (?:the )?client|pointed out
    closed the (?:session|incomplete)|examined the
    """,
)
_SUBJECT = re.compile(
    r"^(?:The |This )?(client|patient|clinician|therapist|counselor|provider)\s+(.*)", re.IGNORECASE | re.DOTALL
)
# ", treated for panic disorder," stands between subject and verb of the one who is treated.
_TREATED = re.compile(
    r"^(?:clinician|therapist|counselor|provider), (?:treated|seen|followed|diagnosed)\b", re.IGNORECASE
)
# What a clinician announces; any other promise of a note is the client's homework.
_WILL = re.compile(
    r"^will (?:also |then )?(?!(?:send|call client|provide|continue|follow|check|review|monitor|contact|coordinate|"
    r"discuss|"
    r"explore|help|support|bring|prepare|assess|introduce|email|share|ask client|work|focus|encourage|assist|reach|"
    r"consult|request|refer|see|meet|offer|teach|guide|not|aim|use|give|be|take|raise|look|look|go over|keep)\b)\w+",
    re.IGNORECASE,
)


def reversed_roles(sentence: str) -> bool:
    """Whether a sentence's subject does what the other one does."""
    if _TREATED.match(sentence):
        return True
    match = _SUBJECT.match(sentence)
    if not match:
        return False
    if match.group(1).lower() in {"client", "patient"}:
        return bool(_CLINICIAN_ONLY.match(match.group(2)))
    return bool(_CLIENT_ONLY.match(match.group(2)) or _WILL.match(match.group(2)))
