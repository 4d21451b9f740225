"""How well the matcher of facts agrees with pairs labelled by hand: python benchmarks/facts.py [DATA]."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from evals.fact_pairs import FactPair, agreement, read_pairs
from evals.facts import match_facts
from pipelines.dataset import read_dataset
from pipelines.records import Encounter


def report(title: str, pairs: list[FactPair], encounters: dict[str, Encounter]) -> None:
    found = agreement(pairs, encounters)
    labels = Counter(pair.label for pair in pairs)
    print(f"{title}: {len(pairs)} pairs, {dict(sorted(labels.items()))}")
    for verdict in ("held", "contradicted"):
        print(f"  {verdict:<13} precision {found.precision(verdict)}   recall {found.recall(verdict)}")


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "datasets" / "synthetic"
    encounters = {encounter.id: encounter for encounter in read_dataset(data).encounters}
    pairs = [pair for pair in read_pairs(data / "fact_pairs.jsonl") if pair.encounter_id in encounters]
    tuned = {"train", "dev"}
    for title, of in (("train and dev (thresholds were fitted here)", tuned), ("test", {"test"})):
        chosen = [pair for pair in pairs if encounters[pair.encounter_id].split in of]
        for system in sorted({pair.system for pair in chosen}):
            report(f"{title}, {system}", [pair for pair in chosen if pair.system == system], encounters)
    for title, of in (("train and dev", tuned), ("test", {"test"})):
        verdicts = Counter(
            held.verdict
            for encounter in encounters.values()
            if encounter.split in of
            for sections in encounter.notes.values()
            for held in match_facts(encounter.facts or [], sections)
        )
        print(f"reference notes, {title}: {dict(verdicts)}  (contradicted must be 0)")


if __name__ == "__main__":
    main()
