"""Rules of the single formats: SOAP, DAP, BIRP, narrative."""

from __future__ import annotations

import re
from statistics import median

from pipelines.checking.adherence.core import Breach, Case, Place
from pipelines.checking.adherence.language import (
    CLIENT_SUBJECT,
    CLINICIAN_ACTS,
    ELLIPTIC_ACT,
    FUTURE,
    OBSERVED,
    PAST,
    REPORTED_SPEECH,
    TELLS,
)
from pipelines.checking.material import has_material
from pipelines.checking.risk import read_prose
from pipelines.source import session_line
from pipelines.stems import content_stems

_SUPPORTIVE_ONLY = re.compile(
    r"^(?:(?:the )?(?:clinician|therapist) )?(?:provided|offered|used|gave) supportive (?:therapy|counseling)\.?$",
    re.IGNORECASE,
)
_PLANS = re.compile(
    r"\b(?:client|patient|clinician|therapist|she|he|they) (?:will|plans? to|is going to|are going to|intends? to)\b|"
    r"\bnext (?:session|appointment) (?:is|will|on)\b|\b(?:is|was) scheduled for\b|\bfor homework\b|^homework\b",
    re.IGNORECASE,
)
_TITLES = "subjective|objective|assessment|plan|data|behavior|intervention|response"
_HEADING = re.compile(rf"^(?:#+ .*|\*\*.*\*\*:?|[A-Z][\w /&-]{{1,40}}:\s*|(?:{_TITLES})\b:.*)$", re.IGNORECASE)
_NEXT_SESSION = re.compile(r"\bwill\b|\bnext (?:\w+ )?(?:session|appointment|time)\b", re.IGNORECASE)
_ATTRIBUTED = 0.34  # share of sentences with a verb of telling; the others go on from them
_SMALL = 7  # sentences below which one paragraph is enough
_PARAGRAPHS = (2, 4)


def attributed(case: Case) -> None:
    """SOAP: the subjective section is attributed to the client."""
    section = case.home("report")
    places = [place for place in _of(case, section) if not _needs_no_telling(case, section, place)]
    told = [place for place in places if place.is_absence or TELLS.search(place.plain)]
    if not told or (len(places) > 2 and len(told) < _ATTRIBUTED * len(places)):
        raise Breach("too few sentences say that the client reported it", section=section)
    for before, place in zip([None, *places], places, strict=False):
        if not _about_client(place) and (before is None or not _about_client(before)):
            raise Breach("a sentence that is not attributed to the client", place)


def _about_client(place: Place) -> bool:
    return bool(place.is_absence or TELLS.search(place.text) or CLIENT_SUBJECT.search(place.text))


_CODE = re.compile(r"\([A-Z]\d[\w.]+\)")


def _needs_no_telling(case: Case, section: str, place: Place) -> bool:
    """What a format may hold beside the report: diagnosis, session line, observations, risk."""
    holds = getattr(case.template.section(section), "holds", ())
    return (
        ("diagnosis" in holds and bool(_CODE.search(place.text)))
        or ("session" in holds and place.text == session_line(case.source.appointment))
        or ("observation" in holds and bool(OBSERVED.search(place.text)))
        or ("risk" in holds and read_prose(place.text).unassessed)
    )


def no_reported_speech(case: Case) -> None:
    """SOAP: the objective section holds what was observed or done, no reported speech."""
    for place in _of(case, case.home("observation")):
        if REPORTED_SPEECH.search(place.plain):
            raise Breach("reported speech", place)


def future_plan(case: Case) -> None:
    """SOAP and DAP: the plan holds nothing but what comes next."""
    for place in _of(case, case.home("plan")):
        text = place.plain
        if place.is_absence:
            continue
        if REPORTED_SPEECH.search(text) and not re.search(r"\b(?:will|next|might|may)\b", text):
            raise Breach("reported speech in the plan", place)
        if PAST.search(text) and not FUTURE.search(text):
            raise Breach("a sentence about the past in the plan", place)


def report_and_observation(case: Case) -> None:
    """DAP: the data hold what the client reported and what was observed or done."""
    section = case.template.section(case.home("report"))
    places = _of(case, case.home("report"))
    if section and not case.can_fill(section) and all(place.is_absence for place in places):
        return
    if not any(CLIENT_SUBJECT.search(p.text) and TELLS.search(p.text) for p in places):
        raise Breach("nothing that the client reported", section=case.home("report"))
    if section and "intervention" not in section.holds:
        return  # the practice has what was done elsewhere, and not every session has something observed
    line = session_line(case.source.appointment)
    seen = [p for p in places if p.text != line]
    if not any(OBSERVED.search(p.text) or CLINICIAN_ACTS.search(p.text) or ELLIPTIC_ACT.search(p.text) for p in seen):
        raise Breach("nothing that was observed or done", section=case.home("report"))


def risk_in_assessment(case: Case) -> None:
    """DAP: the risk line stands in the assessment, and no statement of risk stands elsewhere."""
    home = case.home("risk")
    line = case.stated_risk(home)
    if not (line.states or line.unassessed or line.flagged):
        raise Breach("no risk line in the assessment", section=home)
    for name in case.sections:
        other = case.stated_risk(name)
        if name != home and (other.denied or other.unassessed):
            raise Breach("a risk line outside the assessment", section=name)


def no_clinician_in_behavior(case: Case) -> None:
    """BIRP: the behavior section holds no action of the clinician."""
    for place in _of(case, case.home("report")):
        if CLINICIAN_ACTS.search(place.plain):
            raise Breach("an action of the clinician", place)


def clinician_acts(case: Case) -> None:
    """BIRP: the clinician is the subject of each intervention; "supportive therapy" alone is none."""
    line = session_line(case.source.appointment)
    places = [
        p
        for p in _of(case, case.home("intervention"))
        if p.text != line and not re.match(r"session held\b", p.text, re.IGNORECASE)
    ]
    if not places:
        raise Breach("no action of the clinician", section=case.home("intervention"))
    if all(place.is_absence for place in places) and not has_material(case.source, "intervention"):
        return
    for place in places:
        if not (CLINICIAN_ACTS.search(place.text) or ELLIPTIC_ACT.search(place.text)):
            raise Breach("a sentence whose subject is not the clinician", place)
    if all(_SUPPORTIVE_ONLY.match(place.text) for place in places):
        raise Breach("supportive therapy alone", places[0])


def response_answers(case: Case) -> None:
    """BIRP: the response answers the intervention: the client reacts, to something that the clinician did."""
    places = _of(case, case.home("response"))
    if all(place.is_absence for place in places):
        if has_material(case.source, "response"):
            raise Breach("the section says nothing although the source has a response", places[0])
        return
    reactions = [place for place in places if CLIENT_SUBJECT.search(place.text)]
    if not reactions:
        raise Breach("the client does not react", section=case.home("response"))
    done = {s for place in case.holding("intervention") for s in content_stems(place.text)}
    if not any(set(content_stems(place.text)) & done for place in places):
        raise Breach("no reaction to anything that the intervention section names", section=case.home("response"))


def no_plan_in_response(case: Case) -> None:
    """BIRP: the response holds no plan."""
    for place in _of(case, case.home("response")):
        if _PLANS.search(place.plain):
            raise Breach("a plan", place)


def no_headings(case: Case) -> None:
    """Narrative: prose without headings."""
    for name, text in case.sections.items():
        _of(case, name)
        if any(_HEADING.match(line.strip()) for line in text.splitlines()):
            raise Breach("a heading", section=name)


def paragraphs(case: Case) -> None:
    """Narrative: two to four paragraphs, divided by blank lines; a very short note may be one."""
    low, high = _PARAGRAPHS
    for name, text in case.sections.items():
        places = _of(case, name)
        count = len([part for part in re.split(r"\n\s*\n", text) if part.strip()])
        if count > high or (count < low and len(places) >= _SMALL):
            raise Breach(f"not {low} to {high} paragraphs", section=name)


def narrative_order(case: Case) -> None:
    """Narrative: presentation, intervention, response, assessment, plan; the plan comes last."""
    places = _of(case, case.template.sections[0].name)
    acts = [i for i, p in enumerate(places) if CLINICIAN_ACTS.search(p.plain) and not _NEXT_SESSION.search(p.text)]
    presented = [i for i, p in enumerate(places) if i not in acts and CLIENT_SUBJECT.search(p.text)]
    plans = [i for i, p in enumerate(places) if _NEXT_SESSION.search(p.plain)]
    if acts and (not presented or presented[0] > acts[0]):
        raise Breach("an intervention before the presentation", places[acts[0]])
    if acts and plans and median(plans) < median(acts):
        raise Breach("the plan before the interventions", places[plans[0]])
    tail = places[-2:]
    if plans and not any(_NEXT_SESSION.search(p.text) or FUTURE.search(p.text) for p in tail):
        raise Breach("the plan does not come last", places[-1])


def _of(case: Case, section: str) -> list[Place]:
    """The sentences of a section; an empty one keeps no rule."""
    places = case.of(section)
    if not places:
        raise Breach("an empty section", section=section)
    return places
