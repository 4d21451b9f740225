"""Whatever goes in, a valid note or a typed refusal comes out; and how long foreign conversations take.

    python benchmarks/robustness.py [--inputs 2000] [--data FOLDER]

1. Generated sources and records (hypothesis) through the writer with the extractive engine, counted by outcome, with
   the extremes by name. Ends with status 1 where anything but a valid note or a typed refusal came out.
2. The transcripts of `aci-train` and `tneval-dev` below FOLDER (or `NOTEBENCH_SHARED_DATA`), which are no part of this
   project, and a conversation of 9,000 words: CPU seconds a note, all models loaded.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipelines.environment import quiet_libraries

quiet_libraries()

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.dataset import read_dataset
from pipelines.records import Encounter, InputError
from pipelines.settings import Settings
from pipelines.source import Source, Unit, source_of
from pipelines.templates import Template, load_templates
from pipelines.writing.provider import WriteError
from pipelines.writing.writer import NoteWriter
from tests.pipelines.any_source import of_words, records, sources
from tests.pipelines.writing.valid import faults

FOREIGN = ("aci-train", "tneval-dev")
GOAL, GOAL_LONG, LONG = 0.5, 2.0, 9_000  # seconds of CPU a note; words
EXTREMES: dict[str, Callable[[], Source]] = {
    "no turn": lambda: Source("transcript", ()),
    "one empty turn": lambda: Source("transcript", (Unit(0, "client", ""),)),
    "one word": lambda: Source("transcript", (Unit(0, "client", "Yes."),)),
    "one speaker": lambda: Source("transcript", tuple(Unit(i, "client", f"I slept {i} hours.") for i in range(80))),
    "nobody known": lambda: Source("transcript", tuple(Unit(i, "unknown", f"I slept {i} hours.") for i in range(80))),
    "50,000 words": lambda: Source("transcript", of_words(50_000)),
    "50,000 words in one turn": lambda: Source("transcript", (Unit(0, "client", "I slept badly. " * 16_667),)),
    "50,000 different words": lambda: Source("summary", (Unit(0, "clinician", " ".join(map(str, range(50_000)))),)),
    "a word of a million letters": lambda: Source("transcript", (Unit(0, "client", "a" * 1_000_000),)),
    "100,000 empty turns": lambda: Source("transcript", tuple(Unit(i, "client", " ") for i in range(100_000))),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=2_000)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("NOTEBENCH_SHARED_DATA") or None, help="other data sets"
    )
    given = parser.parse_args()
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:  # without weights: what matters here is what the rules bear
        bare = Settings(_env_file=None, lm="extractive", models_dir=Path(folder), data_dir=Path(folder))  # type: ignore[call-arg]
        writer, templates = NoteWriter(bare), load_templates(bare.prompts_dir / "templates")
        _generated(given.inputs, writer, templates, outcomes)
        for name, make in EXTREMES.items():
            began = time.process_time()
            outcome = _outcome(lambda make=make: writer.write("e", make(), templates["soap"]), templates["soap"])  # type: ignore[misc]
            outcomes[outcome] += 1
            print(f"{name:28} {outcome:40} {time.process_time() - began:6.2f} s")
    print(f"\n{sum(outcomes.values())} inputs")
    for outcome, count in outcomes.most_common():
        print(f"  {count:6} {outcome}")
    _foreign(given.data)
    return int(any(outcome.startswith("FAULT") for outcome in outcomes))


def _generated(count: int, writer: NoteWriter, templates: dict[str, Template], outcomes: Counter[str]) -> None:
    relaxed = settings(
        max_examples=count // 2,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    names, kinds = st.sampled_from(sorted(templates)), st.sampled_from(["transcript", "summary"])

    @relaxed
    @given(sources(), names)
    def of_sources(source: Source, name: str) -> None:
        outcomes[_outcome(lambda: writer.write("e", source, templates[name]), templates[name])] += 1

    @relaxed
    @given(records(), kinds, names)
    def of_records(record: dict[str, Any], kind: Any, name: str) -> None:
        def write() -> Any:
            encounter = Encounter.model_validate(record)
            return writer.write(encounter.id, source_of(encounter, kind), templates[name])

        outcomes[_outcome(write, templates[name])] += 1

    of_sources()
    of_records()


def _outcome(write: Callable[[], Any], template: Template) -> str:
    try:
        found = faults(write(), template)
    except ValidationError:
        return "refused: no record of an encounter"
    except InputError as error:
        return f"refused: {type(error).__name__}"
    except WriteError as error:
        # `provider` from an engine of our own is a crash that was caught
        return f"{'FAULT' if error.type == 'provider' else 'refused'}: WriteError {error.type}"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"FAULT: {type(error).__name__}"
    return f"FAULT: {'; '.join(found)}" if found else "a valid note"


def _foreign(folder: Path | None) -> None:
    writer = NoteWriter(Settings(lm="extractive"))
    template = load_templates(Settings().prompts_dir / "templates")["soap"]
    writer.write("warm", Source("transcript", of_words(200)), template)
    print("\nCPU seconds a note, models loaded")
    for name in FOREIGN:
        if folder is None or not (folder / name).is_dir():
            print(f"{name:28} skipped: not below the folder given; --data or NOTEBENCH_SHARED_DATA names it")
            continue
        seconds, failed, words = [], 0, []
        for encounter in _spoken(folder / name):
            source = source_of(encounter, "transcript")
            began = time.process_time()
            outcome = _outcome(lambda e=encounter, s=source: writer.write(e.id, s, template), template)  # type: ignore[misc]
            seconds.append(time.process_time() - began)
            words.append(len(source.text.split()))
            failed += outcome != "a valid note"
        print(f"{name:28} {len(seconds)} notes, {failed} failed; {statistics.mean(words):.0f} words each; "
              f"mean {statistics.mean(seconds):.2f}, worst {max(seconds):.2f} (goal {GOAL})")  # fmt: skip
    for count in (1_000, LONG):
        source = Source("transcript", of_words(count))
        began = time.process_time()
        writer.write("long", source, template)
        goal = GOAL_LONG if count == LONG else GOAL
        print(f"{f'{count:,} words of few phrases':28} {time.process_time() - began:.2f} (goal {goal})")
    if folder and (joined := _joined(folder)):
        began = time.process_time()
        writer.write("long", joined, template)
        words_of_it = len(joined.text.split())
        print(f"{f'{words_of_it:,} words joined':28} {time.process_time() - began:.2f} (goal {GOAL_LONG})")


def _spoken(folder: Path) -> Iterator[Encounter]:
    return (e for e in read_dataset(folder).encounters if e.has("transcript"))


def _joined(folder: Path) -> Source | None:
    """Conversations of `aci-train` one after the other, up to 9,000 words: as many different sentences as there are."""
    units: list[Unit] = []
    if (folder / FOREIGN[0]).is_dir():
        for encounter in _spoken(folder / FOREIGN[0]):
            for turn in encounter.transcript or ():
                units.append(Unit(len(units), turn.speaker, turn.text))
            if sum(len(unit.text.split()) for unit in units) >= LONG:
                return Source("transcript", tuple(units))
    return None


if __name__ == "__main__":
    sys.exit(main())
