"""How well the checker finds what a source does not say: human labels, and edits of true sentences by kind.

1. Unsupported sentences, on labels of two people who agree: AUC pooled and within sections, with each conversation
   (and each writing system) left out of the fit, and against the transcript of another conversation. Needs a folder
   of rated notes (`encounters.jsonl`, `ratings.jsonl`): NOTEBENCH_RATED or the first argument; else passed over.
2. Edits: true sentences of the synthetic train and dev sessions (and of the rated notes), each spoilt in one way.

    python benchmarks/checker.py [FOLDER] [--fit]

`--fit` writes the coefficients fitted on all labels to `pipelines/checking/support.json`.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.environment import quiet_libraries

quiet_libraries()

import numpy as np

from pipelines.checking import support
from pipelines.checking.evidence import EvidenceFinder
from pipelines.dataset import read_dataset
from pipelines.embeddings import Embedder, embedder_of
from pipelines.records import Encounter, Evidence, SourceKind
from pipelines.settings import ROOT, Settings
from pipelines.source import source_of, split_sentences

PER_KIND = 60  # edits of one kind and one origin
SEED = 9
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
RELATIVES = [
    "mother",
    "father",
    "sister",
    "brother",
    "wife",
    "husband",
    "son",
    "daughter",
    "aunt",
    "uncle",
    "boss",
    "neighbor",
    "cousin",
    "roommate",
]
PEOPLE = ["Patricia", "Leonard", "Dr. Whitfield", "Yolanda", "Mr. Abernathy", "Keisha", "Dr. Lindqvist", "Gordon"]
MEDICATIONS = ["sertraline", "fluoxetine", "lithium", "quetiapine", "lorazepam", "trazodone", "bupropion", "prazosin"]
MEASURES = ["PHQ-9", "GAD-7", "PCL-5", "AUDIT", "ISI", "Y-BOCS", "EPDS", "BDI-II"]
DETAILS = """after a fall on the stairs|in front of a cousin from Denver|because of a lawsuit with the landlord
while recovering from knee surgery|at the swimming pool|since a fire in the kitchen|after losing a bet on horses
during a cruise to Alaska|with a violin teacher|because of a tooth infection|after adopting a puppy
while renovating the garage|at a wedding in Chicago|following a car accident|since being diagnosed with diabetes
after reading it in a horoscope|in the company of a parole officer|due to a thyroid condition
while studying for the bar exam|after an argument about inheritance""".replace("\n", "|").split("|")


def _each(pattern: str, text: str, flags: int = 0) -> list[re.Match[str]]:
    return list(re.finditer(pattern, text, flags))


def _put(text: str, match: re.Match[str], new: str) -> str:
    old = match.group(0)
    new = new[0].upper() + new[1:] if old[0].isupper() and new else new
    return re.sub(r"\s{2,}", " ", text[: match.start()] + new + text[match.end() :]).strip()


def _other(rng: random.Random, old: str, choices: list[str]) -> str:
    return rng.choice([c for c in choices if c.lower() != old.lower()])


_TURNS = [
    (r"\b(denied|denies)\b", "reported"),
    (r"\bdeclined\b", "accepted"),
    (r"\bwithout\b", "with"),
    (r"\bhad not\b", "had"),
    (r"\bhas not\b", "has"),
    (r"\bhave not\b", "have"),
    (r"\bdid not\b", "did"),
    (r"\bdoes not\b", "does"),
    (r"\b(was|is|are|were|will|would|could|can|should) not\b", r"\1"),
    (r"\bnever\b", "often"),
    (r"\bno longer\b", "still"),
    (r"\bno (?!longer)(?=\w)", ""),
    (r"\bnot yet\b", "already"),
    (r"\bnot (?=\w)", ""),
]
_ADDS = [
    (r"(?<=[a-z] )(reported|described|endorsed|expressed)\b", "denied"),
    (r"(?<=[a-z] )(reports|describes|expresses)\b", "denies"),
    (r"(?<=[a-z] )will\b(?! not)", "will not"),
    (r"(?<=[a-z] )agreed to\b", "refused to"),
    (r"(?<=[a-z] )(was|is|were|are)\b(?! not)", r"\1 not"),
    (r"(?<=[a-z] )(has|have)\b(?! not)(?= \w+ed\b)", r"\1 not"),
    (r"(?<=[a-z] )made progress\b", "made no progress"),
    (r"(?<=[a-z] )took\b", "did not take"),
    (r"(?<=[a-z] )slept\b", "did not sleep"),
]


def negation(text: str, rng: random.Random) -> str | None:
    for table in (_TURNS, _ADDS):
        found = [(m, new) for pattern, new in table for m in _each(pattern, text)]
        if found:
            match, new = rng.choice(found)
            return _put(text, match, match.expand(new))
    return None


def number(text: str, rng: random.Random) -> str | None:
    digits = _each(r"(?<![\w.:#/-])(?<!CPT )(?<!March )\d{1,3}(?![\w:./-]|\.\d| ?(?:mg|mcg|ml|AM|PM|:))", text)
    months = "|".join(MONTHS)
    digits = [m for m in digits if not re.search(rf"(?:{months}) $", text[: m.start()])]
    words = _each(rf"\b(?:{'|'.join(NUMBERS)})\b", text, re.IGNORECASE)
    if not digits + words:
        return None
    match = rng.choice(digits + words)
    if match in words:
        return _put(text, match, _other(rng, match.group(0), NUMBERS))
    value = int(match.group(0))
    return _put(
        text,
        match,
        str(
            rng.choice(
                [n for n in (value + 1, value + 2, value - 1, value + 5, value * 2) if n not in (value, 0, 1) and n > 0]
            )
        ),
    )


def dose(text: str, rng: random.Random) -> str | None:
    found = _each(r"\d+(?:\.\d+)?(?= ?(?:mg|mcg|milligram))", text)
    if not found:
        return None
    match = rng.choice(found)
    return _put(text, match, _other(rng, match.group(0), ["10", "20", "25", "50", "75", "100", "150", "200", "300"]))


def when(text: str, rng: random.Random) -> str | None:
    days = [(m, DAYS) for m in _each(rf"\b(?:{'|'.join(DAYS)})\b", text)]
    months = [(m, MONTHS) for m in _each(rf"\b(?:{'|'.join(MONTHS)})\b(?= \d)", text)]
    clocks = [
        (m, [f"{h}:{n}" for h in range(1, 12) for n in ("00", "15", "30", "45")])
        for m in _each(r"\b\d{1,2}:\d\d\b", text)
    ]
    dates = [
        (m, [str(n) for n in range(2, 29)]) for m in _each(rf"(?:(?<={' )|(?<='.join(MONTHS)} ))\d{{1,2}}\b", text)
    ]
    found = days + months + clocks + dates
    if not found:
        return None
    match, choices = rng.choice(found)
    return _put(text, match, _other(rng, match.group(0), choices))


def name(text: str, rng: random.Random) -> str | None:
    relatives = [(m, RELATIVES) for m in _each(rf"\b(?:{'|'.join(RELATIVES)})\b", text)]
    medications = [(m, MEDICATIONS) for m in _each(rf"\b(?:{'|'.join(MEDICATIONS)})\b", text, re.IGNORECASE)]
    measures = [(m, MEASURES) for m in _each(rf"(?<![\w-])(?:{'|'.join(MEASURES)})(?![\w-])", text)]
    people = [(m, PEOPLE) for m in _each(r"(?<=[a-z,] )(?:Dr\. |Mr\. |Ms\. |Mrs\. )?[A-Z][a-z]{2,}\b", text)]
    skip = {*DAYS, *MONTHS, "Client", "Clinician", "Patient", "Session", "Therapist", "The", "Socratic", "Motivational"}
    found = relatives + medications + measures + [(m, c) for m, c in people if m.group(0) not in skip]
    if not found:
        return None
    match, choices = rng.choice(found)
    return _put(text, match, _other(rng, match.group(0), choices))


def swap(text: str, rng: random.Random) -> str | None:
    del rng
    match = re.match(
        r"(?:The )?(Client|client|Patient|patient|Clinician|clinician|Therapist|therapist)\b(?!['’])", text
    )
    if not match:
        return None
    was = match.group(1).lower()
    return _put(text, match, "Client" if was in {"clinician", "therapist"} else "Clinician")


_OPEN = [
    (r"\b(might|may)\b(?! be)", "will"),
    (r"\bhad wondered about\b", "had decided on"),
    (r"\bwondered (?:about|whether)\b", "decided on"),
    (r"\b(?:is|was) (?:considering|thinking about|weighing)\b", "has decided on"),
    (r"\b(?:considered|thought about)\b", "decided on"),
    (r"\b(had|has|have) not decided\b", r"\1 decided"),
    (r"\bdid not decide\b", "decided"),
    (r"\bwithout (?:a )?deci(?:sion|ding)\b", "with a decision"),
    (r"\b(?:is|was) (?:unsure|undecided|not sure) (?:about|whether)\b", "decided on"),
    (r"\bis open to\b", "has decided on"),
    (r"\b(?:is|are|was) interested in\b", "decided on"),
    (r"\bundecided\b", "decided"),
    (r"\bconsiders?\b", "decides on"),
    (r"\bwill consider\b", "will start"),
]


def decided(text: str, rng: random.Random) -> str | None:
    found = [(m, new) for pattern, new in _OPEN for m in _each(pattern, text)]
    if not found:
        return None
    match, new = rng.choice(found)
    return _put(text, match, match.expand(new))


def detail(text: str, rng: random.Random) -> str | None:
    return f"{text.rstrip('. ')} {rng.choice(DETAILS)}."


KINDS: dict[str, Callable[[str, random.Random], str | None]] = {
    "negation": negation, "number": number, "dose": dose, "date": when, "name": name,
    "swap": swap, "decided": decided, "detail": detail,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A true sentence in its note, and the source it is true of."""

    origin: str
    encounter: Encounter
    kind: SourceKind
    note: Mapping[str, str]
    section: str
    sentence: str

    def judged(self, finders: Finders, instead: str | None = None) -> bool:
        """Whether the sentence, or what stands instead of it, is found unsupported."""
        text = self.sentence if instead is None else instead
        note = {**self.note, self.section: self.note[self.section].replace(self.sentence, text, 1)}
        found = [e for e in finders.evidence(self.encounter, self.kind, note) if e.section == self.section]
        spoilt = [e for e in found if e.text in text]
        return any(e.kind == "unsupported" for e in spoilt)


class Finders:
    """One finder a source, made once."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder, self._made = embedder, dict[tuple[str, str], EvidenceFinder]()
        self._last: tuple[object, list[Evidence]] = (None, [])

    def evidence(self, encounter: Encounter, kind: SourceKind, note: Mapping[str, str]) -> list[Evidence]:
        key = (encounter.id, kind, *note.items())
        if self._last[0] != key:
            self._last = key, self[encounter, kind].find(note)
        return self._last[1]

    def __getitem__(self, of: tuple[Encounter, SourceKind]) -> EvidenceFinder:
        encounter, kind = of
        if (encounter.id, kind) not in self._made:
            self._made[encounter.id, kind] = EvidenceFinder(source_of(encounter, kind), self._embedder)
        return self._made[encounter.id, kind]


def synthetic_places() -> Iterator[Place]:
    """Reference notes against their transcript, facts of the summary against the summary; train and dev."""
    data = read_dataset(ROOT / "datasets" / "synthetic")
    for split in ("train", "dev"):
        for encounter in data.select(split).encounters:
            for note in encounter.notes.values():
                for section, text in note.items():
                    for sentence in split_sentences(text):
                        yield Place(f"{split}, transcript", encounter, "transcript", note, section, sentence)
            facts = [fact for fact in encounter.facts or [] if fact.in_summary]
            note = {}
            for fact in facts:
                section = fact.sections.get("soap", "subjective")
                note[section] = f"{note.get(section, '')} {fact.text}".strip()
            for section, text in note.items():
                for sentence in split_sentences(text):
                    yield Place(f"{split}, summary", encounter, "summary", note, section, sentence)


@dataclass(frozen=True)
class Rated:
    """Notes that people rated: `labels` of those sentences on which two of them agree."""

    encounters: Mapping[str, Encounter]
    notes: Mapping[tuple[str, str], dict[str, str]]
    labels: Mapping[tuple[str, str, str, str], int]

    def places(self) -> Iterator[Place]:
        for (encounter, system, section, text), label in self.labels.items():
            if label and text in self.notes[encounter, system][section]:
                note = self.notes[encounter, system]
                yield Place("rated, transcript", self.encounters[encounter], "transcript", note, section, text)


def read_rated(folder: Path) -> Rated:
    def lines(name: str) -> Iterator[dict[str, object]]:
        yield from (json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines())

    encounters = {e.id: e for e in map(Encounter.model_validate, lines("encounters.jsonl"))}
    notes, votes = dict[tuple[str, str], dict[str, str]](), defaultdict[tuple[str, str, str, str], list[int]](list)
    for rating in lines("ratings.jsonl"):
        key = str(rating["encounter_id"]), str(rating["system"])
        sections: dict[str, list[dict[str, object]]] = rating["sentences"]  # type: ignore[assignment]
        notes[key] = {name: "\n".join(str(s["text"]) for s in listed) for name, listed in sections.items()}
        for name, listed in sections.items():
            for s in listed:
                votes[*key, name, str(s["text"])].append(int(str(s["supported"])))
    return Rated(encounters, notes, {key: v[0] for key, v in votes.items() if len(v) == 2 and v[0] == v[1]})


FOREIGN = (3, 8, 13, 19)  # how far down the list another conversation is taken from


@dataclass(frozen=True)
class Table:
    """One row a labelled sentence; `own` and `foreign` are (features, belonging) against a conversation."""

    y: np.ndarray
    conversation: np.ndarray
    system: np.ndarray
    section: np.ndarray
    own: tuple[np.ndarray, np.ndarray]
    foreign: list[tuple[np.ndarray, np.ndarray]]


def table_of(rated: Rated, finders: Finders) -> Table:
    ids = list(rated.encounters)

    def against(step: int) -> tuple[np.ndarray, np.ndarray]:
        rows, belongs = dict[tuple[str, str, str, str], np.ndarray](), dict[tuple[str, str], float]()
        for (encounter, system), note in rated.notes.items():
            if not any(note.values()):
                continue
            other = ids[(ids.index(encounter) + step) % len(ids)]
            features, _, belong = finders[rated.encounters[other], "transcript"].features(note)
            keys = [(encounter, system, s, t) for s, text in note.items() for t in split_sentences(text)]
            rows.update(zip(keys, features, strict=True))
            belongs[encounter, system] = belong
        return np.array([rows[k] for k in keys_]), np.array([belongs[k[:2]] for k in keys_])

    parts = {k for k in rated.labels if split_sentences(k[3]) == [k[3]]}
    keys_ = [k for k in rated.labels if k in parts]
    columns = [np.array([k[i] for k in keys_]) for i in range(3)]
    return Table(
        np.array([rated.labels[k] for k in keys_]), *columns, own=against(0), foreign=[against(n) for n in FOREIGN]
    )


def fitted(features: np.ndarray, y: np.ndarray, section: np.ndarray, penalty: float = 20.0) -> support.Weights:
    """Logistic weights of the features, with a free constant for each section that the score then leaves out.

    The section's own constant is fixed in `support.json`, so that no fold learns from the share of its labels.
    """
    names = sorted(set(section))
    middle, spread = features.mean(0), features.std(0)
    x = np.c_[(features - middle) / spread, np.array([[s == n for n in names] for s in section], float)]
    ridge = np.diag([penalty] * features.shape[1] + [0.1] * len(names))
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        w += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge, x.T @ (y - p) - ridge @ w)
    weights = w[: features.shape[1]] / spread
    offsets = support.shipped().sections
    constants = [w[features.shape[1] + i] - offsets.get(n, 0.0) for i, n in enumerate(names)]
    intercept = float(np.mean(constants) - weights @ middle)
    return support.Weights(intercept, dict(zip(support.FEATURES, map(float, weights), strict=True)), offsets)


def scored(weights: support.Weights, part: tuple[np.ndarray, np.ndarray], section: np.ndarray) -> np.ndarray:
    features, belongs = part
    likely = weights.probability(features, list(section))
    rows = zip(likely, features, belongs, strict=True)
    return np.array([support.combined(p, f[0], b) for p, f, b in rows])


def auc(score: np.ndarray, y: np.ndarray) -> float:
    good, bad = score[y == 1][:, None], score[y == 0]
    return float(np.mean((good > bad) + 0.5 * (good == bad)))


def in_section(score: np.ndarray, y: np.ndarray, section: np.ndarray) -> float:
    """AUC over the pairs within a section."""
    parts = [
        (auc(score[m], y[m]), (y[m] == 1).sum() * (y[m] == 0).sum())
        for s in set(section)
        for m in [section == s]
        if 0 < y[m].sum() < m.sum()
    ]
    return float(sum(a * n for a, n in parts) / sum(n for _, n in parts))


def labelled(rated: Rated, finders: Finders, *, fit: bool) -> None:
    """AUC on human labels, out of fold, with intervals by resampled conversations."""
    table = table_of(rated, finders)
    print(f"\nUnsupported sentences: {len(table.y)} on which two raters agree, {int((table.y == 0).sum())} unsupported")
    for name, apart in (("a conversation left out", False), ("a conversation and a system left out", True)):
        own, others = _out_of_fold(table, apart=apart)
        print(f"  {name}")
        _line("pooled", table, lambda i, own=own: auc(own[i], table.y[i]), "0.88")
        _line("within sections", table, lambda i, own=own: in_section(own[i], table.y[i], table.section[i]), "0.82")
        for kind, measure in (
            ("pooled", lambda o, i: auc(o[i], table.y[i])),
            ("within sections", lambda o, i: in_section(o[i], table.y[i], table.section[i])),
        ):
            _line(
                f"another conversation's transcript, {kind}",
                table,
                lambda i, m=measure, others=others: float(np.mean([m(o, i) for o in others])),
                "at most 0.55",
            )
    if fit:
        path = Path(support.__file__).with_name("support.json")
        raw = json.loads(path.read_text(encoding="utf-8"))
        weights = fitted(table.own[0], table.y, table.section)
        raw |= {
            "intercept": round(weights.intercept, 3),
            "features": {k: round(v, 3) for k, v in weights.features.items()},
        }
        path.write_text(json.dumps(raw, indent=2) + "\n", encoding="utf-8")
        print("  written:", path.name, raw["intercept"], raw["features"])


def _out_of_fold(table: Table, *, apart: bool) -> tuple[np.ndarray, list[np.ndarray]]:
    own, others = np.zeros(len(table.y)), [np.zeros(len(table.y)) for _ in table.foreign]
    for conversation in sorted(set(table.conversation)):
        for system in sorted(set(table.system)) if apart else [None]:
            test = (table.conversation == conversation) & ((table.system == system) | (system is None))
            train = (table.conversation != conversation) & ((table.system != system) | (system is None))
            if not test.any():
                continue
            weights = fitted(table.own[0][train], table.y[train], table.section[train])
            for scores, part in ((own, table.own), *zip(others, table.foreign, strict=True)):
                scores[test] = scored(weights, (part[0][test], part[1][test]), table.section[test])
    return own, others


def _line(name: str, table: Table, measure: Callable[[np.ndarray], float], wanted: str) -> None:
    rng, ids = np.random.default_rng(SEED), sorted(set(table.conversation))
    rows = {c: np.flatnonzero(table.conversation == c) for c in ids}
    drawn = [measure(np.concatenate([rows[c] for c in rng.choice(ids, len(ids))])) for _ in range(300)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    print(f"    {name:50} {measure(np.arange(len(table.y))):.3f} [{low:.3f}, {high:.3f}] wanted {wanted}")


def edits(places: list[Place], finders: Finders) -> None:
    """The table of edits: share found by kind and origin; false alarms on the unedited."""
    rng = random.Random(SEED)  # noqa: S311 - which edits are drawn is no secret
    by_origin = defaultdict[str, list[Place]](list)
    for place in places:
        by_origin[place.origin].append(place)
    print("\nEdits of true sentences found, by kind (found/all), and false alarms on the unedited")
    total = defaultdict[str, list[bool]](list)
    for origin, group in sorted(by_origin.items()):
        unedited = [place.judged(finders) for place in group]  # in order of their notes, so that vectors are at hand
        total["false alarms"] += unedited
        print(f"  {origin}: {len(group)} sentences, false alarms {_share(unedited)}", flush=True)
        rng.shuffle(group)
        for kind in (*KINDS, "another session"):
            spoilt = sorted(_spoilt(group, kind, rng), key=lambda made: made[0].encounter.id)
            found = [place.judged(finders, text) for place, text in spoilt]
            total[kind] += found
            print(f"    {kind:16} {_share(found)}", flush=True)
    print("  all origins")
    for kind, found in total.items():
        print(f"    {kind:16} {_share(found)}")


def _spoilt(group: list[Place], kind: str, rng: random.Random) -> Iterator[tuple[Place, str]]:
    made = 0
    for place in group:
        if kind == "another session":
            others = [p.sentence for p in group if p.encounter.id != place.encounter.id and p.section == place.section]
            text = rng.choice(others) if others else None
        else:
            text = KINDS[kind](place.sentence, rng)
        if text and text != place.sentence:
            yield place, text
            made += 1
        if made == PER_KIND:
            return


def _share(found: list[bool]) -> str:
    """A share with its 95 % interval (Wilson)."""
    n, k = len(found), sum(found)
    if not n:
        return "none"
    z, p = 1.96, k / n
    middle, half = (p + z * z / (2 * n)), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return f"{p:.3f} [{low:.3f}, {high:.3f}] {k}/{n}"


def main(arguments: list[str]) -> None:
    folder = Path(next((a for a in arguments if not a.startswith("-")), os.environ.get("NOTEBENCH_RATED", "")))
    embedder = embedder_of(Settings())
    finders = Finders(embedder)
    rated = None
    if str(folder) != "." and (folder / "ratings.jsonl").is_file():
        rated = read_rated(folder)
    else:
        print("rated notes: passed over, no folder with ratings.jsonl (NOTEBENCH_RATED or the first argument)")
    places = [*synthetic_places(), *(rated.places() if rated else ())]
    if rated and embedder:
        labelled(rated, finders, fit="--fit" in arguments)
    edits(places, finders)


if __name__ == "__main__":
    main(sys.argv[1:])
