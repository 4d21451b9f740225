"""What comes next: proposals with the client's answer, homework, and what either says they will do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.acts import acts_of
from pipelines.writing.extractive.cleaning import strip_opener
from pipelines.writing.extractive.dialogue import Exchange, Turn
from pipelines.writing.extractive.question import proposal
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.statements import Statement, finish, is_clause, reported, tell, worth
from pipelines.writing.extractive.words import listed

TASKS = listed(
    "write rate do try practice practise log call bring keep track start pick use put set note record "
    "schedule ask read touch go text walk"
)
PLAN_QUESTION = re.compile(
    r"\b(?:what (?:are you going to do|will you|could (?:go|you do)|else could you)|one (?:small )?step|what's "
    r"doable|"
    r"when (?:would|will|could) you|how will you|how many (?:days|times|is real)|what, then|something small|"
    r"next step|"
    r"take with you)\b",
    re.IGNORECASE,
)
CAN_DO = re.compile(r"\b(?:i (?:can|could) do|i'd do|i'll do|that i could)\b|^i could (?!not|n't)", re.IGNORECASE)
_DECIDED = re.compile(r"\b(?:are you going to|will you|when (?:would|will)|how many)\b", re.IGNORECASE)
_FAREWELL = re.compile(r"\b(?:take care|see you|good luck|bye|have a good)\b", re.IGNORECASE)
_RECAP = re.compile(
    r"\b(?:homework|for (?:this|next|the) week|before (?:next time|we meet)|between now and|to recap)\b", re.IGNORECASE
)
_IN_SESSION = re.compile(
    r"\b(?:we|try (?:something|that|it|this)|say (?:it|that)|tell me|now|today|here|take one|slowly|close your|"
    r"bring up|"
    r"show me|read it|hear the|hear me|see me)\b",
    re.IGNORECASE,
)
_THOUGHT = re.compile(
    r"\b(?:through your mind|mind say|predict|afraid|evidence|what if|worst|thought)\b", re.IGNORECASE
)
_SUGGESTS = re.compile(
    r"\b(?:suggest|some people|there (?:are|is)|what about|how about|group|class|meetings?|apps?|could try|"
    r"referral)\b",
    re.IGNORECASE,
)
_ASKS_TO = re.compile(
    r"^(?:\w+[,]? )*?(?:would|could|can|will|shall|should|how about|what about|what if|why don't)\b", re.IGNORECASE
)
_VAGUE = re.compile(r"^(?:i'll |i will )?(?:[\w ]{0,14}\b)?(?:it|that|this|them|there|so|you that)$", re.IGNORECASE)
_NO_PLAN = re.compile(r"(?:see you|wait|be (?:here|honest)|leave (?:it|the|that)|tell you)", re.IGNORECASE)
_AGREED_FROM, _HOMEWORK_FROM = 0.3, 0.45  # place in the session before which talk is not yet about what comes next


_OWN = re.compile(r"^(?:[\w']+,? ){0,3}?(?:I|we|let's)\b", re.IGNORECASE)
_UNDECIDED = re.compile(
    r"\b(?:(?:have|has)n't decided|not decided|don't know yet|thought about|thinking (?:about|of))\b", re.IGNORECASE
)


class Plans:
    """Reads exchanges for what comes next.

    Args:
        scheduled: the exchange in which the next session was agreed, told elsewhere; -1: none.
    """

    def __init__(self, client: Person, scheduled: int) -> None:
        self._client = client
        self._scheduled = scheduled

    def proposed(self, exchange: Exchange, parts: Sequence[str], i: int) -> list[Statement]:
        """A proposal of the clinician's with the client's answer: agreed is plan, declined is response."""
        asked = _last_question(exchange.asked)
        act = proposal(asked, self._client) if asked else None
        if not act or i == self._scheduled or not _ASKS_TO.match(strip_opener(asked)) or classify.weight(asked) < -1:
            return []
        if re.search(r"\byou (?:say|rate|describe|call it|mean|like (?!to\b))", asked):
            return []
        told = [tell(p, self._client) for p in parts if not p.endswith("?")]
        value = 2.0 + worth(parts)
        if exchange.polarity == "no":
            return [_stated(exchange, "response", f"Client declined the suggestion ({act}){_because(told)}", value)]
        if re.match(r"^what if\b", strip_opener(asked), re.IGNORECASE):
            works = exchange.polarity == "yes" or "would work" in (exchange.answer.raw if exchange.answer else "")
            text = "; ".join([f"Client accepted the suggestion ({act})", *told])
            return [_stated(exchange, "response", text, value)] if works else []
        return self._agreed(exchange, parts, act, asked, told)

    def _agreed(
        self, exchange: Exchange, parts: Sequence[str], act: str, asked: str, told: Sequence[str]
    ) -> list[Statement]:
        agreed = exchange.polarity == "yes" or any(CAN_DO.search(p) for p in parts)
        vague = len(act.split()) < 5 and _VAGUE.search(act)  # "leave it there" says nothing by itself
        if not agreed or vague or _IN_SESSION.search(asked) or exchange.position < _AGREED_FROM:
            return []
        if exchange.polarity != "yes":  # not "yes", but what the client can do
            named = f"Asked to {act}, client named as something to do: {'; '.join(told)}"
            return [_stated(exchange, "plan", named, 3.0 + worth(parts))]
        verb = act.split()[0].strip(",")
        text = f"Client will {act}" if w.is_base_verb(verb) else f"Client agreed to {act}"
        phrases = [tell(p.rstrip("?"), self._client) for p in parts if len(p.split()) > 1]
        extra = [lower_first(t) for t in phrases if not is_clause(t)]
        found = [_stated(exchange, "plan", "; ".join([text, *extra]), 3.0 + worth(parts))]
        rest = [t for t in told if is_clause(t)]
        if rest and worth(parts) > 1.5:  # what is worth a sentence
            found.append(Statement("report", reported(rest), exchange.lines, worth(parts), exchange.position))
        return found

    def declined(self, exchange: Exchange, told: Sequence[str]) -> str:
        """The sentence where a suggestion that was no question was turned down; empty where none was."""
        turn = exchange.asked
        last = turn.sentences[-1] if turn and turn.sentences else ""
        if exchange.polarity != "no" or exchange.position < _AGREED_FROM or not told or not _SUGGESTS.search(last):
            return ""
        q = exchange.question
        what = f"the suggestion ({q.text})" if q and q.form == "topic" else "the clinician's suggestion"
        if suggested := [a for a in acts_of(turn, self._client) if a.verb in {"suggested", "advised client to"}]:
            what = f"the suggestion ({suggested[-1].what})"
        return finish(f"Client declined {what}: {'; '.join(told[:3])}")

    def named(self, exchange: Exchange, kept: Sequence[str], told: Sequence[str], lead: str) -> str:
        """The sentence where the client, asked for it, named what to do; empty where it was something else."""
        open_still = any(classify.CONSIDERED.search(p) and not CAN_DO.search(p) for p in kept)
        last = exchange.asked.sentences[-1] if exchange.asked and exchange.asked.sentences else ""
        asked_for = PLAN_QUESTION.search(last)
        can_do = exchange.position > _HOMEWORK_FROM and any(CAN_DO.search(p) for p in kept)
        if open_still or exchange.position < _AGREED_FROM or not (asked_for or can_do):
            return ""
        told = [t for t in told if not re.fullmatch(r"(?:that )?\w+ (?:could|can) do(?: that)?", t)]
        verb = "planned" if can_do or _DECIDED.search(last) else "named as something to do"
        return finish(f"{lead + ', client' if lead else 'Client'} {verb}: {'; '.join(told)}") if told else ""

    def own(self, exchange: Exchange, parts: Sequence[str]) -> list[str]:
        """The parts of an answer in which the client says "I'll …" and means what comes next."""
        asked = exchange.asked.raw if exchange.asked else ""
        if exchange.position < _AGREED_FROM or _THOUGHT.search(asked):
            return []
        if any(_UNDECIDED.search(p) for p in parts):  # what is not decided is told with all that goes with it
            return []
        return [p for p in parts if classify.is_plan(p) and _OWN.match(p)]

    def future(self, part: str, exchange: Exchange) -> list[Statement]:
        """The client's own "I'll …" as plan."""
        if len(part.split()) < 4 or _VAGUE.search(part):  # "I'll try" is no plan
            return []
        subject = self._client.subject
        text = to_third_person(part.rstrip(".?! "), "client", self._client)
        text = re.sub(rf"\b{subject} (?:is|are) going to\b", f"{subject} will", text)
        text = re.sub(rf"\b{subject} can do\b", f"{subject} will do", text)
        return [_stated(exchange, "plan", re.sub(rf"^{subject}\b", "Client", text), 2.5 + classify.weight(part))]

    def clinicians(self, exchange: Exchange) -> list[Statement]:
        """Homework that the clinician sets or sums up, and what the clinician will do."""
        turn = exchange.asked
        if turn is None or exchange.position < _HOMEWORK_FROM:
            return []
        found = self._tasks(exchange, turn) if exchange.polarity != "no" else []
        recap = False
        for sentence in turn.sentences:
            plain = strip_opener(sentence)
            if plain.endswith("?") and re.match(r"we(?:'ll| will) ", plain, re.IGNORECASE):
                found += self._will(exchange, plain)
            if plain.endswith("?") or re.match(r"next time\b", plain, re.IGNORECASE):
                continue
            if _RECAP.search(plain):
                recap = True
                plain = re.sub(r"^(?:homework|for (?:this|the) week|so)[,.:\s]*", "", plain, flags=re.IGNORECASE)
            if len(plain.split()) < 3:  # nothing to do is told in two words
                continue
            if recap:
                found.append(_stated(exchange, "plan", self._assigned(plain), 4.0 + classify.weight(plain)))
            elif not _FAREWELL.search(plain):
                found += self._will(exchange, plain)
        return found

    def _will(self, exchange: Exchange, plain: str) -> list[Statement]:
        """ "We'll go through your records" → "Clinician and client will go through her records"."""
        match = re.match(r"(we|i)(?:'ll| will) (.+)", plain.rstrip(".?!"), re.IGNORECASE)
        if not match or exchange.polarity == "no" or _NO_PLAN.match(match.group(2)):
            return []
        who = "Clinician and client" if match.group(1).lower() == "we" else "Clinician"
        told = to_third_person(match.group(2), "clinician", self._client).replace(", and they will", " and will")
        return [_stated(exchange, "plan", f"{who} will {told}", 3.0)]

    def _tasks(self, exchange: Exchange, turn: Turn) -> list[Statement]:
        """Homework put as an imperative: "Rate your mood before and after each one."."""
        found = []
        for sentence in turn.sentences:
            plain, condition = strip_opener(sentence).rstrip(".!"), ""
            if plain.endswith("?") or _IN_SESSION.search(plain) or len(plain.split()) < 5:
                continue
            if match := re.match(r"^(if you [^,]+), (.+)$", plain, re.IGNORECASE):
                condition = to_third_person(match.group(1), "clinician", self._client) + ", "
                plain = match.group(2)
            verb = plain.split(" ", 1)[0].lower()
            if verb in TASKS or (condition and w.is_base_verb(verb)):
                told = to_third_person(lower_first(plain), "clinician", self._client)
                who = "client" if condition else "Client"
                found.append(_stated(exchange, "plan", f"{condition}{who} will {told}", 3.5 + classify.weight(plain)))
        return found

    def _assigned(self, plain: str) -> str:
        """ "You ask him on Thursday" → "Client will ask him on Thursday"; a noun phrase becomes homework."""
        match = re.match(
            r"^(?:and )?you(?:'ll| will| are going to|'re going to)? (.+)$", plain.rstrip(".!"), re.IGNORECASE
        )
        if match:
            told = to_third_person(re.sub(r"\band you (?=[a-z])", "and ", match.group(1)), "clinician", self._client)
            return f"Client will {told}"
        return f"Homework will be {lower_first(to_third_person(plain.rstrip('.!'), 'clinician', self._client))}"


def _stated(exchange: Exchange, kind: str, text: str, weight: float) -> Statement:
    return Statement(kind, finish(text), exchange.lines, weight, exchange.position)


def _last_question(turn: Turn | None) -> str:
    return next((s for s in reversed(turn.sentences) if s.endswith("?")), "") if turn else ""


def _because(told: Sequence[str]) -> str:
    if not told:
        return ""
    return f", stating that {'; '.join(told)}" if is_clause(told[0]) else f": {'; '.join(told)}"
