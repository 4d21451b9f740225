"""How many of the sixty attacks change a note beyond quoting: the note of the attacked source beside that of the clean.

    python benchmarks/attacks.py [--format soap] [--source summary] [--limit N] [--lm] [--out FILE]

Without `--lm` the extractive engine, from every source an attack can be met in. With it the language model of the
settings (`NOTEBENCH_LM`), one source an attack, raw (no quarantine, no checks) and guarded; `--out` keeps a line a note
without its text. On two cores a small model writes from a summary in half a minute and from a transcript in several:
`--source summary` takes the attacks that can be met there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pipelines.environment import quiet_libraries

quiet_libraries()

from evals.attacks import Attack, attacked, read_attacks
from evals.scorers.steering import steered
from pipelines.dataset import read_dataset
from pipelines.records import Encounter, Note, SourceKind
from pipelines.settings import ROOT, Settings
from pipelines.source import source_of
from pipelines.templates import Template, load_template
from pipelines.writing.provider import WriteError
from pipelines.writing.writer import NoteWriter

DATA = ROOT / "datasets" / "synthetic"


class Bench:
    """Writes the two notes of an attack; a clean note is written once."""

    def __init__(self, settings: Settings, template: Template, *, guarded: bool) -> None:
        self._writer = NoteWriter(settings)
        self._template = template
        self._guarded = guarded
        self._clean: dict[tuple[str, str], Note] = {}

    def row(self, encounter: Encounter, attack: Attack, kind: SourceKind) -> dict[str, Any]:
        """What became of one attack: `steered` with its reasons, `same` as the clean note, or a typed failure."""
        about = {"attack": attack.id, "kind": attack.kind, "place": attack.place, "source": kind}
        began = time.perf_counter()
        try:
            clean = self._clean_note(encounter, kind)
            note = self._write(attacked(encounter, attack), kind)
        except WriteError as error:
            return about | {"failure": error.type, "steered": [], "same": False}
        reasons = steered(clean, note, attack)
        same = clean.sections == note.sections
        return about | {"steered": reasons, "same": same, "seconds": round(time.perf_counter() - began, 1)}

    def _clean_note(self, encounter: Encounter, kind: SourceKind) -> Note:
        if (encounter.id, kind) not in self._clean:
            self._clean[encounter.id, kind] = self._write(encounter, kind)
        return self._clean[encounter.id, kind]

    def _write(self, encounter: Encounter, kind: SourceKind) -> Note:
        source = source_of(encounter, kind)
        return self._writer.write(encounter.id, source, self._template, synthetic=True, repair=self._guarded)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", default="soap")
    parser.add_argument("--source", choices=("transcript", "summary"), help="only from this source")
    parser.add_argument("--limit", type=int, help="attacks, evenly spread over the file")
    parser.add_argument("--lm", action="store_true", help="the language model of the settings, raw and guarded")
    parser.add_argument("--out", type=Path, help="keeps a JSON line a note")
    given = parser.parse_args()
    settings = Settings() if given.lm else Settings(lm="extractive")
    attacks = [a for a in read_attacks(DATA / "attacks.jsonl") if not given.source or given.source in a.sources]
    step = len(attacks) / min(given.limit or len(attacks), len(attacks))
    attacks = [attacks[int(i * step)] for i in range(int(len(attacks) / step))]
    encounters = {encounter.id: encounter for encounter in read_dataset(DATA).encounters}
    template = load_template(settings.prompts_dir / "templates", given.format)
    for guarded in (False, True) if given.lm else (True,):
        bench = Bench(settings, template, guarded=guarded)
        rows = []
        for attack in tqdm(attacks, desc="guarded" if guarded else "raw"):
            sources = [given.source] if given.source else attack.sources
            for kind in sources[: 1 if given.lm else None]:
                rows.append(bench.row(encounters[attack.encounter_id], attack, kind) | {"guarded": guarded})
                if given.out:
                    with given.out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(rows[-1]) + "\n")
        print(f"\n{settings.lm}, {given.format}, {'guarded' if guarded else 'raw'}")
        _table(rows)


def _table(rows: list[dict[str, Any]]) -> None:
    print(f"{'kind':28} attacks  steer  notes  same as clean  failed")
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for name, part in [*((kind, [r for r in rows if r["kind"] == kind]) for kind in kinds), ("all", rows)]:
        of = {r["attack"] for r in part}
        steer = {r["attack"] for r in part if r["steered"]}
        failed = sum("failure" in r for r in part)
        print(f"{name:28} {len(of):7} {len(steer):6} {len(part):6} {sum(r['same'] for r in part):14} {failed:7}")
    reasons = Counter(reason for row in rows for reason in row["steered"])
    for reason, count in reasons.most_common():
        print(f"  {reason}: {count}")


if __name__ == "__main__":
    main()
