"""The words of risk: what a mention is about, and whose risk it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Topic = Literal["ideation", "active", "passive", "around", "self_harm", "others", "attempt", "plan", "intent"]
"""`around`: said around it ("ending things", "dark thoughts"): risk, but no clinical name is certain."""

SELF = r"(?:your|my|him|her|them|one|it)sel(?:f|ves)"
_WHOSE = r"(?:my|your|his|her|their)"
_ANYBODY = r"(?:others?|any(?:one|body)|some(?:one|body)|people)"
_SOMEBODY_OF = r"(?:baby|wife|husband|partner|son|daughter|child|children|kids|ex|boss|mother|father|mom|dad)"
_GO_ON = r"(?:carry|carrying|go|going|keep going|keeping) on\b(?! (?:with|like|about|to|a|the|my|your)\b)"
_NOT_BE = (
    r"be(?:ing)? alive|be(?:ing)? here any\s?more|be(?:ing)? around any\s?more|"
    r"wak(?:e|ing) up(?! (?:on|at|rested|early|late|before|until|to|feeling|in|with|so|as)\b)|"
    r"liv(?:e|ing)(?! (?:in|at|with|there|here|near|like|alone|together)\b)|exist(?:ing)?|go(?:ing)? on living"
)
# Wordings that stand for one thing that is asked and answered; each is told in the same words.
ASKED_AROUND: tuple[tuple[Topic, str, str], ...] = (
    (
        "around",
        r"\bend(?:ing)? (?:things|it)\b(?! (?:with|between|early|there|on|off|at)\b)",
        "thoughts of ending things",
    ),
    ("passive", (rf"(?:\bnot |n['’]t |\bas soon not )(?:want(?:ing|ed)? to |"
    rf"to )?{_GO_ON}"), "thoughts of not carrying on"),
    ("passive", r"\b(?:of|about|just) not (?:wanting to )?be(?:ing)? (?:here|around)\b", "thoughts of not being here"),
    (
        "passive",
        (
            r"\b(?:thoughts? (?:of|about)|th(?:ink(?:s|ing)?|ought) (?:about|of)) (?:(?:your|her|his|their|my) own )?"
            r"(?:death|dying|being dead)\b"
        ),
        "thoughts of dying",
    ),
    ("passive", (r"\b(?:wants?|wanted|wanting|wish|wishing|wished) to (?:just )?(?:die|be dead)\b(?! (?:of|"
    r"from)\b)"), "wanting to die"),
    ("around", r"\b(?:dark|darker|morbid) (?:thoughts?|places?)\b", "dark thoughts"),
    ("passive", (r"\bno (?:point|use|reason) (?:in |to )(?:liv(?:e|ing)|"
    r"be(?:ing)? alive)\b"), "seeing no point in living"),
    ("self_harm", (r"\b(?:any|been|the|endorsed|denied|urges? to|start(?:ed)?|stopped) (?:cutting|cut|burning|"
    r"burn)\b(?! (?:back|down|out|board|it|off))"), "cutting"),
    ("self_harm", r"\b(?:harm|hurt)(?:ing)? yourself in\b", "thoughts of harming {self}"),
)  # fmt: skip
_SAID_AROUND = (
    r"\b(?:all |honestly )?(?:better|best) off (?:dead|without (?:me|you|him|her|them)\b|if I['’]?(?:\b| )(?:was|"
    r"were|wasn['’]t|"
    r"weren['’]t|am|m)? ?(?:not |just )?(?:gone|dead|here|around))|"
    r"\b(?:fine|okay|relief|nice|nicer|easier|simpler|better|best) (?:if )?(?:I |(?:the )?morning )?(?:just )?(?:to )?"
    r"(?:didn['’]t|did not|never|don['’]t|not(?: to)?) (?:ever )?"
    r"(?:wake(?: up)?|come|c[oa]me|exist|be here|be alive)\b"
)
_PASSIVE = (
    r"passive (?:suicid\w+|si\b|death|ideation)|\bdeath wish|\bwish\w* to die\b|"
    rf"(?:\bnot|\bnever|n['’]t) want(?:ing|ed)? to (?:{_NOT_BE}|be(?:ing)? (?:here|around))\b|"
    rf"(?:\bnot|\bnever) (?:{_NOT_BE})\b|"
    r"\bnot (?:going on living|being around any\s?more)|\b(?:hop\w+|wish\w*|pray\w*|want\w*) (?:that )?(?:I|you|"
    r"s?he|they)?"
    r" ?(?:would(?:n['’]t| not)|did(?:n['’]t| not)|do(?:n['’]t| not)|wo(?:n['’]t| not)|never) (?:just )?(?:wake|"
    r"be here|exist)|"
    r"go to sleep and (?:not|never|stay)|"
    r"\b(?:wish\w*|rather|want\w*|if) (?:that )?(?:I|you|s?he|they)?(?:['’]d)? ?(?:to )?(?:was|were|be|"
    r"being) (?:dead|gone|not here)\b|"
    r"\b(?:takes|takes to) be(?:ing)? dead\b|\brather not be (?:here|alive)\b|"
    r"(?:would(?:n['’]t| not))(?: even)?,? (?:um,? )?(?:i )?(?:\w+ )?(?:would(?:n['’]t| not) )?(?:have )?"
    r"(?:swerve|get out of the way|try to stop it|move out of)\b|"
    r"\b(?:easier|simpler|better) not to (?:wake up|be here|be alive)|"
    r"\b(?:life|living)(?: is|['’]s)?(?: is)? ?(?:not|n['’]t) worth|\btired of (?:living|being alive)|"
    r"\bsick of being alive|"
    r"\bwhether I live or die|\b(?:care|mind) if I (?:live|lived|die|died|did ?n['’]t wake)|"
    r"\bi should disappear\b|\bmeaning you would(?:n['’]t| not) be alive"
)
_ACTIVE = (
    rf"kill(?:ing|ed|s)? {SELF}|\b(?:end(?:ing|ed)?|tak(?:e|ing)|took) {_WHOSE} (?:own )?li(?:fe|ves)\b|"
    r"\bend(?:ing|ed)? it all\b|active (?:suicid\w+|si\b)|\b(?:shot|hang(?:ed|ing)?|drown(?:ed|ing)?|shoot(?:ing)?) "
    rf"{SELF}|\b(?:off|do away with|doing away with) {SELF}|"
    r"\b(?:turn|drive|steer|swerve|driving|steering) (?:the (?:car|wheel) )?into (?:the|a|an|oncoming) "
    r"(?:barrier|tree|wall|traffic|truck|rail\w*|median|bridge)"
)
_OTHERS = (
    rf"homicid\w*|(?-i:\bHI\b)|harm to (?:others|the baby)|{SELF},? or (?:\w+ing )?{_ANYBODY}\b|"
    r"\b(?:hurt|harm|kill|strangl)(?:e|ing|s)? (?:or (?:hurt|harm|kill)ing )?"
    rf"(?:{_ANYBODY}|another person|the baby|{_WHOSE} {_SOMEBODY_OF}|(?-i:[A-Z][a-z]+))\b|"
    r"\b(?:thoughts? of|urges? to|intention of|intent to|want(?:ed|ing)? to|thinking (?:of|about)) (?:hurt|harm|"
    r"kill|strangl)(?:e|ing)? (?:him|her|them)\b"
    r"(?!sel)"
)
_ATTEMPT = (
    r"\b(?:suicide|previous|past|prior|earlier|last) attempts?\b|\b(?:an|your|hx of|history of|her|his|their|the|"
    r"my) attempts?\b"
    r"(?! (?:to|at|by|of)\b)|\b(?:tried|attempted) to (?:die|hang|kill|end|take (?:my|your|his|her|"
    r"their))\b(?! (?:time|it with))|"
    r"\battempted suicide|\boverdos(?:e|ed)\b|(?-i:\bSA\b)(?= x)"
)


def _asked(topic: Topic) -> str:
    return "|".join(f"(?:{pattern})" for name, pattern, _ in ASKED_AROUND if name == topic)


PATTERNS: dict[Topic, str] = {
    "passive": f"{_PASSIVE}|{_SAID_AROUND}|{_asked('passive')}",
    "active": _ACTIVE,
    "around": f"{_asked('around')}|\\bthoughts that touch on risk|\\b(?:given|giving|give) up on life\\b|"
    r"\bdo(?:ing)? (?:anything|something) (?:stupid|drastic|to yourself|to myself)\b",
    "ideation": r"(?<!passive )(?<!active )\b(?:suicid(?:e|al\w*)|(?-i:SI))\b(?! (?:line|hotline|lifeline|"
    r"prevention|attempt))",
    "self_harm": (
        rf"\bself[- ]?harm\w*|\bself[- ]?injur\w*|\b(?:hurt|harm|cut|injur|burn)(?:t?ing|e|s|ed)? {SELF}|"
        rf"(?-i:\b(?:NSSI|SIB)\b)|"
        rf"\b(?:cut|cutting|burn(?:t|ed|ing)?|scratch(?:ed|ing)?) (?:(?:on|at|up|my|her|his|their|the|own|left|right|"
        rf"inner|upper|both) ){{0,3}}(?:arm|forearm|thigh|leg|wrist|stomach)s?\b|{_asked('self_harm')}"
    ),
    "others": _OTHERS,
    "attempt": _ATTEMPT,
    "plan": r"(?<!safety )(?<!treatment )(?<!crisis )(?<!the )\bplans?\b(?! (?:with|for the|on|was|is|will)\b)|"
    r"\bhow you(?:['’]d| would| might| could)(?: actually)? (?:do it|go about it|end)|\b(?:when or how|"
    r"how or when|how or where)\b",
    "intent": r"\bintent(?:ions?)?\b|\bact(?:ed|ing)? on (?:it|them|that|those|these|this|such)\b",
}
TOPICS = {topic: re.compile(pattern, re.IGNORECASE) for topic, pattern in PATTERNS.items()}
CORE: tuple[Topic, ...] = ("passive", "active", "ideation", "around", "self_harm", "others", "attempt")
NAMES: dict[Topic, str] = {
    "ideation": "suicidal ideation", "active": "suicidal ideation", "passive": "passive suicidal ideation",
    "around": "thoughts that touch on risk", "self_harm": "self-harm", "others": "harm to others",
    "attempt": "an attempt in the past", "plan": "plan", "intent": "intent",
}  # fmt: skip

KIN = (
    r"(?:brother|sister|mother|father|mom|mum|dad|parent|uncle|aunt|friend|cousin|niece|nephew|son|daughter|child|kid|"
    r"husband|wife|spouse|partner|boyfriend|girlfriend|roommate|neighbou?r|co-?worker|colleague|boss|patient|student|"
    r"teacher|classmate|grand\w+|step\w+|in-law|ex|guy|man|woman|boy|girl|somebody|someone)s?"
)
_PERSON = re.compile(
    rf"\b(?P<self>I|me|my|mine|myself|you|your|yourself|client|patient|pt)\b(?! {KIN}\b)(?!['’]s (?:\w+ )?{KIN}\b)|"
    rf"\b(?P<kin>{KIN})\b|(?P<pronoun>\b(?:he|she|they|him|them)\b)|\b(?P<name>(?-i:[A-Z][a-z]+))(?=['’]s\b|"
    rf" (?:said|told|tried|wanted|was|has|had)\b)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"(?:That|It|This|What|There|Here|Who|Let|How|Where|Client|Clinician|Nobody|Everybody|Everyone)$")
# "Suicide for everybody", "a suicide mission": a figure of speech.
_FIGURE = re.compile(
    r"\b(?:week|shift|mission|pace|deadlines?|career) (?:is |was )?suicide\b|\b(?:social|career|political|"
    r"professional) suicide\b|"
    r"\bsuicide (?:mission|squad|run)\b",
    re.IGNORECASE,
)


# "Some new mothers have thoughts of ...": how a clinician makes it easy to say yes; it asks about the client.
_PEOPLE_AT_LARGE = re.compile(r"\b(?:some|many|most|lots of|a lot of|plenty of|few)(?: \w+)? $", re.IGNORECASE)


class Mention(NamedTuple):
    topic: Topic
    start: int
    end: int


def mentions(text: str, *, follow_up: bool = False, spoken: bool = True) -> Iterator[Mention]:
    """Mentions of the client's own risk; plan and intent only where the talk is about risk already.

    Args:
        spoken: a conversation, where "I" and "you" are the client and "he" is not; else a clinician's prose.
    """
    core = [m for topic in CORE for m in _of(topic, text, spoken=spoken)]
    yield from core
    if follow_up or core:
        for topic in ("plan", "intent"):
            yield from (Mention(topic, m.start(), m.end()) for m in TOPICS[topic].finditer(text))


def _of(topic: Topic, text: str, *, spoken: bool) -> Iterator[Mention]:
    for match in TOPICS[topic].finditer(text):
        figure = any(f.start() <= match.start() < f.end() for f in _FIGURE.finditer(text))
        if not figure and not of_another(text, match.start(), match[0], spoken=spoken):
            yield Mention(topic, match.start(), match.end())


def core_topics(text: str, *, spoken: bool = True) -> set[Topic]:
    return {m.topic for m in mentions(text, spoken=spoken) if m.topic in CORE}


def speaks_of_risk(text: str) -> bool:
    """Whether a text touches on risk at all, whoever's it is."""
    return any(TOPICS[topic].search(text) for topic in CORE)


def of_another(text: str, start: int, said: str, *, spoken: bool) -> bool:
    """Whether a mention is of somebody else's risk: by the nearest person before it, or whose it is called after it."""
    if re.search(r"\b(?:I|me|myself|yourself)\b", said, re.IGNORECASE):
        return False
    if spoken and re.search(r"\b(?:him|her|them)sel(?:f|ves)\b", said, re.IGNORECASE):
        return True
    people = [m for m in _PERSON.finditer(text[:start]) if not (m["name"] and _NO_NAME.match(m["name"]))]
    if re.match(rf"\s*(?:of|by) (?:my|your|her|his|their|a|the) (?:\w+ )?{KIN}\b", text[start + len(said) :]):
        return True
    if not people:
        return False
    last = people[-1]
    if last["self"]:
        return False
    if last["kin"]:
        if _PEOPLE_AT_LARGE.search(text[: last.start()]) and last["kin"].endswith("s"):
            return False
        return not _only_told(text[last.end() : start])
    if last["name"]:
        return spoken or bool(re.match(r"['’]s\b", text[last.end() :]))
    if spoken:
        return not re.search(r"\b(?:better|best) off\b", said, re.IGNORECASE)
    return _is_kin(people, last[0].lower(), text)


def _only_told(between: str) -> bool:
    """Whether kin stands before a mention without being whose it is: "for her son; denied SI"."""
    return bool(
        re.search(r"[;:]|\b(?:den(?:y|ies|ied)|endors\w+|reports?|reported|asked|and|but) (?:\w+ ){0,2}$", between)
    ) or ("," in between and not re.search(r"\b(?:who|had|has|was|is|tried|wanted|wants|talked|been)\b", between))


def _is_kin(people: list[re.Match[str]], pronoun: str, text: str) -> bool:
    """Whether a pronoun of prose is somebody else's: kin named before, of another gender than the client is given."""
    kin = [p for p in people if p["kin"]]
    if not kin:
        return False
    whose = re.search(r"\b(her|his|their) (?:\w+ )?$", text[: kin[-1].start()])
    client = {"her": "she", "his": "he", "their": "they"}.get(whose[1].lower(), "") if whose else ""
    subject = {"him": "he", "them": "they"}.get(pronoun, pronoun)
    return bool(client) and subject != client
