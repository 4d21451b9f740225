"""One small invented session and its four good notes, for the tests of sources, evidence and adherence."""

from __future__ import annotations

from typing import Any

from pipelines.records import Encounter
from pipelines.source import Source, source_of

_TALK = """
T: Hi, good to see you. How was the week?
C: Um, busy. I worried about the budget every evening, and I slept, like, five hours most nights.
T: You filled in the GAD-7 this morning. It came out at 12. Last month it was 16.
C: Okay. So that's a bit better, I guess.
T: And the sertraline?
C: Still 50 milligrams, every morning. No side effects.
T: Let's do a thought record on Tuesday evening. What went through your mind?
C: That my boss would find a mistake and fire me. I believed it, like, 80 percent.
T: What's the evidence against it?
C: She praised the last report. It's probably the budget being big, not me being bad.
T: And how much do you believe it now?
C: Maybe 40. It's a relief, honestly.
T: I ask everyone this. Any thoughts of suicide?
C: No. Nothing like that.
T: Could you fill in two thought records before next time?
C: Yeah, I can do two, in the evening.
T: And going to bed by eleven. That's your goal, worry not taking your evenings.
C: I only lost three evenings this week. It used to be all of them.
T: Good progress. Next Wednesday, the 10th, at 3?
C: Three works.
"""

_SESSION = "Session held by telehealth, 3:00 PM to 3:45 PM (45 minutes), CPT 90834."
_GOAL = "Reduce worry so that it no longer takes over evenings"
_ACT = "Clinician guided a thought record on Tuesday evening, with evidence against the thought."
_REACTION = "Client's belief of being fired fell from 80 to 40, and she expressed relief."
_PROGRESS = (
    "Client made progress on the goal to reduce worry so that it no longer takes over evenings: "
    "she lost three evenings."
)
_RISK = "Client denied suicidal ideation."
_PLAN = (
    "Client will fill in two thought records in the evening before next time. She will go to bed by eleven. "
    "Next session is Wednesday, June 10, at 3:00 PM."
)
_REPORT = (
    "Client reported worry about the budget every evening and sleeping five hours most nights. "
    "She stated that she took sertraline 50 mg every morning with no side effects."
)
_DIAGNOSIS = "Generalized anxiety disorder (F41.1), with worry about the budget continuing."

NOTES: dict[str, dict[str, str]] = {
    "soap": {
        "subjective": _REPORT,
        "objective": f"{_SESSION} GAD-7 was 12, down from 16 last month. {_ACT} {_REACTION}",
        "assessment": f"{_DIAGNOSIS} {_PROGRESS} {_RISK}",
        "plan": _PLAN,
    },
    "dap": {
        "data": f"{_SESSION} {_REPORT} GAD-7 was 12, down from 16 last month. {_ACT} {_REACTION}",
        "assessment": f"{_DIAGNOSIS} {_PROGRESS} {_RISK}",
        "plan": _PLAN,
    },
    "birp": {
        "behavior": f"{_DIAGNOSIS} {_REPORT} GAD-7 was 12, down from 16 last month. {_RISK}",
        "intervention": f"{_SESSION} Clinician reviewed the GAD-7 with client. {_ACT}",
        "response": f"In the thought record client named the praise of the last report. {_REACTION} {_PROGRESS}",
        "plan": _PLAN,
    },
    "narrative": {
        "narrative": f"{_SESSION} Client attended for generalized anxiety disorder (F41.1). {_REPORT}\n\n"
        f"{_ACT} {_REACTION}\n\n{_PROGRESS} {_RISK}\n\n{_PLAN}"
    },
}

PREVIOUS = (
    "Client reported headaches and conflict with a neighbor about the fence. Clinician taught paced breathing, and "
    "client practiced it twice. Client will keep a headache diary and will call the dentist."
)


def encounter(**changes: Any) -> Encounter:
    lines = [line.split(": ", 1) for line in _TALK.strip().splitlines()]
    speakers = {"T": "clinician", "C": "client"}
    record: dict[str, Any] = {
        "id": "t1",
        "synthetic": True,
        "transcript": [{"speaker": speakers[who], "text": text} for who, text in lines],
        "approaches": ["CBT"],
        "appointment": {
            "start": "2026-06-03T15:00:00-05:00",
            "end": "2026-06-03T15:45:00-05:00",
            "cpt": "90834",
            "telehealth": True,
        },
        "chart": {
            "client": {"pronouns": "she/her"},
            "diagnoses": [{"code": "F41.1", "name": "Generalized anxiety disorder"}],
            "treatment_plan": {"goals": [{"goal": _GOAL}]},
            "medications": ["sertraline 50 mg"],
            "previous_note": PREVIOUS,
        },
    }
    return Encounter.model_validate(record | changes)


def source(**changes: Any) -> Source:
    return source_of(encounter(**changes), "transcript")


def talk(*turns: str) -> list[dict[str, str]]:
    """Turns as "T: words", "C: words" or "?: words" for a speaker who is not known."""
    speakers = {"T": "clinician", "C": "client", "?": "unknown"}
    return [{"speaker": speakers[turn[0]], "text": turn[3:]} for turn in turns]
