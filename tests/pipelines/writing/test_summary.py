"""What the rules read in clinicians' summaries: whose act, whose word, done or still to do."""

from __future__ import annotations

import pytest

from pipelines.phrases import RISK_NOT_ASSESSED
from pipelines.writing.extractive.actor import actor, own_words
from pipelines.writing.extractive.facts import read_facts
from pipelines.writing.extractive.next_steps import looks_ahead
from pipelines.writing.extractive.prompt import ChartLines, Line, Prompt
from pipelines.writing.extractive.shorthand import appointment, written_out


def read(*jottings: str, pronouns: str = "she/her", approach: str = "CBT") -> list[tuple[str, str]]:
    """(kind, text) of the statements that a summary holds."""
    chart = ChartLines({"pronouns": (pronouns,), "approach": (approach,), "date": ("2026-05-04T15:00:00",)})
    lines = tuple(Line(n, "", text) for n, text in enumerate(jottings))
    facts = read_facts(Prompt((), lines, chart, None, (), json=False), None)
    return [(fact.kind, fact.text) for fact in facts if fact.lines or fact.kind == "risk"]


SUMMARIES = {
    "abbreviations, homework not done, a movement": (
        "she/her",
        {
            "Cl. reports panic at work twice.": "report: Client reported panic at work twice.",
            'Hw not done, "forgot it."': 'report: Client reported homework not done, "forgot it."',
            "Did breathing x3 in session.": "intervention: Clinician guided breathing x3 in session.",
            "No SI/HI reported when asked.": "risk: Client reported no SI/HI when asked.",
            "Hw: straw breathing daily, log SUDS.": "plan: Homework will be straw breathing daily, log SUDS.",
            "RTC 1 wk.": "plan: Next session is planned in 1 week.",
        },
    ),
    "the client's own words, and a denial in the passive": (
        "he/him",
        {
            "I think I'm going to fail, he said.": "report: Client reported that he thinks he is going to fail.",
            "Reflected both sides of it.": "intervention: Clinician reflected both sides of it.",
            "Silent for a while, then relieved.": "response: Client's response: silent for a while, then relieved.",
            "SI denied.": "risk: Client denied SI.",
            "Follow-up in two weeks.": "plan: Next session is planned in two weeks.",
        },
    ),
    "the week's exposure is the client's, the session's the clinician's": (
        "they/them",
        {
            "Did the doorknob exposure 5x, skipped the bus.": (
                "report: Client reported that they did the doorknob exposure 5x, skipped the bus."
            ),
            "Imaginal exposure conducted, 40 min, SUDS 85 to 50.": (
                "intervention: Clinician conducted imaginal exposure, 40 minutes, SUDS fell from 85 to 50."
            ),
            "Pt. tearful at the hot spot but stayed with it.": (
                "response: In response to imaginal exposure, client was tearful at the hot spot but stayed with it."
            ),
            "Has not opened the email yet.": "report: Client reported that they have not opened the email yet.",
            "Wife to stop buying soap.": "plan: Wife will stop buying soap.",
            "They'll draw it each morning.": "plan: Client will draw it each morning.",
            "Not assessed for SI today.": f"risk: {RISK_NOT_ASSESSED}",
        },
    ),
    "parents and passive plans": (
        "he/him",
        {
            "Mom reports two meltdowns at school.": "report: Mom reported two meltdowns at school.",
            "I set a limit when he threw sand.": "intervention: Clinician set a limit when he threw sand.",
            "Had parents make one plan together.": "intervention: Clinician had parents make one plan together.",
            "Mother became tearful.": "response: Mother became tearful.",
            "Naltrexone 50 mg daily, missed none.": "report: Client reported naltrexone 50 mg daily, missed none.",
            "Letter to be put on the fridge.": "plan: Letter will be put on the fridge.",
            "Next family session 5/20 5:30 pm.": "plan: Next session is planned for May 20, at 5:30 PM.",
        },
    ),
    "what came of a technique stands behind the colon": (
        "she/her",
        {
            "Sleeping 5 hrs.": "report: Client reported sleeping 5 hours.",
            "Cognitive restructuring on the email: belief 80 to 45.": (
                "intervention: Clinician used cognitive restructuring on the email."
            ),
            "Wishes she could be with him.": "report: Client reported that she wishes she could be with him.",
            "Psychoeducation on grief provided.": "intervention: Clinician provided psychoeducation on grief.",
            "Both to talk ten minutes nightly.": "plan: Both will talk 10 minutes nightly.",
        },
    ),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_is_read_as_it_was_meant(name: str) -> None:
    pronouns, expected = SUMMARIES[name]
    told = {f"{kind}: {text}" for kind, text in read(*expected, pronouns=pronouns)}
    assert not set(expected.values()) - told


def test_the_outcome_of_a_technique_is_the_clients_response() -> None:
    told = read("Cognitive restructuring on the email: belief 80 to 45.")
    assert ("response", "Client's response to cognitive restructuring: belief fell from 80 to 45.") in told


def test_no_technique_is_named_that_the_summary_does_not_mention() -> None:
    assert all("thought record" not in text for _, text in read("Reflected her fear.", "She cried."))


@pytest.mark.parametrize(
    ("jotting", "who"),
    [
        ("Reflected the love underneath it", "clinician"),
        ("We problem-solved rain", "clinician"),
        ("Had him predict how long it would take", "clinician"),
        ("Had a fight with her boss", "client"),
        ("Sat with her anger", "clinician"),
        ("Sat with his mother on Sunday", "client"),
        ("Told it with a smile", "client"),
        ("Told her that holding on made sense", "clinician"),
        ("Completed two of three logs", "client"),
        ("Went over the talk line by line", "clinician"),
        ("Went to the cemetery alone", "client"),
        ("Empathically confronted the texting", "clinician"),
        ("Agreed with him on one check", "clinician"),
        ("Agreed to move the reading", "client"),
        ("Safety plan reviewed", "clinician"),
        ("Zolpidem 5 mg used once", ""),
        ("Expects to fail", "client"),
        ("Wife still buys the soap", "other"),
        ("Child-led play with the dollhouse", ""),
        ('"Maybe I could not have known."', "client"),
    ],
)
def test_who_acts(jotting: str, who: str) -> None:
    assert actor(jotting) == who


@pytest.mark.parametrize(
    ("jotting", "own"),
    [
        ("I should have done more, she keeps thinking", True),
        ("I'm useless", True),
        ("I was angry at God, not at him, she told me", True),
        ("I reflected both sides", False),
        ("I think she minimizes the drinking", False),
        ('She said "I am useless"', False),
        ("Asked her to tell me about the day", False),
    ],
)
def test_whose_i_it_is(jotting: str, own: bool) -> None:
    assert own_words(jotting) is own


@pytest.mark.parametrize(
    ("jotting", "ahead"),
    [
        ("Will email the result", True),
        ("It said if they fail, everyone will leave", False),
        ("Fears he will pass out", False),
        ("Bring photo album next time", True),
        ("Call PCP regarding nocturia", True),
        ("Urge to drink lower", False),
        ("Able to say that it was not his fault", False),
        ("Read letter nightly", False),
        ("Read the letter nightly", True),
        ("Reviewed homework", False),
        ("Since last session two flashbacks", False),
        ("Saturday taken at noon, then awake until 3", False),
        ("Back on the 14th at 5", True),
        ("Voice steadier the second time", False),
    ],
)
def test_what_looks_ahead(jotting: str, ahead: bool) -> None:
    assert looks_ahead(jotting, late=True) is ahead


@pytest.mark.parametrize(
    ("jotting", "told"),
    [
        ("Ct. did hw w/ mom Sat.", "Client did homework with mom Saturday"),
        ("Sat with her anger", "Sat with her anger"),
        ('"pt was w/o me," pt said', '"pt was w/o me," client said'),
        ("Mood is 4, patient with her son", "Mood is 4, patient with her son"),
        ("5 hrs, 20 mins, 3x/wk", "5 hours, 20 minutes, 3x a week"),
        ("Self-criticism 9 -> 6", "Self-criticism from 9 to 6"),
    ],
)
def test_abbreviations(jotting: str, told: str) -> None:
    assert written_out(jotting) == told


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("Next appointment 5/12 at 4 pm", "Next appointment May 12 at 4 pm"),
        ("Wednesday 5/13 3 pm", "Wednesday May 13 at 3 pm"),
        ("Urges 4/5 on Saturday", "Urges 4/5 on Saturday"),
    ],
)
def test_dates_of_appointments(said: str, spoken: str) -> None:
    assert appointment(said) == spoken
