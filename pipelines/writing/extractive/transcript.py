"""What a transcript says, as statements: the exchanges read in order, each by the rules that fit it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.writing.extractive import classify
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.affirmed import affirmed, recap
from pipelines.writing.extractive.answers import ANYONE, own_parts
from pipelines.writing.extractive.cleaning import NUMBER
from pipelines.writing.extractive.dialogue import Exchange, exchanges_of, turns_of, without_answer_word
from pipelines.writing.extractive.homework import UNDECIDED, homework, homework_from, settled
from pipelines.writing.extractive.interventions import Interventions
from pipelines.writing.extractive.measures import NOW, RATING, Ratings, measures
from pipelines.writing.extractive.plans import Plans
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.question import Question
from pipelines.writing.extractive.ratings import courses
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.risk import risk_of, risk_of_lines
from pipelines.writing.extractive.risk_words import touches_risk
from pipelines.writing.extractive.schedule import next_session
from pipelines.writing.extractive.statements import Statement, finish, is_clause, reported, strung, tell, worth

_REACTION = re.compile(
    r"\b(?:what(?:'s| is) (?:that|it) like|how (?:was|is) (?:that|it)|how(?:'s| does) (?:that|it) (?:feel|sit|sound)|"
    r"what do you (?:make of|notice)|how do you feel|what(?:'s| is) (?:different|funny|changed)|what made the "
    r"difference|"
    r"what came up|sticks how|what did you notice|tone in your voice)\b",
    re.IGNORECASE,
)
_LOGISTICS = re.compile(r"\d|\b(?:works|good|perfect|park)\b")
_ASKS = w.AUXILIARIES | w.DO | {"what", "who", "why", "how", "when", "where", "which", "right"}
_VALUE = re.compile(rf"\b(?:{NUMBER}|\w+day|today|yesterday|tomorrow)\b", re.IGNORECASE)
_LONGEST = 30  # words of one statement told from an answer
# What a statement must be worth to be told: what carries no word of the lists is told, only small talk is not. The
# same where nobody is known to say it.
_LEAST, _SPOKEN_BY_NOBODY = -0.5, 1.5


def statements_from_transcript(prompt: Prompt, client: Person) -> list[Statement]:
    """Every statement that the exchanges support, risk included; selection comes later."""
    if prompt.lines and all(line.speaker == "unknown" for line in prompt.lines):
        return _unattributed(prompt)
    exchanges = exchanges_of(turns_of(prompt.lines), client)
    risk = risk_of(exchanges, client)
    if any(line.speaker == "unknown" for line in prompt.lines) and not risk.asked:
        risk = risk_of_lines(prompt.lines)
    found = [Statement("risk", text, (), _worth_of_risk(text), n / 1000) for n, text in enumerate(risk.lines)]
    found += [Statement("plan", finish(text), (), 9.0, 0.9) for text in risk.plan]
    scheduled = next_session(exchanges, prompt.chart.day, prompt.chart.first("date"))
    if scheduled:
        found.append(Statement("plan", scheduled[0], exchanges[scheduled[1]].lines, 9.0, 1.1))
    found += measures(exchanges) + courses(exchanges)
    reader = _Reader(client, scheduled[1] if scheduled else -1)
    start = homework_from(exchanges)
    elsewhere = risk.taken | ({scheduled[1]} if scheduled else set())
    for i, exchange in enumerate(exchanges):
        reader.interventions.note(exchange, i)
        found += _on_goals(exchange, client) if i not in elsewhere else []
        if i in risk.details:
            told = reader.read(exchange, i)
            found += [s.as_kind("risk") if s.kind in {"report", "response"} else s for s in told]
        elif i in risk.taken:
            found += _beside_risk(exchange, client)
        elif i < start or i in elsewhere or not settled(exchange, client):
            found += reader.read(exchange, i, recap(exchanges[i + 1]) if i + 1 < len(exchanges) else "")
        else:
            found += reader.ahead(exchange, i)
    found += homework(exchanges, start, elsewhere | reader.planned, client)
    if risk.asked:  # a statement of risk stands in the risk line or nowhere
        found = [s for s in found if s.kind in {"risk", "plan"} or not _STATES_RISK.search(s.text)]
    return found + reader.ratings.bare_statements() + reader.interventions.statements(exchanges, prompt, elsewhere)


def _worth_of_risk(text: str) -> float:
    """What was endorsed or is for review is never left out for what was denied."""
    return 9.0 + 3.0 * text.startswith("Client endorsed") + 2.0 * text.startswith("For the clinician")


def _unattributed(prompt: Prompt) -> list[Statement]:
    """A recording whose speakers are unknown: what was said, by nobody in particular."""
    found = [Statement("risk", text, (), 9.0, 0.0) for text in risk_of_lines(prompt.lines).lines]
    for turn in turns_of(prompt.lines, merge_backchannels=False):
        for sentence in turn.sentences:
            value = classify.weight(sentence)
            if value > _SPOKEN_BY_NOBODY and not sentence.endswith("?") and not classify.speaks_to_software(sentence):
                words = sentence.rstrip(".!").replace('"', "'")
                text = f'It was said by a speaker who is not identified: "{words}".'
                found.append(Statement("report", text, turn.lines, value, turn.lines[0]))
    return found


class _Reader:
    """Goes through the exchanges in order; what they share is kept by its collaborators."""

    def __init__(self, client: Person, scheduled: int) -> None:
        self._client = client
        self._scheduled = scheduled
        self._plans = Plans(client, scheduled)
        self.interventions = Interventions(client)
        self.ratings = Ratings()
        self.planned: set[int] = set()
        self._again = ""

    def ahead(self, exchange: Exchange, i: int) -> list[Statement]:
        """What the rules about plans read in an exchange about what comes next; the rest is told as it was settled."""
        found = [
            s
            for s in self.read(exchange, i)
            if s.kind in {"plan", "response"} or s.text.startswith("Client denied") or UNDECIDED.search(s.text)
        ]
        whole = len(settled(exchange, self._client).split())
        declined = [s for s in found if s.text.startswith("Client declined")]
        planned = [s for s in found if s.kind == "plan"]
        if declined or sum(len(s.text.split()) for s in planned) > 0.6 * whole:
            self.planned.add(i)
            return found
        return [s for s in found if s.kind != "plan"]

    def read(self, exchange: Exchange, i: int, again: str = "") -> list[Statement]:
        """The statements of an exchange; `again`: the clinician's phrase that repeats the answer with its unit."""
        self._again = again
        found = self._plans.clinicians(exchange) + affirmed(exchange, self._client)
        if not exchange.answer or exchange.answer.speaker != "client":
            return found
        parts = own_parts(exchange.answer.sentences)
        if taken := self._plans.proposed(exchange, parts, i):
            return found + taken
        if i == self._scheduled:
            parts = [p for p in parts if worth([p]) > 0.5 and len(p.split()) > 3 and not _LOGISTICS.search(p)]
        own = self._plans.own(exchange, parts)
        found += [s for p in own for s in self._plans.future(p, exchange)]
        if self.ratings.take_bare(exchange):
            parts = [p for p in parts if not re.fullmatch(rf"{NUMBER}(?: percent)?\W*", p, re.IGNORECASE)]
            if not parts:
                return found
        return found + self._answer(exchange, [p for p in parts if p not in own and not _is_question(p)], i)

    def _answer(self, exchange: Exchange, parts: list[str], i: int) -> list[Statement]:
        """The client's answer in one or more statements, told with the question where it needs it."""
        kept = _worth_telling(parts)
        pairs = [(p, t) for p in kept if len(p.split()) < 2 * _LONGEST and (t := tell(p, self._client))]
        asked = exchange.asked.raw if exchange.asked else ""
        if classify.is_small_talk(asked) and worth(kept) < 0.9:
            return []
        told = [t for _, t in pairs]
        if text := self._plans.declined(exchange, told):
            return [Statement("response", text, exchange.lines, 2.0 + worth(kept), exchange.position)]
        if text := self._plans.named(exchange, kept, told, _lead(exchange.question)):
            return [Statement("plan", text, exchange.lines, 3.0 + worth(kept), exchange.position)]
        work = self.interventions
        reacts = work.working(i) or (work.under_way(i) and _reacts(exchange, asked, kept))
        kind = "response" if reacts else "report"
        return self._told(exchange, pairs, kind, 1.2 if _REACTION.search(asked) else 0.0)

    def _told(self, exchange: Exchange, pairs: list[tuple[str, str]], kind: str, more: float) -> list[Statement]:
        found = []
        chunks = _chunks(pairs) or [[]]
        for n, chunk in enumerate(chunks):
            told = [t for _, t in chunk]
            if self._again and told and n == len(chunks) - 1:
                told.append(self._again)
            value = worth([p for p, _ in chunk]) + (1.5 + more if kind == "response" else 0.0)
            text = _with_question(exchange, told) if n == 0 else reported(told)
            if not chunk:
                value = max(value, 1.5)
            if n == 0 and (rated := self.ratings.tell(exchange, told)):
                text, value = rated, value + 1.0
            if text and value >= _LEAST:
                text = _as_response(text) if kind == "response" else text
                found.append(Statement(kind, text, exchange.lines, value, exchange.position + n / 1000))
        return found


def _reacts(exchange: Exchange, asked: str, kept: Sequence[str]) -> bool:
    q = exchange.question
    rated_again = bool(q and RATING.search(q.asked) and NOW.search(q.asked))
    return rated_again or classify.is_response(" ".join(kept)) or bool(_REACTION.search(asked))


def _beside_risk(exchange: Exchange, client: Person) -> list[Statement]:
    """What an answer about risk tells beside it."""
    parts = [
        p
        for p in (without_answer_word(exchange.answer.sentences) if exchange.answer else [])
        if len(p.split()) > 3 and not touches_risk(p) and not ANYONE.search(p) and not _is_question(p)
    ]
    told = [t for p in parts if classify.weight(p) >= 0.6 and len(p.split()) < _LONGEST and (t := tell(p, client))]
    if not told:
        return []
    return [Statement("report", reported(told), exchange.lines, worth(parts), exchange.position)]


def _worth_telling(parts: Sequence[str]) -> list[str]:
    kept = [p for p in parts if classify.weight(p) > -0.5 or len(parts) == 1]  # small talk lies below
    several = len(kept) > 1
    return [p for p in kept if not several or len(p.split()) > 1 or _VALUE.search(p)]


def _lead(q: Question | None) -> str:
    if q is None or q.form == "polar" or (q.form == "wh" and len(q.text.split()) < 5):
        return ""
    return {"topic": f"About {q.text}", "wh": f"Asked {q.text}", "any": f"Asked about {q.text}"}.get(q.form, "")


def _with_question(exchange: Exchange, told: list[str]) -> str:
    """An answer's first statement, with what the question adds to it."""
    q = exchange.question
    if q is None:
        return reported(told) if _stands_alone(told, 2) else ""
    if q.form == "polar":
        return _polar(q, exchange.polarity, told)
    if q.form == "any":
        more = "".join(f"; {t}" for t in told)
        if exchange.polarity == "no":
            return finish(f"Client denied {q.text.replace(', or ', ' or ')}{more}")
        if told:
            return reported(told, lead=f"Asked about {q.text}")
        return finish(f"Client endorsed {q.text}") if exchange.polarity == "yes" else ""
    if not told:
        return ""
    if q.form == "topic":
        if exchange.polarity == "no":
            return finish(f"About {q.text}, client answered no; {'; '.join(told)}")
        return reported(told, lead=f"About {q.text}")
    return reported(told, lead="" if _tells_itself(told[0], q.text) else f"Asked {q.text}")


def _polar(q: Question, polarity: str, told: list[str]) -> str:
    """Yes and no make a statement of the question; another answer is told with it where it is no sentence."""
    if not polarity:
        if (
            told
            and not is_clause(told[0])
            and not re.search(r"\bclinician\b|^they (?:can|could|shall)|\bwhat\b", q.text)
        ):
            return reported(told, lead=f"Asked whether {q.text}")
        return reported(told) if _stands_alone(told, 2) else ""
    clause = lower_first((q.text if polarity == "yes" else q.denied).strip())
    usable = len(clause.split()) > 2 and not re.match(r"(?:that|this|it|they|those) |.*\bclinician\b", clause)
    if usable:
        return reported([clause, *told])
    return reported(told) if _stands_alone(told, 3) else ""


def _stands_alone(told: Sequence[str], words: int) -> bool:
    return bool(told) and (len(told) > 1 or len(told[0].split()) > words)


def _tells_itself(first: str, question: str) -> bool:
    """Whether an answer is a full sentence that needs no question before it."""
    if re.search(r"\bhow (?:she|he|they|the client) (?:has|have|is|are) (?:been|doing)", question):
        return True
    full = len(first.split()) > 6 and is_clause(first)  # shorter ones lean on their question
    return (
        full
        and not re.match(r"(?:it|that|this|because)\b", first)
        and not re.search(r"\b(?:why|afraid|what)\b", question)
    )


def _is_question(part: str) -> bool:
    """Statements of speech often rise at the end: only an inverted or wh-sentence asks."""
    first = part.split(" ", 1)[0].lower().strip(",")
    return part.endswith("?") and (first in _ASKS or len(part.split()) < 3)


def _chunks(pairs: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Parts of an answer in statements of a readable length."""
    chunks: list[list[tuple[str, str]]] = []
    size = 0
    for pair in pairs:
        length = len(pair[1].split())
        if chunks and size + length <= _LONGEST and not re.match(r"(?:except|on) ", pair[1]):
            chunks[-1].append(pair)
            size += length
        else:
            chunks.append([pair])
            size = length
    return chunks


def _as_response(text: str) -> str:
    """Reworded so that it tells a reaction and not a report: what an objective section may hold."""
    text = re.sub(r"^Client (?:reported|stated)\b", "Client noted", text)
    return re.sub(r", client (?:reported|stated)\b", ", client answered", text)


_STATES_RISK = re.compile(
    r"\b(?:wants?|wish\w*) to (?:die|be dead)\b|suicid|better off dead|\bbe(?:ing)? dead\b|"
    r"\bkill(?:ing)? (?:him|her|them)sel|"
    r"not to be here|\b(?:hurt|harm)(?:ing)? (?:him|her|them)sel",
    re.IGNORECASE,
)
_GOAL_CUE = re.compile(
    r"\b(?:goal|on the plan|the aim was|we set out|we agreed to work|you came (?:into this|here|in) (?:to|for)|"
    r"the target (?:was|is)|what you wanted|progress|objective)\b",
    re.IGNORECASE,
)


def _on_goals(exchange: Exchange, client: Person) -> list[Statement]:
    """What clinician and client say where the talk is of a goal: the ground for its progress."""
    turn = exchange.asked
    if turn is None or not _GOAL_CUE.search(turn.text) or exchange.position < 0.15:
        return []
    said = [s for s in turn.sentences if not s.endswith("?") and not _GOAL_CUE.search(s) and len(s.split()) > 2]
    told = [lower_first(to_third_person(lower_first(s.rstrip(".!")), "clinician", client)) for s in said]
    answer = without_answer_word(exchange.answer.sentences) if exchange.answer else []
    told += [t for p in answer if not ANYONE.search(p) and not _is_question(p) and (t := tell(p, client))]
    told = [
        t
        for t in told
        if not re.search(
            r"\bthe clinician (?:would|will|do)\b|\b(?:said|says|told|"
            r"reported)\b",
            t,
        )
    ]
    if not told:
        return []
    return [Statement("progress", finish(strung(told[:4])), exchange.lines, 3.0, exchange.position)]
