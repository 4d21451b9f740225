"""Risk as the checker reads it: whose it is, whether it was asked, and how it was answered."""

from __future__ import annotations

import pytest

from pipelines.checking.risk import RiskReading, misstates, read_prose, read_risk
from pipelines.source import Source, Unit


def heard(talk: str) -> RiskReading:
    """A conversation of lines "T: …" and "C: …", divided by bars."""
    lines = [line.strip() for line in talk.split("|")]
    who = {"T": "clinician", "C": "client"}
    units = tuple(Unit(i, who[line[0]], line[3:]) for i, line in enumerate(lines))  # type: ignore[arg-type]
    return read_risk(Source("transcript", units))


@pytest.mark.parametrize(
    ("talk", "denied", "endorsed", "unclear"),
    [
        ("T: Any moments you thought of ending things? | C: ... | T: Take your time. | C: No. I mean. But no.",
         "around", "", ""),
        ("T: Do you ever find you'd just as soon not carry on? | C: Um. Some nights, yeah.", "", "passive", ""),
        ("T: Anything? | C: I thought everyone would be better off if I was gone.", "", "passive", ""),
        ("T: No dark thoughts? | C: Not in a long while.", "around", "", ""),
        ("T: No dark thoughts? | C: Yeah.", "", "", "around"),
        ("T: So no intention of hurting him? | C: No, none. | T: And yourself? | C: No.",
         "intent others self_harm", "", ""),
        ("T: Any thoughts of suicide? | C: Can we not do this today?", "", "", "ideation"),
        ("T: Any thoughts of suicide? | C: Um... no? I don't think so.", "", "", "ideation"),
        ("T: Any thoughts of suicide? And how is work? | C: No, it's fine.", "", "", "ideation"),
        ("T: Any thoughts of suicide? | C: Can we skip it? | T: I need to ask. So, no suicide? | C: No.",
         "ideation", "", ""),
        ("T: Are you thinking of killing yourself? | C: No. I just want to not exist for a while.",
         "", "passive", "active"),
        ("T: Do you go to bed hoping you don't wake up? | C: More than I'd like. | T: The thought record? | C: Yes.",
         "", "passive", ""),
        ("T: And the week? | C: My aunt overdosed on Monday. | T: Any thoughts like that yourself? | C: No, never.",
         "around", "", ""),
        ("T: Some new mothers get scary thoughts about harming the baby. Does that happen? | C: Yes. At night.",
         "", "others", ""),
        ("T: How was Tuesday? | C: I cut my left forearm. Not deep.", "", "self_harm", ""),
        ("T: Since your brother's attempt, any thoughts of dying yourself? | C: Not for me, no.", "passive", "", ""),
    ],
)  # fmt: skip
def test_what_is_asked_around_is_read_with_its_answer(talk: str, denied: str, endorsed: str, unclear: str) -> None:
    found = heard(talk)
    assert found.raised
    assert (found.denied, found.endorsed, found.unclear) == tuple(
        frozenset(x.split()) for x in (denied, endorsed, unclear)
    )


@pytest.mark.parametrize(
    "talk",
    [
        "T: What made Tuesday hard? | C: My cousin tried to kill himself on Monday.",
        "T: And? | C: He'd been talking about wanting to die for weeks.",
        "T: Your sister's overdose, is that still on your mind? | C: Every day. She wanted to die, you know.",
        "T: Did your brother ever talk about suicide? | C: No.",
        "T: What happened? | C: My dad shot himself eight years ago.",
        "T: How's work? | C: She's killing me with these deadlines. I nearly died of embarrassment.",
        "T: And the week? | C: Deadline week is suicide for everybody. I never wake up rested.",
    ],
)
def test_anothers_risk_and_figures_of_speech_are_not_the_clients(talk: str) -> None:
    assert heard(talk) == RiskReading()


def test_an_attempt_of_long_ago_is_past_and_its_return_may_be_denied() -> None:
    found = heard(
        "T: There was an attempt. | C: Twenty years ago. | T: Has anything like that come back? | C: Not once."
    )
    assert found.past == {"attempt"}
    assert not found.endorsed
    assert misstates(read_prose("Client told of an attempt in the past."), found) is None


@pytest.mark.parametrize(
    ("jotting", "denied", "endorsed", "past", "unclear"),
    [
        ("No SI/HI.", "ideation others", "", "", ""),
        ("SI -, HI -, SIB +.", "ideation others", "self_harm", "", ""),
        ("Passive SI, no plan.", "plan", "passive", "", ""),
        ("SI: n/a.", "", "", "", "ideation"),
        ("Cut forearm Tuesday, superficial; denies intent to die.", "intent", "self_harm", "", ""),
        ("Brother attempted suicide Monday; client denies own SI.", "ideation", "", "", ""),
        ("Mom has been suicidal again.", "", "", "", ""),
        ("Hx of attempt 2019, denies current.", "", "", "attempt", ""),
    ],
)
def test_jottings_of_risk(jotting: str, denied: str, endorsed: str, past: str, unclear: str) -> None:
    found = read_prose(jotting)
    assert (found.denied, found.endorsed, found.past, found.unclear) == tuple(
        frozenset(x.split()) for x in (denied, endorsed, past, unclear)
    )


def test_a_line_for_review_states_nothing_and_tells_what_it_names() -> None:
    line = read_prose("For the clinician to review: suicidal ideation was raised in this session.")
    assert line.flagged
    assert not line.states
    truth = heard("T: Any thoughts of suicide? | C: Can we not do this today?")
    assert not truth.untold(line)
    assert truth.untold(read_prose("Client denied homicidal ideation."))
