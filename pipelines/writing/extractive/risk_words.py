"""The words of risk: what a question asks about, what an answer says, what only looks like it."""

from __future__ import annotations

import re

from pipelines.writing.extractive.rewrite import Person, to_third_person

_SELF = r"(?:your|my|him|her|them)sel(?:f|ves)"
SUICIDE = (
    rf"suicid\w*|\b(?-i:SI)\b|\bkill(?:ing|ed)? {_SELF}|\b(?:end(?:ing|ed)?|tak(?:e|ing)) (?:your|my|his|her|their) "
    rf"(?:own )?li(?:fe|ves)\b|"
    r"\bbetter off (?:dead|without (?:me|you))|\b(?:wish(?:ing|ed)?|want(?:ing|ed)?) (?:to be|(?:you|i|he|she) "
    r"(?:was|were)|you'd be) dead\b|"
    r"\b(?:not|don't|didn't|wouldn't mind not|never) (?:want(?:ing|ed)? to )?(?:be(?:ing)? alive|wak(?:e|ing) "
    r"up|be(?:ing)? here any\s?more|go on living|live any\s?more)\b|"
    r"\brather not be here\b|\bwish(?:ed|ing)? (?:i|you) (?:wouldn't|didn't|don't|won't|"
    r"would not) wake up|\bnot (?:be|being) around "
    r"any\s?more|\bend it all\b|\brather not be here\b|"
    r"\b(?:easier|better|simpler|nice|nicer|best) (?:if I |to )?(?:just )?(?:not (?:to )?|never (?:to )?|"
    r"didn't |don't |did not )"
    r"(?:ever )?(?:wake up|wake|be here|be alive|exist)\b|\bgo to sleep and (?:not|never) wake\b|"
    r"\bwish to (?:be dead|die)\b|\b(?:takes|wanted|wants?) (?:to )?be(?:ing)? dead\b|"
    r"\bsimpler (?:not to be here|to be dead)\b|"
    r"\bwouldn't (?:even )?(?:\w+ )?(?:swerve|get out of the way|try to stop it|move out of)\b"
)
SELF_HARM = rf"self[- ]?harm\w*|self[- ]?injur\w*|\b(?:hurt|harm|cut|burn)(?:ting|ing|ed)? {_SELF}"
_PERSON = (
    r"(?:baby|child\w*|kids?|sons?|daughters?|wife|husband|partner|mother|mom|father|dad|brother|sister|boyfriend|"
    r"girlfriend|family|boss|roommate|ex)\b"
)
OTHERS = (
    r"\bhomicid\w*|\b(?-i:HI)\b|\b(?:hurt|harm|kill)(?:ing|ed)? "
    r"(?:(?:any|some)(?:one|body)(?: else)?|others|other people|another person|"
    rf"(?:the|your|her|his|my) {_PERSON}|(?-i:[A-Z][a-z]+\b)|him\b(?!self)|her\b(?!self)|them\b(?!sel))"
)
# Said around it. What was asked so is told in the same words: a clinical label would say more than was asked.
_GO_ON = r"(?:carry|carrying|go|going|keep going|keeping) on\b(?! (?:with|like|about|to|a|the|my|your))"
_ASKED_AROUND: tuple[tuple[str, str], ...] = (
    (r"\bend(?:ing)? (?:things|it)\b(?! (?:with|between|early|there|on)\b)", "thoughts of ending things"),
    (rf"(?:\bnot |n't |\bas soon not )(?:want(?:ing)? to |to )?{_GO_ON}", "thoughts of not carrying on"),
    (r"\b(?:of|about) not (?:wanting to )?be(?:ing)? (?:here|around)\b", "thoughts of not being here"),
    (r"\b(?:thoughts? of|th(?:ink|inking|ought) (?:about|of)) (?:your own )?(?:death|dying)\b", "thoughts of dying"),
    (r"\bwant(?:s|ed|ing)? to (?:just )?die\b(?! (?:of|from)\b)", "wanting to die"),
    (r"\b(?:dark|darker) thoughts\b", "dark thoughts"),
    (r"\b(?:any|been|the) cutting\b(?! (?:back|down|out|board))", "cutting"),
    (r"\b(?:harm|hurt)(?:ing)? yourself in\b", "thoughts of harming {self}"),
)
_SAID_AROUND = (
    r"\bbetter off if I (?:was|were|wasn't|weren't|am)(?: not)? (?:gone|dead|here|around)\b|"
    r"\b(?:fine|okay|relief|nice|easier|better) if (?:I|(?:the )?morning) (?:just )?(?:didn't|never|don't|did not) "
    r"(?:wake|come|c[oa]me|exist)\b"
)
OBLIQUE = "|".join(f"(?:{pattern})" for pattern, _ in _ASKED_AROUND[:-1]) + f"|{_SAID_AROUND}"
ANY = re.compile(f"{SUICIDE}|{SELF_HARM}|{OTHERS}|{OBLIQUE}", re.IGNORECASE)
STRONG = re.compile(f"{SUICIDE}|{SELF_HARM}|{OBLIQUE}", re.IGNORECASE)
_PLAN = re.compile(
    r"\b(?:a|any|made|make|have|had|specific) (?:\w+ )?plans?\b|\bplan(?:s|ned)? (?:to|for|of) |"
    r"\bhow you(?:'d| would| might| could)(?: actually)? (?:do it|go about it|end)|\b(?:when or how|how or when)\b",
    re.IGNORECASE,
)
_INTENT = re.compile(r"\bint(?:ent|ention|end)\w*|\bact(?:ing)? on\b", re.IGNORECASE)
_PASSIVE = re.compile(
    r"swerve|out of the way|\bdie\b|try to stop it|wak(?:e|ing) up|\bdead\b|alive|be(?:ing)? here|around any|"
    r"better off|go on living|live any",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:back in|years? ago|months? ago|when i was|in (?:college|high school|my \w+s)|after (?:college|high "
    r"school|the divorce)|"
    r"in (?:\w+ )?(?:grade|middle school)|used to|in the past|in \d{4}|(?:winter|spring|summer|fall|"
    r"autumn|[A-Z][a-z]+) of \d{4}|last year|a long time ago|the first time|once|as a (?:kid|teen\w*))\b",
    re.IGNORECASE,
)
UNCLEAR = re.compile(
    r"\b(?:not really|not exactly|not today|not right now|i guess not|i don't think so|not recently|not lately|"
    r"i don't know|i'm not sure|"
    r"sometimes|maybe|kind of|sort of|it depends|the (?:first|second) (?:one|part)|not as much|less|rarely|"
    r"once in a while|except|not the \w+)\b",
    re.IGNORECASE,
)
FOLLOW_UP = re.compile(
    r"\b(?:gun|guns|firearm|weapon|pills?|knife|knives|rope|blades?|razors?|means|access|locked|safe\b|safety|"
    r"crisis|988|hotline|lifeline|"
    r"keeps? you (?:going|safe|here|alive|from)|you'd use\b|would you use\b|stop(?:s|ped)? you|"
    r"reasons? (?:to|for) (?:live|living)|protect\w*|"
    r"those thoughts|the thoughts|"
    r"these thoughts|the urges?|those urges|question nine|call first|who (?:would|do|could) you call|act on|"
    r"intent\w*|plan to|any plan|a plan|how you(?:'d| would| might| could) (?:do it|go about)|when or how|how or when|"
    r"holds? you here|^\W*(?:so )?and (?:to )?yourself\?|any urges?|"
    r"how often|how strong|last time you|stay safe|leave it there|hold (?:on to )?(?:them|it)|ever tried|attempt\w*)",
    re.IGNORECASE,
)
SAFETY_STEP = re.compile(
    r"\bsafety plan|\bcrisis plan|\b988\b|call first|who (?:would|do|could|can) you (?:call|tell|reach)|"
    r"if (?:those|the|these) (?:thoughts|urges) (?:get|come|are)|"
    r"if (?:it|that|this) (?:gets (?:worse|stronger|bad)|hits|comes (?:back|up)|happens|stays)",
    re.IGNORECASE,
)
_RELATION = (
    r"\b(?:my|his|her|their|a|the) (?:\w+ )?(?:brother|sister|mother|father|mom|dad|uncle|aunt|friend|cousin|"
    r"son|daughter|husband|wife|"
    r"partner|roommate|neighbou?r|coworker|colleague|boss|patient|student|grand\w+|ex)(?:'s)?"
)
THIRD_PARTY = re.compile(
    rf"{_RELATION}\b[^.?!]{{0,40}}(?:himself|herself|themselves|suicid|overdos|killed|attempt)", re.IGNORECASE
)


AND_THEN = re.compile(
    r"^\W*(?:okay|good|and|then|um)*[\s,.]*(?:and then|then|after that|who else|what else|and next|and "
    r"after)\b[^.]{0,25}\?",
    re.IGNORECASE,
)


def touches_risk(text: str) -> bool:
    return bool(ANY.search(text))


_OPENS_QUESTION = re.compile(
    r"(?:^|[,;:] )(?:(?:and|so|now|okay|ok|well|then|also|just|but|um|uh)\b,? )*"
    r"(?:any|ever|have you|had you|has there|have there|are you|are there|do you|did you|were you|is there|was there|"
    r"what about|how about|no thoughts|thoughts of)\b",
    re.IGNORECASE,
)


def asks_about_client(sentence: str) -> bool:
    """A clinician's question about the client's own risk: not about anyone else's.

    Speech recognition writes many a question with a full stop, so that how it opens tells as much as how it ends.
    """
    return bool(
        (sentence.rstrip().endswith("?") or _OPENS_QUESTION.search(sentence))
        and ANY.search(sentence)
        and not THIRD_PARTY.search(sentence)
        and not re.search(r"\b(?:did|has|was|is|does) (?:he|she|they|your \w+)\b", sentence, re.IGNORECASE)
    )


def own_risk(sentence: str) -> bool:
    """The client's own words touch on the client's own risk, and not as a plain negation."""
    if not ANY.search(sentence) or THIRD_PARTY.search(sentence) or re.search(r",? no[.!]?$", sentence):
        return False
    return not _NEGATED.search(sentence) and not _of_another(sentence)


def _of_another(sentence: str) -> bool:
    """Whether the nearest person before the words of risk is somebody else: "she wanted to die"."""
    match = ANY.search(sentence)
    if not match or re.search(r"\b(?:I|me|my|myself)\b", match[0]):
        return False
    people = re.findall(r"\b(?:I|me|my|he|she|they|him|her|his|their|them)\b", sentence[: match.start()], re.IGNORECASE)
    return bool(people) and people[-1].lower() not in {"i", "me", "my"}


# "There was an attempt, when you were at university": told with the answer, where that puts it into the past.
ATTEMPT = re.compile(
    r"\b(?:an|the|that|your|suicide|previous|past|earlier|last) (?:\w+ )?attempts?\b(?! (?:to|at|by|of)\b)|"
    r"\byou (?:had )?(?:once )?(?:tried|attempted) to (?:die|end your life|kill yourself|take your (?:own )?life)",
    re.IGNORECASE,
)
_STALL = re.compile(r"^(?:(?:um+|uh+|hmm+|mm+|oh|well|okay|sorry|pause|silence)|\W)*$", re.IGNORECASE)


def stalls(answer: str) -> bool:
    """A silence or a filler: the answer comes when the clinician has said to take time."""
    return bool(_STALL.match(answer))


_NEGATED = re.compile(
    r"(?:\b(?:never|not|no|cannot)|n't) (?:(?:ever|really|going to|want(?:ed)? to|tried to|thoughts of|"
    r"thought about) )*(?:kill|hurt|harm|cut|die|be dead|want(?:ed)? to (?:die|be dead)|end(?:ing)? (?:it|things))",
    re.IGNORECASE,
)


_WHEN_ASKED = re.compile(
    r"\b(?:this (?:past )?week|(?:in |over )?(?:these|the last|the past) \w+ (?:weeks?|days?|months?)|"
    r"since (?:I saw you|we (?:last )?(?:met|spoke|talked)|last (?:time|week|session))|today|tonight|right now)\b",
    re.IGNORECASE,
)
_LAST_WORD = re.compile(
    r"^(?:(?:so|still|but|and|oh|honestly|god)\b[, ]*)*(?:no|nope|never|none|not (?:ever|once|now))\b", re.IGNORECASE
)


def when_asked(question: str) -> str:
    """The time that a question about risk asks about: "these two weeks", "since the last session"; or empty."""
    match = _WHEN_ASKED.search(question)
    if not match:
        return ""
    when = match.group(0).lower()
    return "since the last session" if when.startswith("since") else when


def ends_in_no(answer: str) -> bool:
    """Whether an answer that opens otherwise comes to "So no. Still no."."""
    sentences = re.split(r"(?<=[.?!])\s+", answer.strip())
    return any(_LAST_WORD.match(s) and len(s.split()) < 5 for s in sentences[1:])


def says_none(answer: str) -> bool:
    return bool(re.match(r"^\W*(?:none|never|not (?:at all|once)|absolutely not|nothing)\b", answer, re.IGNORECASE))


def says_would_not(answer: str) -> bool:
    """ "I wouldn't." to a question about plan or intent."""
    return bool(
        re.match(r"^\W*(?:(?:no|well|um+|uh+),? )?I (?:wouldn't|won't|couldn't|haven't|don't)\b", answer, re.IGNORECASE)
    )


_SOMETIMES = re.compile(
    r"^(?:(?:um+|uh+|well|i mean|honestly|hmm+)[\s,.…]*)*(?:sometimes|some (?:nights|days|mornings)|part of me|"
    r"a (?:little|bit)|"
    r"(?:maybe )?once(?: or twice|, maybe twice)?\b(?! (?:in|when|i was))|twice|now and then|"
    r"on and off|off and on|most (?:days|nights))\b",
    re.IGNORECASE,
)


def says_sometimes(answer: str) -> bool:
    """An answer that opens with how often and holds no "no" affirms."""
    return bool(_SOMETIMES.match(answer)) and not re.search(
        r"\b(?:no|not|never|ago)\b|n't\b", answer.split(".")[0], re.IGNORECASE
    )


def label_of(said: str) -> str:
    if re.search(rf"kill(?:ing)? {_SELF}|suicid|end(?:ing)? my life|tak(?:e|ing) my own life", said, re.IGNORECASE):
        return "suicidal ideation"
    if re.search(rf"{SUICIDE}|want\w* to (?:just )?die", said, re.IGNORECASE) and _PASSIVE.search(said):
        return "passive suicidal ideation"
    if re.search(SELF_HARM, said, re.IGNORECASE):
        return "thoughts of self-harm"
    return "thoughts that touch on risk"


_ACTIVE = re.compile(
    rf"\bthoughts of ((?:kill|end|tak)ing (?:{_SELF}|(?:his|her|their|the client's) (?:own )?life))", re.IGNORECASE
)


def labelled(denial: str) -> str:
    """A denial with the clinical name beside the words that were used; they themselves stay."""
    if re.search(r"suicid|\bSI\b", denial, re.IGNORECASE):
        return denial
    return _ACTIVE.sub(r"thoughts of \1 (active suicidal ideation)", denial, count=1)


def abstained(text: str) -> str:
    """ "No self-harm for 12 days" beside an endorsed urge denies nothing: it tells how long."""
    return re.sub(
        r"\b(reported )?no self-harm\b(?= (?:for|in|since|this)\b)",
        lambda m: f"{m.group(1) or ''}{'having ' if m.group(1) else ''}abstained from self-harm",
        text,
        flags=re.IGNORECASE,
    )


def concepts(question: str, client: Person) -> list[str]:
    """What a question asks about, in the words of a risk line and no wider than the question."""
    question = _AIMED.sub(r"\1", question)
    found = _suicide(question, client) + _self_harm(question, client) + _others(question, client)
    around = [
        item.format(self=client.reflexive)
        for pattern, item in _ASKED_AROUND
        if re.search(pattern, question, re.IGNORECASE)
    ]
    found += around if not found else []
    if re.match(r"\W*(?:so )?and (?:to )?yourself\?", question, re.IGNORECASE):
        found.append(f"thoughts of hurting {client.reflexive}")
    if re.search(r"\burges?\b", question, re.IGNORECASE) and not found:
        found.append("such urges")
    found += ["plan"] if _PLAN.search(question) else []
    return found + (["intent"] if _INTENT.search(question) else [])


# "A plan to hurt yourself tonight" asks about a plan, not about the thoughts.
_AIMED = re.compile(
    r"\b((?:plans?|intent(?:ions?)?)(?:,? (?:or|any|and) \w+)*) (?:to|of) (?:hurt|harm|kill|end)(?:ing)?\b[^.?,;]*",
    re.IGNORECASE,
)


def _suicide(question: str, client: Person) -> list[str]:
    found = []
    if re.search(r"suicid|\bSI\b", question, re.IGNORECASE):
        found.append("suicidal ideation")
    if re.search(r"kill(?:ing)? yourself", question, re.IGNORECASE):
        found.append(f"thoughts of killing {client.reflexive}")
    if match := re.search(r"\b(end|tak)(?:e|ing)? your (own )?life", question, re.IGNORECASE):
        found.append(f"thoughts of {match.group(1).lower()}ing {client.possessive} {match.group(2) or ''}life")
    if re.search(r"\bwish(?:ing|ed)? (?:that )?you (?:were|was) dead", question, re.IGNORECASE):
        found.append(f"wishing {client.subject} were dead")
    if re.search(r"\brather not be here\b", question, re.IGNORECASE):
        found.append("thoughts of rather not being here")
    for want, passive, dead in _WISHES.findall(question):
        if want:
            found.append(f"thoughts of not wanting to {want.lower()}")
        else:
            found.append(f"thoughts of {'not ' + passive.lower() if passive else 'being better off ' + dead.lower()}")
    return found


def _self_harm(question: str, client: Person) -> list[str]:
    if match := re.search(r"\b(hurt|harm|cut|burn)(?:t?ing)? yourself", question, re.IGNORECASE):
        verb = match.group(1).lower()
        if re.search(r"\burges?\b", question, re.IGNORECASE):
            return [f"urges to {verb} {client.reflexive}"]
        return [f"thoughts of {'cutting' if verb == 'cut' else verb + 'ing'} {client.reflexive}"]
    return ["self-harm"] if re.search(r"self[- ]?(?:harm|injur)", question, re.IGNORECASE) else []


def _others(question: str, client: Person) -> list[str]:
    if match := re.search(OTHERS, question):
        if re.match(r"homicid|HI\b", match.group(0), re.IGNORECASE):
            return ["homicidal ideation"]
        verb, _, whom = match.group(0).partition(" ")
        stem = re.sub(r"(?:ing|ed)$", "", verb.lower())
        return [f"thoughts of {stem}ing {to_third_person(whom, 'clinician', client)}"]
    if re.search(r"yourself,? or (?:any|some)(?:one|body)(?: else)?", question, re.IGNORECASE):
        return ["thoughts of harming anyone else"]
    return []


_WISHES = re.compile(
    r"\b(?:not|don't|didn't) (?:want(?:ing)? to )(be alive|wake up|be here|live)|"
    r"\bnot (waking up|being alive|being here)|better off (dead)",
    re.IGNORECASE,
)
