"""What the clinician did: interventions by name and by what was asked and instructed in them, and reflections."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.lexicon import lexicon
from pipelines.writing.extractive import classify
from pipelines.writing.extractive.cleaning import strip_opener
from pipelines.writing.extractive.dialogue import Exchange, Turn
from pipelines.writing.extractive.plans import PLAN_QUESTION, TASKS
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.risk import join
from pipelines.writing.extractive.statements import Statement, finish
from pipelines.writing.extractive.words import listed

_COUNTED = listed(
    "record experiment exercise scan analysis diary play letter point question plan hierarchy window "
    "balance review place session"
)
_IMPERATIVES = TASKS | listed("breathe say notice imagine suppose close hold stay picture think name look place lift")
# Named only where little else was done: every session has them.
_GENERAL = frozenset({"reflection", "validation", "normalizing", "summarizing", "hierarchy"})
_REFLECTS = re.compile(
    r"^(?:so )?(?:you(?:'re|'ve)?|it (?:makes|sounds)|the (?:one|more|thing)|there(?:'s| is)|being|that(?:'s| "
    r"is) your|"
    r"as though|part of)\b.*\b(?:you|your|you're|sense|love)\b|^it makes|^you (?:can|have|did|caught|put)",
    re.IGNORECASE,
)
_NOT_REFLECTED = re.compile(r"\bI(?:'m|'d|'ll|'ve)?\b|\byou said\b|\b(?:we'll|let's|homework|next time)\b")
_NEAR = 3  # exchanges after a cue in which an intervention is still under way


class Interventions:
    """Keeps which interventions were worked on in which exchanges."""

    def __init__(self, client: Person) -> None:
        self._client = client
        self._at: dict[str, list[int]] = {}
        self._told: set[str] = set()
        self._last = -1 - _NEAR

    def note(self, exchange: Exchange, i: int) -> None:
        """Note which interventions the clinician's turn carries out."""
        if not exchange.asked:
            return
        said = exchange.asked.text
        names = [cue.name for cue in classify.cues() if cue.says.search(said)]
        if exchange.polarity != "no":
            names += [n for n in lexicon().named_interventions(said) if not _is_negated(n, said)]
        for name in names:
            self._at.setdefault(name, []).append(i)
            self._last = i

    def under_way(self, i: int) -> bool:
        return bool(self._at) and 0 <= i - self._last <= _NEAR

    def statements(self, exchanges: Sequence[Exchange], prompt: Prompt) -> list[Statement]:
        """One sentence for each intervention, reflections, and what else the clinician asked about."""
        found = []
        for name, at in self._at.items():
            first = exchanges[at[0]]
            declined = len(at) == 1 and first.polarity == "no" and first.position > 0.2
            if declined or (name in _GENERAL and len(self._at) > 2):
                continue
            text = self._sentence(name, at, exchanges, prompt)
            if text:
                lines = tuple(x for i in at if (turn := exchanges[i].asked) for x in turn.lines)
                value = 3.0 + len(at) + ("," in text) - 2.0 * (name in _GENERAL)
                found.append(Statement("intervention", finish(text), lines, value, first.position))
        return found + self._reflections(exchanges) + _topics(exchanges)

    def _sentence(self, name: str, at: list[int], exchanges: Sequence[Exchange], prompt: Prompt) -> str:
        cue = next((c for c in classify.cues() if c.name == name), None)
        told = self._instructed(exchanges, at, cue)
        asked = self._asked(exchanges, at)
        if _is_known(name, exchanges, prompt):
            instructed = f", instructing client to {told}" if told else ""
            asking = f", asking {join(asked)}" if asked else ""
            return f"Clinician {cue.verb if cue else 'used'} {_article(name)}{name}{instructed}{asking}"
        if told:  # what was done is told without a name that nobody used
            return f"Clinician instructed client to {told}{', asking ' + join(asked) if asked else ''}"
        return f"Clinician asked {join(asked)}" if asked else ""

    def _asked(self, exchanges: Sequence[Exchange], at: list[int]) -> list[str]:
        """Up to four questions of an intervention, each told once in a note."""
        asked: list[str] = []
        others = {i for places in self._at.values() if places is not at for i in places}
        for i in range(at[0], min(at[-1] + _NEAR, len(exchanges))):
            turn, q = exchanges[i].asked, exchanges[i].question
            if turn is None or (i > at[-1] and i in others):
                continue
            new = q is not None and q.form == "wh" and q.text not in self._told and not PLAN_QUESTION.search(q.asked)
            if q and new and 4 <= len(q.text.split()) <= 14:  # shorter says nothing, longer is retelling
                asked.append(q.text)
                self._told.add(q.text)
            if _asks_against(turn):
                asked = [re.sub(r"\bevidence (?:is )?for\b", "evidence for and against", a) for a in asked]
        return asked[:4]

    def _instructed(self, exchanges: Sequence[Exchange], at: list[int], cue: classify.Cue | None) -> str:
        """The first instruction of the client that carries the intervention out."""
        if cue is None:
            return ""
        for turn in (exchanges[i].asked for i in at):
            for sentence in turn.sentences if turn else ():
                plain = strip_opener(sentence).rstrip(".!")
                fits = plain.split(" ", 1)[0].lower() in _IMPERATIVES and 4 < len(plain.split()) < 26
                if fits and cue.says.search(sentence) and not re.search(r"\?$|\bI\b", plain):
                    return to_third_person(lower_first(plain), "clinician", self._client)
        return ""

    def _reflections(self, exchanges: Sequence[Exchange]) -> list[Statement]:
        """What the clinician put into words about the client, told as reflected."""
        found = []
        for exchange in exchanges:
            for sentence in exchange.asked.sentences if exchange.asked and exchange.position > 0.08 else ():
                plain = strip_opener(sentence)
                fits = _REFLECTS.search(plain) and not plain.endswith("?") and 5 < len(plain.split()) < 34
                if not fits or _NOT_REFLECTED.search(plain) or classify.is_small_talk(plain):
                    continue
                told = lower_first(to_third_person(plain.rstrip(".!"), "clinician", self._client))
                value = 1.5 + max(0.0, classify.weight(plain)) * 0.5
                text = finish(f"Clinician reflected that {told}")
                found.append(Statement("intervention", text, exchange.lines, value, exchange.position))
        return found


def _topics(exchanges: Sequence[Exchange]) -> list[Statement]:
    short = [
        (q.text, e.lines)
        for e in exchanges
        if (q := e.question) and e.answer and q.form in {"topic", "any"} and len(q.text.split()) <= 8
    ]
    if not short:
        return []
    lines = tuple(x for _, at in short for x in at)
    text = finish(f"Clinician asked about {join([text for text, _ in short][:6])}")
    return [Statement("intervention", text, lines, 2.0, 0.1)]


def _asks_against(turn: Turn) -> bool:
    last = turn.sentences[-1] if turn.sentences else ""
    return bool(re.match(r"^(?:and )?(?:the (?:evidence )?)?against", last, re.IGNORECASE))


def _is_negated(name: str, said: str) -> bool:
    return bool(re.search(rf"\b(?:no|not|don't|without)\b[^.?!]{{0,20}}{re.escape(name)}", said, re.IGNORECASE))


def _is_known(name: str, exchanges: Sequence[Exchange], prompt: Prompt) -> bool:
    """Whether the talk names an intervention, or the plan of treatment or the approach foresees it."""
    wanted = [x[:5] for x in re.findall(r"[a-z]+", name)]
    if any(all(x in e.asked.raw.lower() for x in wanted) for e in exchanges if e.asked):
        return True
    foreseen = " ".join(prompt.chart.all("planned intervention")).lower()
    own = [i for a in prompt.chart.all("approach") for i in lexicon().approach_interventions.get(a, ())]
    return name in own or name in foreseen


def _article(name: str) -> str:
    if name.split()[-1] not in _COUNTED:
        return ""
    return "an " if name[0] in "aeiou" else "a "
