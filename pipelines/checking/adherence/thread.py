"""Rules of the golden thread: intervention, goal, risk, next step, and how the client is named."""

from __future__ import annotations

import re

from pipelines.checking.adherence.core import Breach, Case, NotApplicable, Place
from pipelines.checking.adherence.language import CLINICIAN_ACTS, ELLIPTIC_ACT, FUTURE, NO_PROGRESS_TALK, PROGRESS
from pipelines.checking.material import NEXT_STEP, has_next_step, interventions_in_source
from pipelines.checking.risk import RiskReading, misstates, read_prose
from pipelines.lexicon import lexicon
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.stems import content_stems, stem, words_of

# What a clinician's verb or noun names where the lexicon has another form of it.
_DEED = re.compile(
    r"\b(?:reflect(?:s|ed|ing)|validat(?:es|ed|ing)|normaliz(?:es|ed|ing)|refram(?:es|ed|ing)|"
    r"summariz(?:es|ed|ing)|educate[sd]|taught|teaches|challeng(?:es|ed|ing)|model(?:s|ed|ing)|"
    r"rehears(?:ed|ing|al)|psychoeducation|role[- ]play\w*|breathing|relaxation|exercise|technique|worksheet|skills?|"
    r"motivational interviewing|cognitive|behaviou?ral|socratic|scal(?:es|ed|ing)|homework|safety plan\w*|"
    r"restructur\w+|exposure|mindfulness|grounding)\b",
    re.IGNORECASE,
)
# Words of the lexicon that plain prose uses too: none of them claims that a technique was used.
_PLAIN = frozenset({
    "acceptance", "externalizing", "reflection", "validation", "tracking", "processing", "expansion", "interpretation",
    "exceptions", "hierarchy", "reframing", "normalizing", "summarizing", "homework review", "goal setting", "scaling",
    "problem solving", "coping skills", "enactment", "psychoeducation", "reflective listening", "empathic listening",
    "relaxation", "role transition", "safety plan", "safety planning", "exposure", "mindfulness",
})  # fmt: skip
_NONE_NAMED = re.compile(
    r"\bno (?:\w+ )*(?:intervention|technique)s? (?:was|were|is|are)\b|\bnot named\b", re.IGNORECASE
)
_PURPOSE = re.compile(r"\b(?:so that|in order to|without|by)\b", re.IGNORECASE)
_GOAL_WORDS = 0.5
_TOUCHED = 0.5
_OTHER_WORDS = ("client", "patient", "consumer", "member", "participant", "pt")
_CHATTER = re.compile(
    r"^(?:sure|certainly|of course|here(?:'s| is| are)\b.{0,40}\b(?:note|draft|summary)|i hope this|let me know|"
    r"please (?:note|let me)|note that this|based on the (?:provided|given|above)|#+ )|"
    r"\bas an ai\b|\blanguage model\b|```|\*\*",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\[[^\]]*\]|<[^>]+>|\{[^}]*\}|_{3,}|\bX{2,}\b|\bTBD\b|\blorem ipsum\b|\binsert \w+ here\b", re.IGNORECASE
)
_FIRST_PERSON = re.compile(
    r"(?<!Bipolar )(?<!bipolar )(?<!Type )(?<!type )(?<![\w.])(?:I(?:'m|'ve|'d|'ll)?|[Mm]y|[Mm]yself|me)\b(?![.\w-]\w)"
)
_OPENING_PRONOUN = re.compile(r"^(?:(She|Her)|(He|His|Him)|(They|Their))\b")
_TELLING_VERB = re.compile(
    r"^(?:They|Their) (?:reported|stated|described|denied|endorsed|said|reports?|states?|denies|deny|took|slept)\b"
)


def intervention(case: Case) -> None:
    """Clinical rule 5: a named intervention, and it happened: the source names it, or the clinician clearly did it."""
    plan = case.template.section_holding("plan")
    several = len(case.template.sections) > 1
    places = [place for place in case.places if not (several and plan and place.section == plan.name)]
    words = lexicon()
    named = [(place, name) for place in places for name in words.named_interventions(place.plain)]
    for place, name in named:
        if name not in _PLAIN and not _happened(case, name):
            raise Breach("an intervention that neither source nor chart knows", place)
    if named:
        return
    acts = [p for p in places if CLINICIAN_ACTS.search(p.text) or ELLIPTIC_ACT.search(p.text)]
    if any(_DEED.search(place.text) for place in acts):
        return
    known = interventions_in_source(case.source)
    if known:
        raise Breach("no intervention is named although the source names one", section=_home(case, "intervention"))
    if not any(place.text in {NOT_ADDRESSED, FOR_CLINICIAN} or _NONE_NAMED.search(place.text) for place in places):
        raise Breach("no intervention is named, and the section does not say so", section=_home(case, "intervention"))


def _happened(case: Case, name: str) -> bool:
    wanted = {stem(word) for word in words_of(name)}
    units = [{stem(word) for word in words_of(unit.text)} for unit in case.source.units]
    if any(wanted <= set().union(*units[i : i + 3]) for i in range(len(units))):
        return True
    words = lexicon()
    planned = {i.lower() for goal in case.source.chart.treatment_plan.goals for i in goal.interventions}
    own = {i.lower() for a in case.source.approaches for i in words.approach_interventions.get(a, ())}
    singular = {form.removesuffix("s") for form in own | planned} | own
    return name in planned or name in own or name.removesuffix("s") in singular


def goal(case: Case) -> None:
    """Clinical rule 7: a goal of the plan is cited with its progress, or with the word that it was not addressed."""
    goals = [goal.goal for goal in case.source.chart.treatment_plan.goals]
    if not goals:
        raise NotApplicable
    places = case.holding("progress")
    if any(_cites(place.text, text) for place in places for text in goals):
        return
    touched = any(_touches(case, text) for text in goals)
    honest = any(p.text in {NOT_ADDRESSED, FOR_CLINICIAN} or NO_PROGRESS_TALK.search(p.text) for p in places)
    if honest and not touched:
        return
    raise Breach("no goal of the treatment plan is cited with its progress", section=_home(case, "progress"))


def _cites(sentence: str, goal_text: str) -> bool:
    """Whether a sentence holds half the words of a goal, or of its part before the purpose, and speaks of progress."""
    stems = set(content_stems(sentence))
    for part in (goal_text, _PURPOSE.split(goal_text)[0]):
        wanted = set(content_stems(part))
        held = len(wanted & stems)
        if (
            held >= max(_GOAL_WORDS * len(wanted), min(2, len(wanted)))
            and held
            and _speaks_of_progress(sentence, wanted)
        ):
            return True
    return False


def _speaks_of_progress(sentence: str, goal_stems: set[str]) -> bool:
    """Words of progress that are not words of the goal itself ("reduce worry" does not say that it was reduced)."""
    found = {stem(word) for match in PROGRESS.finditer(sentence) for word in words_of(match.group(0))}
    return bool(found - goal_stems) or bool(NO_PROGRESS_TALK.search(sentence))


def _touches(case: Case, text: str) -> bool:
    wanted = set(content_stems(text))
    units = {s for unit in case.source.units for s in content_stems(unit.text)}
    return bool(wanted) and len(wanted & units) >= _TOUCHED * len(wanted)


def risk(case: Case) -> None:
    """Clinical rule 8: a risk line stands where it belongs, and its polarity is true to what was said."""
    home, truth = _home(case, "risk"), case.risk
    for place in case.places:
        wrong = misstates(read_prose(place.text), truth)
        if wrong:
            raise Breach(f"risk: {wrong}", place)
    if lacking := _lacking_risk(case.stated_risk(home or ""), truth):
        raise Breach(lacking, section=home)


def _lacking_risk(line: RiskReading, truth: RiskReading) -> str:
    """What a risk line does not say and the source does; a line that leaves risk to the clinician lacks nothing."""
    if line.flagged and not line.asked:
        return ""
    if truth.unattributed:
        return "risk was raised by speakers not known, and the note does not flag it"
    if not truth.raised:
        return "" if line.unassessed or line.flagged else "no line says that risk was not assessed"
    if truth.endorsed - {"plan", "intent"} and not (line.endorsed or line.flagged):
        return "risk was endorsed and the line does not say so"
    if truth.untold(line):
        return "risk was raised that the line does not speak of"
    if truth.denied and not (line.states or line.flagged):
        return "risk was asked and answered and no line says so"
    return "" if line.states or line.flagged or line.asked or line.past else "risk was raised and no line says so"


def next_step(case: Case) -> None:
    """Clinical rule 9: the next session or the next action is stated; honest absence where the source has neither."""
    places = case.holding("plan")
    if any(not p.is_absence and (NEXT_STEP.search(p.text) or (FUTURE.search(p.text) and _acts(p))) for p in places):
        return
    if has_next_step(case.source) or not any(p.text in {NOT_ADDRESSED, FOR_CLINICIAN} for p in places):
        raise Breach("neither the next session nor a next action is stated", section=_home(case, "plan"))


def _acts(place: Place) -> bool:
    return bool(
        re.search(r"\b(?:will|plans? to|agreed to|to \w+|continue|follow|schedule)\b", place.text, re.IGNORECASE)
    )


def terminology(case: Case) -> None:
    """Clinical rule 12: the chosen word for the client, the chart's pronouns, third person; no assistant's words."""
    if not case.places:
        raise Breach("there is no note")
    others = "|".join(word for word in _OTHER_WORDS if word != case.settings.client_word.lower())
    named = re.compile(
        rf"(?:^|\b[Tt]he |[.;:,] )(?:{others})(?:['’]s)?\b(?! (?:care|portal|assistance|zero)\b)", re.IGNORECASE
    )
    for place in case.written_places:
        text = place.plain
        if named.search(text):
            raise Breach("another word for the client than the chosen one", place)
        if _PLACEHOLDER.search(text):
            raise Breach("a placeholder", place)
        if _CHATTER.search(text):
            raise Breach("words of an assistant, or markup", place)
        if _FIRST_PERSON.search(text):
            raise Breach("first person outside a quotation", place)
        if _wrong_pronoun(text, case.settings.pronouns or case.source.chart.client.pronouns):
            raise Breach("a pronoun that is not the chart's", place)


def _wrong_pronoun(text: str, pronouns: str | None) -> bool:
    opening = _OPENING_PRONOUN.match(text)
    if not (opening and pronouns):
        return False
    she, he, they = opening.groups()
    first = pronouns.lower().split("/")[0].strip()
    if first == "she":
        return bool(he or (they and _TELLING_VERB.match(text)))
    if first == "he":
        return bool(she or (they and _TELLING_VERB.match(text)))
    if first == "none":
        return bool(she or he or _TELLING_VERB.match(text))
    return bool(she or he)


def _home(case: Case, kind: str) -> str | None:
    section = case.template.section_holding(kind)
    return section.name if section else None
