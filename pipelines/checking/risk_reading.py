"""What a text says about risk, as a record, and how a note's statements are held against it."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.checking.risk_words import NAMES, Topic

_SUICIDAL: frozenset[Topic] = frozenset({"ideation", "active", "passive", "around"})
GROUPS: tuple[frozenset[Topic], ...] = (_SUICIDAL, frozenset({"self_harm"}), frozenset({"others"}))
"""Topics that a note must each speak of where one of them was raised."""


@dataclass(frozen=True)
class RiskReading:
    """`asked`, `denied`, `endorsed`, `past`, `unclear` (asked, and not answered with certainty): topics, all of the
    client's own risk; `raised`: risk came up at all; `unattributed`: by a speaker not known; `unassessed`: the text
    says that risk was not assessed; `flagged`: it leaves risk to the clinician."""

    asked: frozenset[Topic] = frozenset()
    denied: frozenset[Topic] = frozenset()
    endorsed: frozenset[Topic] = frozenset()
    past: frozenset[Topic] = frozenset()
    unclear: frozenset[Topic] = frozenset()
    raised: bool = False
    unattributed: bool = False
    unassessed: bool = False
    flagged: bool = False

    @property
    def states(self) -> bool:
        """Whether something is denied or endorsed."""
        return bool(self.denied or self.endorsed)

    def allows_denial(self, topic: Topic) -> bool:
        """Whether "denied <topic>" is true of what was said; passive ideation forbids to deny ideation as such."""
        if topic in self.unclear or topic in self.endorsed:
            return False
        if topic == "ideation":
            return bool(self.denied & {"ideation", "active"}) and not (self.endorsed | self.unclear) & _SUICIDAL
        if topic == "active":
            return bool(self.denied & {"ideation", "active"})
        return topic in self.denied

    def allows_endorsement(self, topic: Topic) -> bool:
        if topic == "ideation":
            return bool(self.endorsed & {"passive", "active", "ideation"})
        if topic == "around":
            return bool(self.endorsed - {"plan", "intent"})
        return topic in self.endorsed or (topic == "attempt" and topic in self.past)

    def untold(self, line: RiskReading) -> list[frozenset[Topic]]:
        """The groups of topics that were endorsed or stayed unclear here and that a note's `line` does not speak of."""
        told = (line.asked - line.unclear - line.denied) | line.endorsed | line.past
        told |= {"ideation"} if "around" in told else set()
        open_here = self.endorsed | self.unclear
        return [group for group in GROUPS if group & open_here and not group & told]


def misstates(stated: RiskReading, truth: RiskReading) -> str | None:
    """How a text's statements about risk differ from what was said; None where each of them is true."""
    if stated.unassessed and truth.raised:
        return "says that risk was not assessed although it was raised"
    if stated.states and truth.unattributed:
        return "states risk although it is not known who spoke"
    if any(not truth.allows_denial(topic) for topic in stated.denied):
        return "says denied where the source does not show that it was asked and denied"
    if any(not truth.allows_endorsement(topic) for topic in stated.endorsed - {"plan", "intent"}):
        return "says endorsed where the source does not show it"
    return None


def named(topics: frozenset[Topic]) -> list[str]:
    """Topics in the words of a note, each name once."""
    return list(dict.fromkeys(name for topic, name in NAMES.items() if topic in topics))
