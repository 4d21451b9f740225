"""Whether notes obey their settings: generated combinations of settings, formats, encounters and sources.

Prints the share of combinations whose note obeys every setting, the share of settings obeyed, each setting by itself
with what failed, and which adherence rules a note lost by its settings. The goal is 0.98.

    python benchmarks/settings.py [--count N] [--seed N] [--show] [SPLIT ...]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

from pipelines.environment import quiet_libraries

quiet_libraries()

from pipelines.checking.adherence import check_adherence
from pipelines.checking.obedience import CHECKS, check_settings
from pipelines.dataset import read_dataset
from pipelines.note_settings import NoteSettings, resolve
from pipelines.records import Encounter, SourceKind
from pipelines.settings import ROOT, Settings
from pipelines.source import source_of
from pipelines.templates import Template, load_templates
from pipelines.writing.writer import NoteWriter

GOAL = 0.98
TERMS = ("client", "patient", "member", "consumer", "participant", "service user", "resident", "veteran")
PRONOUNS = (None, None, None, "she/her", "he/him", "they/them", "ze/hir", "none")
INSTRUCTIONS = (
    'Avoid the word "reported".',
    'Use "therapist" instead of "clinician".',
    "Use individual sessions instead of sessions.",
    "Always mention sleep.",
    "Always mention medication.",
    "Write numbers as digits.",
    "Write numbers in words.",
    "No abbreviations.",
    "Do not mention the employer.",
    "Do not name other people.",
    "Do not mention alcohol.",
    "Begin the assessment with the risk statement.",
    "Begin the plan with the next session.",
    "Do not use bullet points.",
    "Sign the note.",
    "State that the client denied SI.",
    "Keep a warm tone.",
)


def main() -> None:
    asked = _arguments()
    data = read_dataset(ROOT / "datasets" / "synthetic")
    encounters = [e for e in data.encounters if e.split in asked.split]
    templates = load_templates(ROOT / "prompts" / "templates")
    writer, draw = NoteWriter(Settings()), random.Random(asked.seed)  # noqa: S311 - no secret depends on it
    judged, failed, lost, whole = Counter[str](), Counter[str](), Counter[str](), 0
    for _ in range(asked.count):
        encounter, template = draw.choice(encounters), draw.choice(list(templates.values()))
        kind: SourceKind = draw.choice(("summary", "transcript"))
        style = combination(draw)
        broken, rules = _tried(writer, encounter, kind, template, style, judged)
        lost.update(rules)
        failed.update(name for name, _ in broken)
        whole += not broken
        if asked.show:
            for name, why in broken + [(rule, "an adherence rule is lost") for rule in rules]:
                given = style.model_dump(exclude_defaults=True)
                print(f"  {encounter.id} {kind} {template.format} {name}: {why}; {given}")
    print(f"{', '.join(asked.split)}: {asked.count} combinations, {len(encounters)} sessions, seed {asked.seed}")
    share = 1 - sum(failed.values()) / sum(judged.values())
    print(f"  settings obeyed                {share:.4f} of {sum(judged.values())} (wanted {GOAL})")
    print(f"  combinations obeyed in full    {whole / asked.count:.4f} (wanted {GOAL})")
    for setting in CHECKS:
        kept = 1 - failed[setting] / max(1, judged[setting])
        print(f"  settings_{setting:22}{kept:.4f} of {judged[setting]}, {failed[setting]} failed")
    gone = ", ".join(f"{rule} {count}" for rule, count in lost.most_common()) or "none"
    print(f"  adherence rules broken that the same note keeps without settings: {gone}")


def combination(draw: random.Random) -> NoteSettings:
    """Settings of three levels, each of which says something or nothing."""
    levels = []
    for _ in range(3):
        given = {
            "client_word": draw.choice(TERMS),
            "pronouns": draw.choice(PRONOUNS),
            "tense": draw.choice(("past", "present")),
            "verbosity": draw.choice(("brief", "standard", "detailed")),
            "quotes": draw.choice(("none", "some", "many")),
            "interventions_in": draw.choice((None, "objective", "data", "assessment")),
            "instructions": draw.sample(INSTRUCTIONS, draw.choice((0, 0, 0, 1))),
        }
        levels.append(NoteSettings(**{name: value for name, value in given.items() if draw.random() < 0.6}))
    return resolve(*levels).settings


def _tried(
    writer: NoteWriter, encounter: Encounter, kind: SourceKind, template: Template, style: NoteSettings,
    judged: Counter[str],
) -> tuple[list[tuple[str, str]], list[str]]:  # fmt: skip
    """What one note does not obey, with the reason, and the rules that it breaks and keeps without settings."""
    source = source_of(encounter, kind)
    note = writer.write(encounter.id, source, template, style, synthetic=True)
    results = check_settings(note.sections, template, source, style)
    judged.update(result.rule for result in results if result.kept is not None)
    rules = {r.rule for r in check_adherence(note.sections, template, source, settings=style) if r.kept is False}
    if rules:
        plain = writer.write(encounter.id, source, template, synthetic=True)
        kept = {r.rule for r in check_adherence(plain.sections, template, source) if r.kept is not False}
        rules &= kept
    broken = [(r.rule, f"{r.message} ({r.section}, {r.sentence})") for r in results if r.kept is False]
    return broken, sorted(rules)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether notes obey their settings.")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="every failure, by id and setting")
    parser.add_argument("split", nargs="*", default=["train", "dev"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
