"""What checks and repair are worth with a real language model: SOAP notes from the summary, on the test sessions.

Four drafts of each session: of the program as it is and as it was compiled, each as the model wrote it (raw) and after
check and repair. Raw and repaired are the same answer of the model, so they differ by the repair alone.

    python benchmarks/lm.py [--split test] [--limit N] [--sentences FILE]
    python benchmarks/lm.py --labels datasets/synthetic/lm_sentences.jsonl      how people judged such sentences

`make bench-lm` serves the model of `make lm` for it; NOTEBENCH_LM names another. `--sentences` writes sentences of raw
and repaired notes, shuffled and without what the checker says, for people to label.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pipelines.environment import quiet_libraries

quiet_libraries()

from evals.desk import Desk
from evals.statistics import draws
from pipelines.checking.evidence import EvidenceFinder
from pipelines.checking.risk import read_prose
from pipelines.dataset import read_dataset
from pipelines.embeddings import embedder_of
from pipelines.numbers import numbers_in
from pipelines.records import Encounter, Failure, Note
from pipelines.settings import ROOT, Settings
from pipelines.source import session_line, source_of
from pipelines.templates import load_template
from pipelines.writing.programs import UNCOMPILED
from pipelines.writing.provider import WriteError
from pipelines.writing.writer import NoteWriter

DATA = ROOT / "datasets" / "synthetic"
SHOWN = ("unsupported", "facts_contradicted", "risk_reversed", "numbers_wrong", "fact_recall", "fact_recall_critical",
         "adherence", "words", "seconds")  # fmt: skip
SAMPLE = 100  # sentences of each kind to label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--compiled", default="", help="name or path of a compiled program; default: the shipped one")
    parser.add_argument("--sentences", type=Path, help="where to write sentences to label")
    parser.add_argument("--labels", type=Path, help="labelled sentences: only report on them")
    given = parser.parse_args()
    if given.labels:
        report_labels(given.labels)
        return
    encounters = [e for e in read_dataset(DATA).select(given.split, given.limit).encounters if e.has("summary")]
    settings = Settings()
    if settings.lm == "extractive":
        sys.exit("error: this measures a language model; name one in NOTEBENCH_LM, or run: make bench-lm")
    for name, program in (("uncompiled", UNCOMPILED), ("compiled", given.compiled)):
        notes = draft(settings.model_copy(update={"program": program}), encounters)
        report(name, encounters, notes, Desk(Settings()))
        if given.sentences and name == "uncompiled":
            write_sentences(given.sentences, notes)


Pair = tuple[Note, Note] | Failure


def draft(settings: Settings, encounters: Sequence[Encounter]) -> list[Pair]:
    """Each session's note as the model wrote it and as it was repaired, or why there is none."""
    writer, template = NoteWriter(settings), load_template(settings.prompts_dir / "templates", "soap")
    pairs: list[Pair] = []
    for encounter in tqdm(encounters, desc=settings.program or "shipped"):
        try:
            source = source_of(encounter, "summary")
            pairs.append(writer.raw_and_repaired(encounter.id, source, template, synthetic=encounter.synthetic))
        except WriteError as error:
            pairs.append(error.failure(encounter.id, "soap", "summary"))
    return pairs


def report(name: str, encounters: Sequence[Encounter], pairs: Sequence[Pair], desk: Desk) -> None:
    """Means with 95 % intervals from resampled sessions; those without a note are counted beside them."""
    failed = Counter(pair.type for pair in pairs if isinstance(pair, Failure))
    print(f"\n{name}: {len(encounters)} sessions, failed: {dict(failed) or 'none'}")
    print(f"  {'':22}  {'raw':24}  {'repaired':24}  n")
    written = [(e, pair) for e, pair in zip(encounters, pairs, strict=True) if not isinstance(pair, Failure)]
    rows = [[scored(desk, encounter, pair, n) for encounter, pair in written] for n in (0, 1)]
    for metric in SHOWN if rows[0] else ():
        values = [[value for row in of if (value := row.get(metric)) is not None] for of in rows]
        print(f"  {metric:22}  " + "  ".join(f"{interval(of):24}" for of in values) + f"  {len(values[0])}")


def interval(values: Sequence[float]) -> str:
    """Mean and percentile interval over resampled sessions."""
    if len(values) < 2:
        return "-"
    array = np.array(values)
    means = np.concatenate([draw @ array for draw in draws(len(array), 10_000, 0)]) / len(array)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{array.mean():.3f} [{low:.3f}, {high:.3f}]"


def share(rows: Sequence[dict[str, Any]]) -> str:
    """Share of unsupported sentences, with an interval from resampled sessions."""
    wrong = Counter(r["encounter_id"] for r in rows if not r["supported"])
    count = Counter(r["encounter_id"] for r in rows)
    sums = np.array([[wrong[name], count[name]] for name in count], float)
    totals = np.concatenate([draw @ sums for draw in draws(len(sums), 10_000, 0)])
    low, high = np.percentile(totals[:, 0] / totals[:, 1], [2.5, 97.5])
    return f"{wrong.total() / len(rows):.3f} [{low:.3f}, {high:.3f}]"


def scored(desk: Desk, encounter: Encounter, pair: tuple[Note, Note], stage: int) -> dict[str, float | None]:
    note = pair[stage]
    scores: dict[str, float | None] = desk.score_note(encounter, None, note)["scores"]
    return scores | {
        "unsupported": sum(e.kind == "unsupported" for e in note.evidence) / max(1, len(note.evidence)),
        "risk_reversed": float(risk_reversed(encounter, note)),
        "numbers_wrong": float(len(wrong_numbers(encounter, note))),
        "seconds": note.seconds,
    }


def risk_reversed(encounter: Encounter, note: Note) -> bool:
    """Held against what the record says of the session, not against what any reader of the source found."""
    stated = read_prose("\n".join(note.sections.values()))
    truth = (encounter.model_extra or {}).get("risk")
    if truth == "not_assessed":
        return bool(stated.denied or stated.endorsed)
    return bool(stated.endorsed and not stated.denied) if truth == "denied" else not stated.endorsed


def wrong_numbers(encounter: Encounter, note: Note) -> set[str]:
    """Numbers of a note that stand nowhere in the record: transcript, summary, chart, appointment."""
    said = "\n".join(u.text for u in encounter.transcript or ())
    known = "\n".join([said, encounter.summary or "", json.dumps(encounter.model_dump(mode="json")["chart"])])
    line = session_line(encounter.appointment) if encounter.appointment else ""
    return numbers_in("\n".join(note.sections.values())) - numbers_in(f"{known}\n{line or ''}")


def write_sentences(file: Path, pairs: Sequence[Pair]) -> None:
    """Sentences of raw and repaired notes, drawn and shuffled, with nothing that says which they are of."""
    lines = []
    for n, stage in enumerate(("raw", "repaired")):
        of = [e for pair in pairs if not isinstance(pair, Failure) for e in _sentences(pair[n])]
        lines += [{"encounter_id": i, "section": s, "text": t, "stage": stage}
                  for i, s, t in random.Random(0).sample(of, min(SAMPLE, len(of)))]  # fmt: skip  # noqa: S311 - no secret
    random.Random(1).shuffle(lines)  # noqa: S311
    hidden = [{k: v for k, v in line.items() if k != "stage"} | {"supported": None} for line in lines]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in hidden), encoding="utf-8")
    key = file.with_suffix(".key.jsonl")
    key.write_text("".join(json.dumps({"stage": line["stage"]}) + "\n" for line in lines), encoding="utf-8")
    print(f"\n{len(lines)} sentences to label in {file} (1 supported, 0 not); which is which in {key}")


def _sentences(note: Note) -> Iterator[tuple[str, str, str]]:
    return ((note.encounter_id, e.section, e.text) for e in note.evidence)


def report_labels(file: Path) -> None:
    """Share of unsupported sentences by people's labels, and how well the checker finds them."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    encounters = {e.id: e for e in read_dataset(DATA).encounters}
    finders: dict[str, EvidenceFinder] = {}
    for row in rows:
        if row["encounter_id"] not in finders:
            source = source_of(encounters[row["encounter_id"]], "summary")
            finders[row["encounter_id"]] = EvidenceFinder(source, embedder_of(Settings()))
        found = finders[row["encounter_id"]].find({row["section"]: row["text"]})
        row["flagged"] = any(e.kind == "unsupported" for e in found)
    for stage in ("raw", "repaired"):
        of = [r for r in rows if r["stage"] == stage]
        print(f"{stage:9} unsupported by label: {share(of)} of {len(of)}")
    wrong = [r for r in rows if not r["supported"]]
    flagged = [r for r in rows if r["flagged"]]
    both = sum(r["flagged"] for r in wrong)
    print(f"checker: precision {both} of {len(flagged)}, recall {both} of {len(wrong)}")


if __name__ == "__main__":
    main()
