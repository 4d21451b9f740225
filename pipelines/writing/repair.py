"""Check and repair: what the checker finds unsupported is rewritten once or left out; what is missing is added.

The checker reads the source by itself and knows nothing of the writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import dspy

from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.risk import read_risk
from pipelines.checking.steering import steering_marks
from pipelines.phrases import ABSENCES, FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.records import Evidence, NoteFact
from pipelines.source import Source, Unit, split_sentences
from pipelines.stems import content_stems
from pipelines.writing.inputs import clean, source_lines
from pipelines.writing.program import ask
from pipelines.writing.risk_line import as_far_as_true
from pipelines.writing.signatures import repair_signature

_MOST_REWRITTEN = 6  # sentences of one note; a note with more was not written from its source
_NEAREST = 3  # lines shown with a sentence
_COVERED = 0.6  # share of a fact's words that a sentence of its section holds
_REPEATED = 0.85  # share of a sentence's words that one before it holds
_LEAST_WEIGHT = 0.5

Sections = dict[str, str]
Place = tuple[str, int]


class Repair(dspy.Module):  # type: ignore[misc]
    """Repairs a draft.

    Args:
        given: the source as it came, with what was withheld from the writer.
        prompts: texts of the prompt that no note may copy.
        rewrites: whether the language model of the context is asked to correct what is unsupported, and the facts that
            it left out are added; else unsupported sentences are dropped.
    """

    def __init__(self, given: Source, prompts: Sequence[str], *, rewrites: bool) -> None:
        super().__init__()
        self.given = given
        self.prompts = prompts
        self.rewrite = dspy.Predict(repair_signature()) if rewrites else None

    def forward(
        self,
        sections: Mapping[str, str],
        assigned: Mapping[str, Sequence[NoteFact]],
        source: Source,
        finder: EvidenceFinder,
    ) -> Sections:
        """The sections with every unsupported sentence corrected or left out, and every fact in place."""
        if self.rewrite is None:
            return edited(sections, self._corrections(sections, source, finder))
        repaired = _without_repetitions(sections, assigned)
        repaired = edited(repaired, self._corrections(repaired, source, finder))
        return self._completed(repaired, assigned, finder)

    def _corrections(self, sections: Mapping[str, str], source: Source, finder: EvidenceFinder) -> dict[Place, str]:
        steered = self._steered(sections)
        found = finder.find(sections)
        wrong = [e for e in found if e.kind == "unsupported" or (e.section, e.sentence) in steered]
        corrections: dict[Place, str] = {}
        truth = read_risk(source)
        for n, evidence in enumerate(wrong):
            place = evidence.section, evidence.sentence
            may_rewrite = self.rewrite is not None and place not in steered and n < _MOST_REWRITTEN
            rewritten = self._rewritten(evidence, source, finder) if may_rewrite else ""
            shorter = as_far_as_true(evidence.text, truth) if not rewritten and place not in steered else ()
            corrections[place] = rewritten or next((s for s in shorter if _stands(s, evidence.section, finder)), "")
        return corrections

    def _rewritten(self, evidence: Evidence, source: Source, finder: EvidenceFinder) -> str:
        """The sentence as its nearest lines support it; empty where the checker is still not satisfied."""
        lines = source_lines(source, _nearest(evidence.text, source))
        answer = ask(self.rewrite, {"sentence": clean(evidence.text), "lines": lines})
        text = " ".join(str(answer.get("rewritten") or "").split())
        sound = _stands(text, evidence.section, finder)
        return text if sound and not self._steered({evidence.section: text}) else ""

    def _steered(self, sections: Mapping[str, str]) -> set[Place]:
        marks = steering_marks(sections, self.given, prompt=self.prompts)
        return {(section, index) for section, index, _ in marks}

    def _completed(
        self, sections: Sections, assigned: Mapping[str, Sequence[NoteFact]], finder: EvidenceFinder
    ) -> Sections:
        """Facts that no sentence of the note tells are added to their sections, if the checker lets them stand."""
        told = [set(content_stems(s)) for text in sections.values() for s in split_sentences(text)]
        completed = dict(sections)
        for section, facts in assigned.items():
            missing = [f for f in facts if f.weight >= _LEAST_WEIGHT and not _is_told(f.text, told)]
            missing = [f for f in missing if f.text not in " ".join(sections.values())]
            sound = [e.kind != "unsupported" for e in finder.find({section: "\n".join(f.text for f in missing)})]
            texts = [f.text for f, ok in zip(missing, sound, strict=False) if ok]
            kept = completed.get(section, "")
            if texts and kept in {NOT_ADDRESSED, FOR_CLINICIAN}:
                kept = ""
            completed[section] = " ".join([kept, *texts]).strip()
        return completed


def _stands(sentence: str, section: str, finder: EvidenceFinder) -> bool:
    checked = finder.find({section: sentence})
    return len(checked) == 1 and checked[0].kind != "unsupported"


def _nearest(text: str, source: Source) -> list[Unit]:
    """The units that share most words with a sentence, in their order."""
    words = set(content_stems(text))
    ranked = sorted(source.units, key=lambda u: -len(words & set(content_stems(u.text))))[:_NEAREST]
    return sorted(ranked, key=lambda u: u.index)


def edited(sections: Mapping[str, str], corrections: Mapping[Place, str]) -> Sections:
    """The sections with single sentences replaced, or left out where the correction is empty; paragraphs stay."""
    return {
        name: _each_sentence(text, lambda i, s, name=name: corrections.get((name, i), s))  # type: ignore[misc]
        for name, text in sections.items()
    }


def _each_sentence(text: str, change: Callable[[int, str], str]) -> str:
    index = 0
    lines = []
    for line in text.split("\n"):
        before = split_sentences(line)
        after = [change(index + n, sentence) for n, sentence in enumerate(before)]
        index += len(before)
        changed = " ".join(sentence for sentence in after if sentence)
        if changed or not before:
            lines.append(line if after == before else changed)
    return "\n".join(lines).strip()


def _without_repetitions(sections: Mapping[str, str], assigned: Mapping[str, Sequence[NoteFact]]) -> Sections:
    """A sentence that stands in several sections stays where its facts belong."""
    places = [(name, i, set(content_stems(s))) for name, text in sections.items()
              for i, s in enumerate(split_sentences(text))]  # fmt: skip
    homes = {name: [set(content_stems(f.text)) for f in facts] for name, facts in assigned.items()}
    dropped: dict[Place, str] = {}
    for n, (section, index, words) in enumerate(places):
        for other, place, others in places[:n]:
            same = len(words & others) >= _REPEATED * max(1, min(len(words), len(others)))
            if len(words) < 3 or not same or (other, place) in dropped:
                continue
            at_home = _best(words, homes.get(section, [])) > _best(others, homes.get(other, []))
            dropped[(other, place) if at_home and other != section else (section, index)] = ""
            break
    return edited(sections, dropped)


def _best(words: set[str], facts: Iterable[set[str]]) -> float:
    return max((len(words & fact) / max(1, len(fact)) for fact in facts), default=0.0)


def _is_told(fact: str, told: Sequence[set[str]]) -> bool:
    if fact in ABSENCES:  # few words, that other sentences hold by chance
        return False
    words = set(content_stems(fact))
    return not words or any(len(words & sentence) >= _COVERED * len(words) for sentence in told)
