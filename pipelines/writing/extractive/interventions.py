"""What the clinician did: techniques by name, with what was asked, said and instructed in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.lexicon import lexicon
from pipelines.writing.extractive import classify
from pipelines.writing.extractive.acts import Act, acts_of, phrase
from pipelines.writing.extractive.dialogue import Exchange
from pipelines.writing.extractive.prompt import Prompt
from pipelines.writing.extractive.rewrite import Person
from pipelines.writing.extractive.risk import join
from pipelines.writing.extractive.statements import Statement, finish
from pipelines.writing.extractive.technique import foreseen, used
from pipelines.writing.extractive.words import listed

_COUNTED = listed(
    "record experiment exercise scan analysis diary play letter point question plan hierarchy window "
    "balance review place session space pass diagram rating"
)
# Named only where little else was done: every session has them.
_GENERAL = frozenset({"reflection", "validation", "normalizing", "summarizing", "hierarchy"})
_NEAR = 3  # exchanges after a cue in which an intervention is still under way
_WORKED_FROM = 0.1  # place in the session before which the clinician's acts are greetings
_ASKS = frozenset({"asked", "asked about", "asked whether", "remarked that"})
_DOING = frozenset({"instructed client to", "invited client to", "proposed to", "pointed out that"})


class Interventions:
    """Keeps which interventions were worked on in which exchanges."""

    def __init__(self, client: Person) -> None:
        self._client = client
        self._at: dict[str, list[int]] = {}
        self._last = -1 - _NEAR
        self._worked = -1 - _NEAR

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
        if exchange.position > _WORKED_FROM and any(a.verb in _DOING for a in acts_of(exchange.asked, self._client)):
            self._worked = i

    def under_way(self, i: int) -> bool:
        """Whether an intervention has just been carried out, so that an answer responds to it."""
        return (bool(self._at) and 0 <= i - self._last <= _NEAR) or 0 <= i - self._worked <= 1

    def working(self, i: int) -> bool:
        """Whether the client was just told or invited to do something in the session."""
        return 0 <= i - self._worked <= 1

    def statements(self, exchanges: Sequence[Exchange], prompt: Prompt, elsewhere: set[int]) -> list[Statement]:
        """One sentence for each intervention, and what else the clinician did.

        Args:
            elsewhere: exchanges about risk and about the next session, which are told as such.
        """
        acts = {
            i: acts_of(e.asked, self._client)
            for i, e in enumerate(exchanges)
            if i not in elsewhere and e.position >= _WORKED_FROM
        }
        found = self._approach(exchanges, prompt)
        told: set[str] = set()
        for name, at in self._named(exchanges, prompt):
            chosen = self._acts_of(at, acts, told)
            cue = next((c for c in classify.cues() if c.name == name), None)
            told |= {a.text for a in chosen}
            body = phrase(_best(chosen, 30))
            text = f"Clinician {cue.verb if cue else 'used'} {_article(name)}{name}{': ' + body if body else ''}"
            lines = tuple(x for i in at if (turn := exchanges[i].asked) for x in turn.lines)
            value = 3.0 + len(at) + bool(body) - 2.0 * (name in _GENERAL)
            found.append(Statement("intervention", finish(text), lines, value, exchanges[at[0]].position))
        return found + _unnamed(exchanges, acts, told) + _topics(exchanges)

    def _named(self, exchanges: Sequence[Exchange], prompt: Prompt) -> list[tuple[str, list[int]]]:
        """Interventions that the talk names or the chart foresees, each with its exchanges."""
        found = []
        for name, at in self._at.items():
            first = exchanges[at[0]]
            declined = len(at) == 1 and first.polarity == "no" and first.position > 0.2
            if declined or (name in _GENERAL and len(self._at) > 2) or not _is_known(name, exchanges, prompt):
                continue
            found.append((name, at))
        return found

    def _acts_of(self, at: Sequence[int], acts: dict[int, list[Act]], told: set[str]) -> list[Act]:
        """The acts in the exchanges of an intervention and right after it, each told once."""
        others = {i for places in self._at.values() if places is not at for i in places}
        near = range(at[0], at[-1] + _NEAR)
        return [a for i in near if i in at or i not in others for a in acts.get(i, []) if a.text not in told]

    def _approach(self, exchanges: Sequence[Exchange], prompt: Prompt) -> list[Statement]:
        """The chart's approach, with the techniques of the plan that were heard in the session."""
        approaches = prompt.chart.all("approach")
        spoken = " ".join(t.text for e in exchanges for t in (e.asked, e.answer) if t)
        known = {n for n in self._at if n not in _GENERAL}
        planned = [n for n in used(foreseen(prompt), spoken) if n not in approaches and n not in known]
        if not approaches or not exchanges:
            return []
        if not planned and known:
            return []
        with_ = f" with {join(planned[:3])}" if planned else ""
        text = finish(f"Clinician used {join(list(approaches)[:2])}{with_}")
        return [Statement("intervention", text, (), 3.5, 0.05)]


def _unnamed(exchanges: Sequence[Exchange], acts: dict[int, list[Act]], told: set[str]) -> list[Statement]:
    """What the clinician did beside the named interventions, the acts of neighbouring turns in one sentence."""
    found: list[Statement] = []
    run: list[tuple[int, Act]] = []

    def close() -> None:
        if run and (body := phrase([a for _, a in run])):
            lines = tuple(x for i in dict.fromkeys(i for i, _ in run) if (t := exchanges[i].asked) for x in t.lines)
            value = max(a.worth for _, a in run) + 0.2 * len(run)
            found.append(
                Statement("intervention", finish(f"Clinician {body}"), lines, value, exchanges[run[0][0]].position)
            )
        run.clear()

    for i, here in acts.items():
        for act in here:
            if act.text in told or act.worth < 1.0 or act.verb in _ASKS:
                continue  # a question is told with its answer
            size = sum(len(a.text.split()) for _, a in run) + len(act.text.split())
            if run and (i - run[-1][0] > 2 or size > 32 or len(run) > 3):
                close()
            run.append((i, act))
    close()
    return found


def _best(acts: Sequence[Act], words: int) -> list[Act]:
    """The weightiest acts that fit into so many words, in their order."""
    kept: list[Act] = []
    total = 0
    for act in sorted(acts, key=lambda a: -a.worth):
        length = len(act.text.split())
        if total + length <= words:
            kept.append(act)
            total += length
    return [a for a in acts if a in kept]


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
    return [Statement("intervention", text, lines, 1.2, 0.1)]


def _is_negated(name: str, said: str) -> bool:
    return bool(re.search(rf"\b(?:no|not|don't|without)\b[^.?!]{{0,20}}{re.escape(name)}", said, re.IGNORECASE))


def _is_known(name: str, exchanges: Sequence[Exchange], prompt: Prompt) -> bool:
    """Whether the talk names an intervention, or the plan of treatment or the approach foresees it."""
    wanted = [x[:5] for x in re.findall(r"[a-z]+", name)]
    if any(all(x in e.asked.raw.lower() for x in wanted) for e in exchanges if e.asked):
        return True
    planned = " ".join(prompt.chart.all("planned intervention")).lower()
    own = [i for a in prompt.chart.all("approach") for i in lexicon().approach_interventions.get(a, ())]
    return name in own or name in planned


def _article(name: str) -> str:
    if name.split()[-1] not in _COUNTED:
        return ""
    return "an " if name[0] in "aeiou" else "a "
