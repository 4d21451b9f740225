"""What stands after the edits: every sentence has its evidence, is the clinician's own, or is left out."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.checking.adherence import check_adherence
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.records import Evidence
from pipelines.source import split_sentences
from pipelines.writing.wand.bench import Bench
from pipelines.writing.wand.refusals import RISK_WORDS
from pipelines.writing.wand.working import Place, Sentence

_OWN = "{section}: a sentence rests on the clinician's instruction alone"
_OWN_RISK = "{section}: risk is stated by the clinician alone; nothing in the source shows it"
_DISAGREES = "{section}: the source says otherwise than the clinician's correction"
_DROPPED = "{section}: a new sentence was left out, since nothing in the source supports it"


@dataclass
class Verdict:
    evidence: list[Evidence] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def verify(bench: Bench) -> Verdict:
    """Check every sentence that is new or changed; fill a section that is empty with the sentence that says so."""
    verdict = Verdict()
    for place in list(bench.working.places()):
        if place.sentence.how in {"added", "stated"}:
            _weigh(bench, place, verdict)
    for section in bench.working.sections:
        if not bench.working.sections[section]:
            absent = FOR_CLINICIAN if section == "assessment" else NOT_ADDRESSED
            bench.working.put(section, Sentence(absent, how="worded", was=absent))
    _own(bench, verdict)
    verdict.evidence = _evidence(bench)
    verdict.warnings += _new_breaches(bench, own=bool(verdict.own))
    return verdict


def _weigh(bench: Bench, place: Place, verdict: Verdict) -> None:
    sentence = place.sentence
    found = bench.finder.find({place.section: sentence.text})
    unsupported = any(evidence.kind == "unsupported" for evidence in found)
    if sentence.how == "stated":
        if unsupported or not sentence.was or "corrected" in sentence.notes:
            sentence.how = "own"
            if "corrected" in sentence.notes:
                verdict.warnings.append(_DISAGREES.format(section=place.section))
    elif unsupported:
        bench.working.drop(place)
        verdict.warnings.append(_DROPPED.format(section=place.section))


def _own(bench: Bench, verdict: Verdict) -> None:
    for place in bench.working.places():
        if place.sentence.how == "own":
            verdict.own += split_sentences(place.sentence.text)
            told = _OWN_RISK if RISK_WORDS.search(place.sentence.text) else _OWN
            verdict.warnings.append(told.format(section=place.section))


def _evidence(bench: Bench) -> list[Evidence]:
    """What is kept or says the same in other words keeps its evidence; what is own is the clinician's."""
    texts = bench.working.texts()
    known = {(e.section, e.text): e for e in bench.note.evidence}
    for e in bench.note.evidence:
        known.setdefault(("", e.text), e)
    fresh = {(e.section, e.sentence): e for e in bench.finder.find(texts)}
    found: list[Evidence] = []
    for section, sentences in bench.working.sections.items():
        index = 0
        for sentence in sentences:
            for text in split_sentences(sentence.text):
                now = fresh.get((section, index)) or Evidence(
                    section=section, sentence=index, text=text, kind="unsupported", score=0.0
                )
                found.append(
                    _settled(now, sentence, known.get((section, sentence.was)) or known.get(("", sentence.was)))
                )
                index += 1
    return found


def _settled(now: Evidence, sentence: Sentence, before: Evidence | None) -> Evidence:
    here = {"section": now.section, "sentence": now.sentence, "text": now.text}
    if sentence.how == "own":
        turns = now.turns if sentence.was else []  # of a corrected sentence the rest is the source's
        return now.model_copy(update={"kind": "clinician", "turns": turns, "score": 1.0})
    if before and (sentence.how == "kept" or (sentence.how in {"worded", "cut"} and now.kind == "unsupported")):
        return before.model_copy(update=here)
    return now


def _new_breaches(bench: Bench, *, own: bool) -> list[str]:
    """Rules of the format that the note kept before and does not keep now: the clinician's wish, and worth a word."""

    def broken(sections: dict[str, str]) -> dict[str, str]:
        style = bench.style.model_copy(update={"client_word": bench.client_word})  # what was asked for is no breach
        results = check_adherence(sections, bench.template, bench.source, style)
        return {r.rule: f"{r.section or 'note'}: {r.message}" for r in results if r.kept is False}

    before = broken(bench.working.before)
    spared = {"sourced", "risk"} if own else set()  # a warning of its own says so already
    return [message for rule, message in broken(bench.working.texts()).items() if rule not in {*before, *spared}]
