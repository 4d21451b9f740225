"""What supports each sentence of a note, found independently of whatever wrote the note.

A sentence's support is the mean, over its content words, of each word's best cosine to any word of the source, words
taken in context (all-MiniLM-L6-v2, last hidden states). It finds invention; it does not see contradiction, so exact
claims, risk and plain negations have checks of their own.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.checking import support
from pipelines.checking.alignment import Aligned, Matrix, align
from pipelines.checking.anchors import Anchors
from pipelines.checking.claims import MONTHS, Holdings
from pipelines.checking.material import has_material
from pipelines.checking.modality import Modality
from pipelines.checking.negation import contradicts
from pipelines.checking.polarity import Polarity
from pipelines.checking.risk import misstates, read_prose, read_risk, risk_spans
from pipelines.checking.roles import reversed_roles
from pipelines.embeddings import Embedder, Words
from pipelines.phrases import ABSENCES, DRAFT, FOR_CLINICIAN, RISK_REVIEW
from pipelines.records import Evidence, EvidenceKind
from pipelines.source import Source, session_line, split_sentences
from pipelines.stems import FUNCTION_WORDS, content_stems, stem, words_of

VERSION = "3"
THRESHOLD = 0.4
"""Probability of being supported below which a sentence is not; from human labels (precision, recall: the docs)."""
LEXICAL_THRESHOLD = 0.2
"""The same where words are compared by their stems alone."""
REFUTED = 0.1
"""Score of a sentence whose numbers, quotations, names or polarity the source does not hold."""
_OUT = THRESHOLD - 0.01  # highest score of a sentence that stands out from its note
_WINDOW = 3
_PER_UNIT = 0.02  # what a further unit must add to a window
_CARRIES = 0.015  # what a unit of the window must add to be named
_CITED = 0.6  # share of a chart line's words that cites it
_PARTLY_CHART = 0.4  # share from which on what is denied or affirmed may be the chart's
_FROM_CHART = 0.7  # share of a sentence's words that makes the chart its ground
_TELLING, _TELLING_OUT = 2, 4  # words from which on similarity tells, and tells whether a sentence stands out
_HEARD = 0.45  # similarity below which a sentence of the chart was not said in the session as well
_EXACT = re.compile(
    r"\d[\d.:]*|[ap]m|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|" + "|".join(m.lower() for m in MONTHS)
)
_SHORT_ANSWER = 4  # content words of an answer that means nothing without its question


@dataclass(frozen=True)
class _Read:
    """A sentence read against the source: `from_chart` is 1 for each word that a cited line of the chart holds."""

    aligned: Aligned
    words: Words
    from_chart: Matrix
    granted: Matrix  # 1 for what the chart or the reading of risk vouches for
    leads: bool  # one of the cited lines leads
    weights: Matrix

    @property
    def heard(self) -> Matrix:
        """Each word's best similarity to any unit."""
        return np.asarray(self.aligned.best.max(1, initial=0.0))

    @property
    def held(self) -> Matrix:
        """The same, or 1 where the word is granted."""
        return np.maximum(self.heard, self.granted)

    def mean(self, values: Matrix) -> float:
        weights = self.weights if self.weights.any() else np.ones(len(values))
        return float(np.average(values, weights=weights)) if len(values) else 0.0


@dataclass(frozen=True)
class _ChartLine:
    stems: frozenset[str]
    leads: bool  # session, diagnosis, goal: the chart is the ground even where the session says it too


class EvidenceFinder:
    """Finds evidence in one source, which is encoded once and may serve several notes.

    Args:
        embedder: None: words are compared by their stems, weighted by rarity.
    """

    def __init__(self, source: Source, embedder: Embedder | None = None) -> None:
        self._source = source
        self._embedder = embedder
        self._holdings = Holdings(source)
        self._anchors = Anchors(self._holdings)
        self._modality = Modality(source)
        self._risk = read_risk(source)
        self._chart = _chart_lines(source)
        self._units: list[set[str]] = [set(content_stems(unit.text)) for unit in source.units]
        self._spread = Counter(s for stems in self._units for s in stems)
        self.threshold = THRESHOLD if embedder else LEXICAL_THRESHOLD
        self._starts: list[int] = []
        self._encoded_before: dict[str, Words] = {}  # a note is checked before and after its repair
        self._polarity: Polarity | None = None
        if embedder:
            self._encode(embedder)

    def find(self, sections: Mapping[str, str]) -> list[Evidence]:
        """One Evidence a sentence, in order; sentences are those of `split_sentences`."""
        places = [(name, i, s) for name, text in sections.items() for i, s in enumerate(split_sentences(text))]
        if not places:
            return []
        read = self._read([sentence for *_, sentence in places])
        scores = self._scores(read, [section for section, *_ in places])
        return [self._judge(*place, r, score) for place, r, score in zip(places, read, scores, strict=True)]

    def features(self, sections: Mapping[str, str]) -> tuple[Matrix, list[str], float]:
        """What `scores` are made of: shape (sentences, FEATURES), the section of each, and whether the note belongs."""
        if self._embedder is None:
            raise ValueError("features need word vectors: give an embedder")
        places = [(name, s) for name, text in sections.items() for s in split_sentences(text)]
        read = self._read([sentence for _, sentence in places])
        return self._features(read, [name for name, _ in places])

    def _read(self, sentences: list[str]) -> list[_Read]:
        words = [_content(w) for w in self._words(sentences)]
        read = []
        for sentence, own, best in zip(sentences, words, self._similarities(words), strict=True):
            stems = [stem(word) for word in own.words]
            from_chart, leads = self._cited(stems)
            aligned = align(sentence, own.words, best)
            weights = self._weights(stems) * _judged_here(aligned)
            granted = np.maximum(from_chart, self._granted(aligned))
            read.append(_Read(aligned, own, from_chart, granted, leads, weights))
        return read

    def _granted(self, aligned: Aligned) -> Matrix:
        """1 for each word of what a sentence states about risk, where that is true: a denial repeats no words."""
        stated = read_prose(aligned.text)
        spans = risk_spans(aligned.text) if (stated.states or stated.past) and not misstates(stated, self._risk) else []
        return np.array([float(any(start <= place < end for start, end in spans)) for place in aligned.places])

    def _scores(self, read: Sequence[_Read], sections: list[str]) -> list[float]:
        if self._embedder is None:
            return [r.mean(r.held) for r in read]
        features, _, belongs = self._features(read, sections)
        likely = support.shipped().probability(features, sections)
        scores = [support.combined(p, f[0], belongs) for p, f in zip(likely, features, strict=True)]
        out = support.stands_out(features)
        return [_bounded(s, r, out=bool(o)) for s, r, o in zip(scores, read, out, strict=True)]

    def _features(self, read: Sequence[_Read], sections: list[str]) -> tuple[Matrix, list[str], float]:
        assert self._embedder is not None  # noqa: S101 - both callers ask first
        generic = [support.genericness(self._embedder, r.words.vectors) for r in read]
        echoed = support.echoes(self._embedder.sentences([r.aligned.text for r in read]), sections)
        rows = [(r.mean(r.held), r.mean(g), e) for r, g, e in zip(read, generic, echoed, strict=True)]
        belongs = support.belonging(np.concatenate([r.held for r in read]), np.concatenate(generic))
        return np.array(rows, np.float64).reshape(-1, len(support.FEATURES)), sections, belongs

    def _judge(self, section: str, index: int, sentence: str, read: _Read, score: float) -> Evidence:
        def verdict(kind: EvidenceKind, score: float, turns: Sequence[int] = ()) -> Evidence:
            score = round(min(max(score, 0.0), 1.0), 4)
            return Evidence(
                section=section,
                sentence=index,
                text=sentence,
                kind=kind,
                turns=list(turns),
                score=score,
            )

        if sentence in ABSENCES or sentence == DRAFT:
            true = self._is_absent(section, sentence)
            return verdict(self._source.kind if true else "unsupported", float(true))
        stated = read_prose(sentence)
        if (stated.unassessed and not self._risk.raised) or RISK_REVIEW.match(sentence):
            return verdict(self._source.kind, 1.0)
        if misstates(stated, self._risk) or self._refuted(sentence, read.aligned):
            return verdict("unsupported", REFUTED)
        if not read.words.words:
            return verdict(self._source.kind, self.threshold)
        share = read.mean(read.from_chart)
        if share >= _FROM_CHART and (read.leads or read.mean(read.heard) < _HEARD):
            return verdict("chart", share)
        if score < self.threshold:
            return verdict("unsupported", score)
        own = read.weights * (1 - read.from_chart) if share < 1 else read.weights
        own = own if own.any() else np.ones(len(own))
        turns = self._with_question(self._window(read.aligned.best, own), sentence)
        if contradicts(sentence, self._source, turns) or self._reversed(read):
            return verdict("unsupported", REFUTED)
        return verdict(self._source.kind, score, [self._source.units[t].index for t in turns])

    def _refuted(self, sentence: str, aligned: Aligned) -> bool:
        """Whether one of the strict checks finds what similarity cannot see."""
        return bool(
            self._holdings.unfounded(sentence)
            or reversed_roles(sentence)
            or self._modality.too_certain(aligned)
            or (self._embedder and self._anchors.misplaced(aligned))
        )

    def _reversed(self, read: _Read) -> bool:
        in_chart = read.mean(read.from_chart) >= _PARTLY_CHART
        return not in_chart and self._polarity is not None and self._polarity.reversed(read.aligned, read.words.vectors)

    def _is_absent(self, section: str, sentence: str) -> bool:
        """Whether a statement of absence is true."""
        if sentence in {FOR_CLINICIAN, DRAFT}:
            return True
        if read_prose(sentence).unassessed:
            return not self._risk.raised
        return not has_material(self._source, section)

    def _words(self, sentences: list[str]) -> list[Words]:
        if self._embedder:
            new = [sentence for sentence in dict.fromkeys(sentences) if sentence not in self._encoded_before]
            self._encoded_before.update(zip(new, _encoded(self._embedder, new), strict=True))
            return [self._encoded_before[sentence] for sentence in sentences]
        nothing = np.zeros((0, 0), np.float32)
        return [Words(tuple(words_of(sentence)), nothing) for sentence in sentences]

    def _encode(self, embedder: Embedder) -> None:
        units, nothing = self._source.units, Words((), np.zeros((0, 0), np.float32))
        told = [i for i, stems in enumerate(self._units) if stems]  # "Mm-hmm, yeah" is no evidence
        vectors = dict(zip(told, _encoded(embedder, [units[i].text for i in told]), strict=True))
        encoded = [vectors.get(i, nothing) for i in range(len(units))]
        self._polarity = Polarity(self._source, encoded)
        self._filled = [i for i, words in enumerate(encoded) if words.words]
        self._starts = [int(n) for n in np.cumsum([0] + [len(encoded[i].words) for i in self._filled])[:-1]]
        self._vectors = np.concatenate([encoded[i].vectors for i in self._filled]) if self._filled else None

    def _cited(self, stems: Sequence[str]) -> tuple[Matrix, bool]:
        """Which words a cited line of the chart holds, and whether one of the cited lines leads."""
        cited = [line for line in self._chart if len(line.stems & set(stems)) >= _CITED * len(line.stems)]
        held = {s for line in cited for s in line.stems}
        return np.array([float(s in held) for s in stems]), any(line.leads for line in cited)

    def _similarities(self, sentences: Sequence[Words]) -> list[Matrix]:
        """For each sentence its words' best similarity to each unit, shape (words, units); one product for them all."""
        ends = np.cumsum([len(words.words) for words in sentences])
        best = np.zeros((int(ends[-1]), len(self._units)))
        if self._embedder is None:
            stems = [stem(word) for words in sentences for word in words.words]
            best = np.array([[float(s in unit) for unit in self._units] for s in stems]).reshape(best.shape)
        elif self._vectors is not None and len(best):
            cosines = self._vectors @ np.concatenate([words.vectors for words in sentences]).T
            best[:, self._filled] = np.maximum.reduceat(cosines, self._starts, axis=0).T
        return np.split(best, ends[:-1])

    def _weights(self, stems: Sequence[str]) -> Matrix:
        """Rarity where words are compared by stems; vectors in context need none."""
        if self._embedder:
            return np.ones(len(stems))
        return np.array([math.log((len(self._units) + 2) / (1 + self._spread[s])) for s in stems])

    def _window(self, best: Matrix, weights: Matrix) -> list[int]:
        """The best run of one to three units, less those of it that carry nothing; none where the source is empty."""
        if not best.shape[1]:
            return []
        chosen, highest, run = [0], -math.inf, best
        for length in range(1, min(_WINDOW, best.shape[1]) + 1):
            run = np.maximum(run[:, : best.shape[1] - length + 1], best[:, length - 1 :])
            support = np.average(run, axis=0, weights=weights) - _PER_UNIT * length
            start = int(support.argmax())
            if support[start] > highest:
                chosen, highest = list(range(start, start + length)), float(support[start])
        alone = np.average(best[:, chosen], axis=0, weights=weights)
        for unit in [chosen[i] for i in np.argsort(alone)]:
            rest = [other for other in chosen if other != unit]
            if rest and _support(best, chosen, weights) - _support(best, rest, weights) < _CARRIES:
                chosen = rest
        return chosen

    def _with_question(self, turns: list[int], sentence: str) -> list[int]:
        """A short answer needs its question; a question that a statement about the client rests on needs its answer."""
        units, both = self._source.units, set(turns)
        for turn in turns:
            unit = units[turn]
            before = units[turn - 1] if turn else None
            after = units[turn + 1] if turn + 1 < len(units) else None
            asks = unit.speaker == "clinician" and "?" in unit.text and self._source.kind == "transcript"
            if unit.speaker == "client" and before and "?" in before.text and len(self._units[turn]) <= _SHORT_ANSWER:
                both.add(turn - 1)
            elif asks and after and after.speaker == "client" and not sentence.startswith("Clinician"):
                both.add(turn + 1)
        return sorted(both)


def _content(words: Words) -> Words:
    keep = [i for i, word in enumerate(words.words) if word not in FUNCTION_WORDS and len(word) > 1]
    return Words(tuple(words.words[i] for i in keep), words.vectors[keep] if len(words.vectors) else words.vectors)


def _bounded(score: float, read: _Read, *, out: bool) -> float:
    """A few words tell nothing by their similarity; a sentence that stands out stays below the threshold."""
    words = int(np.count_nonzero(read.weights))
    if words < _TELLING:
        return max(score, THRESHOLD)
    return min(score, _OUT) if out and words >= _TELLING_OUT else score


def _judged_here(sentence: Aligned) -> Matrix:
    """0 for numbers, days and times, which have a check of their own; 1 for every other word."""
    return np.array([float(not _EXACT.fullmatch(word)) for word in sentence.words])


def _encoded(embedder: Embedder, texts: Sequence[str]) -> list[Words]:
    """Texts of like length are encoded together: a batch takes as long as its longest text."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    encoded = dict(zip(order, embedder.words([texts[i] for i in order]), strict=True))
    return [encoded[i] for i in range(len(texts))]


def _support(best: Matrix, units: Sequence[int], weights: Matrix) -> float:
    return float(np.average(best[:, units].max(1), weights=weights))


def _chart_lines(source: Source) -> list[_ChartLine]:
    chart = source.chart
    leading = [f"{d.name} {d.code}" for d in chart.diagnoses] + [d.name for d in chart.diagnoses]
    leading += [text for goal in chart.treatment_plan.goals for text in (goal.goal, *goal.objectives)]
    leading += [line for line in [session_line(source.appointment)] if line]
    others = [*chart.medications, *(goal for g in chart.treatment_plan.goals for goal in g.interventions)]
    others += [text for text in (chart.client.date_of_birth, chart.client.pronouns) if text]
    lines = [(text, True) for text in leading] + [(text, False) for text in others]
    return [_ChartLine(frozenset(content_stems(text)), leads) for text, leads in lines if content_stems(text)]
