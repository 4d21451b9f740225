"""The risk line, by rule: only what was asked is denied, only what was said is endorsed, the rest is flagged.

Rule of the house: "denied" stands only where the source shows question and denial; never raised is "not assessed";
speakers unknown, or an answer that cannot be read, is flagged for the clinician and not stated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.extractive.dialogue import Exchange, without_answer_word
from pipelines.extractive.prompt import Line
from pipelines.extractive.rewrite import Person, lower_first, to_third_person

NOT_ASSESSED = "Risk was not assessed in this session."
UNKNOWN_SPEAKERS = "Risk to be assessed by the clinician: the speakers of the recording are not identified"

_SELF = r"(?:your|my|him|her|them)sel(?:f|ves)"
SUICIDE = (
    rf"suicid\w*|\bSI\b|\bkill(?:ing|ed)? {_SELF}|\b(?:end(?:ing|ed)?|tak(?:e|ing)) (?:your|my|his|her|their) (?:own )?li(?:fe|ves)\b|"
    r"\bbetter off (?:dead|without (?:me|you))|\b(?:wish(?:ing|ed)?|want(?:ing|ed)?) (?:to be|(?:you|i|he|she) (?:was|were)|you'd be) dead\b|"
    r"\b(?:not|don't|didn't|wouldn't mind not|never) (?:want(?:ing|ed)? to )?(?:be(?:ing)? alive|wak(?:e|ing) up|be(?:ing)? here any\s?more|go on living|live any\s?more)\b|"
    r"\bwish(?:ed|ing)? (?:i|you) (?:wouldn't|didn't|don't|won't|would not) wake up|\bnot (?:be|being) around any\s?more|\bend it all\b"
)
SELF_HARM = rf"self[- ]?harm\w*|self[- ]?injur\w*|\b(?:hurt|harm|cut|burn)(?:ting|ing|ed)? {_SELF}"
OTHERS = (
    r"\bhomicid\w*|\bHI\b|\b(?:hurt|harm|kill)(?:ing|ed)? (?:(?:any|some)(?:one|body)(?: else)?|others|other people|another person|"
    r"(?:the|your|her|his|my) \w+|[A-Z][a-z]+|him|her\b(?!self)|them\b(?!sel))"
)
_ANY = re.compile(f"{SUICIDE}|{SELF_HARM}|{OTHERS}", re.IGNORECASE)
_STRONG = re.compile(f"{SUICIDE}|{SELF_HARM}", re.IGNORECASE)
_PLAN = re.compile(r"\b(?:a|any|made|make|have|had|specific) (?:\w+ )?plans?\b|\bplan(?:s|ned)? (?:to|for|of) ", re.IGNORECASE)
_INTENT = re.compile(r"\bint(?:ent|ention|end)\w*|\bact(?:ing)? on\b", re.IGNORECASE)
_PASSIVE = re.compile(r"wak(?:e|ing) up|\bdead\b|alive|be(?:ing)? here|around any|better off|go on living|live any", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:back in|years? ago|months? ago|when i was|in (?:college|high school|my \w+s)|after (?:college|high school|the divorce)|"
    r"used to|in the past|in \d{4}|last year|a long time ago|the first time|once|as a (?:kid|teen\w*))\b",
    re.IGNORECASE,
)
_UNCLEAR = re.compile(
    r"\b(?:not really|not exactly|not today|not right now|i guess not|i don't think so|not recently|not lately|i don't know|i'm not sure|"
    r"sometimes|maybe|kind of|sort of|it depends|the (?:first|second) (?:one|part)|not as much|less|rarely|once in a while|except|not the \w+)\b",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(
    r"\b(?:gun|guns|firearm|weapon|pills?|knife|knives|rope|blades?|razors?|means|access|locked|safe\b|safety|crisis|988|hotline|lifeline|"
    r"keeps? you (?:going|safe|here|alive)|stop(?:s|ped)? you|reasons? (?:to|for) (?:live|living)|protect\w*|those thoughts|the thoughts|"
    r"these thoughts|the urges?|those urges|question nine|call first|who (?:would|do|could) you call|act on|intent\w*|plan to|any plan|"
    r"how often|how strong|last time you|stay safe|leave it there|hold (?:on to )?(?:them|it)|ever tried|attempt\w*)",
    re.IGNORECASE,
)
_SAFETY_STEP = re.compile(
    r"\bsafety plan|\bcrisis plan|\b988\b|call first|who (?:would|do|could|can) you (?:call|tell|reach)|"
    r"if (?:those|the|these) (?:thoughts|urges) (?:get|come|are)|if it gets (?:worse|stronger)",
    re.IGNORECASE,
)
_RELATION = (
    r"\b(?:my|his|her|their|a|the) (?:\w+ )?(?:brother|sister|mother|father|mom|dad|uncle|aunt|friend|cousin|son|daughter|husband|wife|"
    r"partner|roommate|neighbou?r|coworker|colleague|boss|patient|student|grand\w+|ex)(?:'s)?"
)
_THIRD_PARTY = re.compile(rf"{_RELATION}\b[^.?!]{{0,40}}(?:himself|herself|themselves|suicid|overdos|killed|attempt)", re.IGNORECASE)


_AND_THEN = re.compile(r"^\W*(?:okay|good|and|then|um)*[\s,.]*(?:and then|then|after that|who else|what else|and next|and after)\b[^.]{0,25}\?", re.IGNORECASE)


@dataclass
class Risk:
    """The lines for the risk section, the safety plan's steps for the plan, and which exchanges they took."""

    lines: list[str] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    details: list[int] = field(default_factory=list)
    """Exchanges of the follow-up (means, protective factors), to be told as the client's report within risk."""
    asked: bool = False


def touches_risk(text: str) -> bool:
    return bool(_ANY.search(text))


def asks_about_client(sentence: str) -> bool:
    """A clinician's question about the client's own risk: not about anyone else's."""
    return bool(
        sentence.rstrip().endswith("?")
        and _ANY.search(sentence)
        and not _THIRD_PARTY.search(sentence)
        and not re.search(r"\b(?:did|has|was|is|does) (?:he|she|they|your \w+)\b", sentence, re.IGNORECASE)
    )


def risk_of_lines(lines: Sequence[Line]) -> Risk:
    """A mixed recording: nothing is stated."""
    touched = any(_STRONG.search(line.text) for line in lines)
    return Risk([f"{UNKNOWN_SPEAKERS}{', and it touches on suicide or self-harm' if touched else ''}."])


def risk_of(exchanges: Sequence[Exchange], client: Person) -> Risk:
    """Read the exchanges about risk, in order."""
    risk, denied, endorsed, flagged, history = Risk(), [], [], [], []  # type: ignore[var-annotated]
    window = 0  # exchanges after a question about risk that may still belong to it
    for i, exchange in enumerate(exchanges):
        asked = [s for s in exchange.asked.sentences if asks_about_client(s)] if exchange.asked else []
        follows = window > 0 and exchange.asked is not None and bool(_FOLLOW_UP.search(exchange.asked.raw))
        said = [s for s in exchange.answer.sentences if _own_risk(s)] if exchange.answer else []
        if not asked and not follows and not (said and (window > 0 or any(_STRONG.search(s) for s in said))):
            window -= 1
            continue
        if asked or follows:
            risk.asked = True
            window = 3 if (endorsed or said) else 2
        risk.taken.add(i)
        if exchange.answer is None:
            if asked:
                flagged.append(_concepts(" ".join(asked), client))
            continue
        items = _concepts(" ".join(asked) if asked else exchange.asked.raw if exchange.asked else "", client)
        now = [s for s in said if not _PAST.search(s)]
        _read(exchange, asked, items, said, now, client, denied, endorsed, flagged, history)
        if follows and not asked and not said:
            if not items:
                _detail(i, exchange, risk, client)
            elif exchange.polarity == "no" and len(without_answer_word(exchange.answer.sentences)) > 0:
                risk.details.append(i)
    if endorsed:
        _safety_steps(exchanges, risk, client)
    risk.lines = _lines(denied, endorsed, flagged, history, risk.asked)
    return risk


def _own_risk(sentence: str) -> bool:
    """The client's own words touch on the client's own risk, and not as a plain negation."""
    if not _ANY.search(sentence) or _THIRD_PARTY.search(sentence) or re.search(r",? no[.!]?$", sentence):
        return False
    return not re.search(r"\b(?:never|not going to|no|wouldn't|would never|i'm not|don't want to) (?:\w+ ){0,3}(?:kill|hurt|harm|die)", sentence, re.I)


def _read(
    exchange: Exchange, asked: list[str], items: list[str], said: list[str], now: list[str], client: Person,
    denied: list[str], endorsed: list[str], flagged: list[list[str]], history: list[str],
) -> None:  # fmt: skip
    answer = exchange.answer
    assert answer is not None  # noqa: S101 - the caller has looked
    told = [lower_first(to_third_person(s.rstrip(".?!"), "client", client)) for s in without_answer_word(answer.sentences)]
    if exchange.polarity == "no" or _none(answer.raw):
        past = [s for s in answer.sentences if _PAST.search(s)]
        told_past = [", ".join(c for c in s.split(", ") if not re.search(r"\byou\b", c)) for s in past]
        doubt = _UNCLEAR.search(answer.raw) or (now and not past)
        if doubt and items:
            flagged.append(items)
        else:
            denied.extend(item for item in items if item not in denied)
            if past and (said or asked):
                history.extend(lower_first(to_third_person(_bare(s), "client", client)) for s in told_past if s)
                if history and re.search(r"\bnot (?:now|anymore|any more|since|lately)\b", answer.raw, re.IGNORECASE):
                    history.append("not now")
    elif now or (said and not now and exchange.polarity == "yes"):
        endorsed.append((_label(" ".join(said)), told))  # type: ignore[arg-type]
    elif exchange.polarity == "yes" and asked:
        endorsed.append((", ".join(items), told))  # type: ignore[arg-type]
    elif asked:
        flagged.append(items)


def _bare(sentence: str) -> str:
    from pipelines.extractive.rewrite import strip_opener

    return re.sub(r",? (?:yeah|yes|no|okay)\b,?", "", strip_opener(sentence).rstrip(".?!"), flags=re.IGNORECASE)


def _none(answer: str) -> bool:
    return bool(re.match(r"^\W*(?:none|never|not at all|absolutely not|nothing)\b", answer, re.IGNORECASE))


def _label(said: str) -> str:
    if re.search(rf"kill(?:ing)? {_SELF}|suicid|end(?:ing)? my life|tak(?:e|ing) my own life", said, re.IGNORECASE):
        return "suicidal ideation"
    if re.search(SUICIDE, said, re.IGNORECASE) and _PASSIVE.search(said):
        return "passive suicidal ideation"
    if re.search(SELF_HARM, said, re.IGNORECASE):
        return "thoughts of self-harm"
    return "thoughts that touch on risk"


def _concepts(question: str, client: Person) -> list[str]:
    """What a question asks about, in the words of a risk line and no wider than the question."""
    itself, found = client.reflexive, []
    urge = "urges to" if re.search(r"\burges?\b", question, re.IGNORECASE) else "thoughts of"
    if re.search(r"suicid|\bSI\b", question, re.IGNORECASE):
        found.append("suicidal ideation")
    if re.search(r"kill(?:ing)? yourself|end(?:ing)? your life|tak(?:e|ing) your own life", question, re.IGNORECASE):
        found.append(f"thoughts of killing {itself}")
    for match in re.finditer(
        r"\b(?:not|don't|didn't) (?:want(?:ing)? to )(be alive|wake up|be here|live)|\bnot (waking up|being alive|being here)|better off (dead)",
        question, re.IGNORECASE,
    ):  # fmt: skip
        want, passive, dead = match.groups()
        found.append(f"thoughts of not wanting to {want}" if want else f"thoughts of {'not ' + passive if passive else 'being better off ' + dead}")
    if match := re.search(r"\b(hurt|harm|cut|burn)(?:t?ing)? yourself", question, re.IGNORECASE):
        verb = match.group(1).lower()
        found.append(f"{urge} {verb if urge == 'urges to' else {'cut': 'cutting'}.get(verb, verb + 'ing')} {itself}")
    elif re.search(r"self[- ]?(?:harm|injur)", question, re.IGNORECASE):
        found.append("self-harm")
    if match := re.search(OTHERS, question):
        harmed = re.sub(r"^(?:homicid\w*|HI)$", "", match.group(0), flags=re.IGNORECASE)
        if harmed:
            verb, _, whom = harmed.partition(" ")
            stem = re.sub(r"(?:ing|ed)$", "", verb.lower())
            found.append(f"thoughts of {stem}ing {to_third_person(whom, 'clinician', client)}")
        else:
            found.append("homicidal ideation")
    elif re.search(r"yourself,? or (?:any|some)(?:one|body)(?: else)?", question, re.IGNORECASE):
        found.append("thoughts of harming anyone else")
    if _PLAN.search(question):
        found.append("plan")
    if _INTENT.search(question):
        found.append("intent")
    return found


def _detail(i: int, exchange: Exchange, risk: Risk, client: Person) -> None:
    if exchange.asked and _SAFETY_STEP.search(exchange.asked.raw):
        return
    risk.details.append(i)


def _safety_steps(exchanges: Sequence[Exchange], risk: Risk, client: Person) -> None:
    """Steps that the client named when asked whom to call or what to do, and the clinician's summing up of them."""
    steps: list[str] = []
    condition = ""
    for i, exchange in enumerate(exchanges):
        if not (exchange.asked and exchange.answer):
            continue
        asks = bool(_SAFETY_STEP.search(exchange.asked.raw))
        goes_on = bool(steps) and (i - 1) in risk.taken and bool(_AND_THEN.match(exchange.asked.raw))
        if not (asks or goes_on):
            continue
        risk.taken.add(i)
        if found := re.search(r"\bif (?:those|the|these) (?:thoughts|urges) [\w ]+|\bif it gets (?:worse|stronger)", exchange.asked.raw, re.I):
            condition = lower_first(to_third_person(found.group(0), "clinician", client))
        steps += [
            lower_first(to_third_person(s.rstrip(".?!"), "client", client)) for s in without_answer_word(exchange.answer.sentences)
        ]
    if steps:
        risk.plan.append(f"Client will follow the safety plan: {condition + ', ' if condition else ''}{'; '.join(steps)}.")


def join(items: Sequence[str], word: str = "and") -> str:
    items = list(dict.fromkeys(items))
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


def _lines(denied: list[str], endorsed: list, flagged: list[list[str]], history: list[str], asked: bool) -> list[str]:  # type: ignore[type-arg]
    lines = []
    for label, told in endorsed:
        lines.append(f"Client endorsed {label or 'thoughts that touch on risk'}{': ' + '; '.join(told) if told else ''}.")
    if denied:
        lines.append(f"Client denied {join(denied)}.")
    if history:
        lines.append(f"Client placed such thoughts in the past: {'; '.join(history)}.")
    unclear = [item for items in flagged for item in items if item not in denied]
    if flagged and not (endorsed and not unclear):
        what = join(unclear, "or") or "risk"
        lines.append(f"For the clinician to review: client was asked about {what} and the answer could not be read with certainty.")
    return lines or [NOT_ASSESSED]
