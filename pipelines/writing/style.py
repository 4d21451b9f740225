"""What makes a draft obey the settings of its note, whoever wrote it: lines for the prompt, and rules afterwards.

The rules are deterministic. They change how a thing is said and how much of it, never what happened: quotations,
plans, diagnoses, risk and what was before the session keep their wording.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pipelines.checking.instructions import Orders, orders_for, read_instructions, tells_of
from pipelines.note_settings import MOST_QUOTES, PRONOUNS, NoteSettings, Pronouns, Term, pronouns_of, template_for
from pipelines.phrases import FOR_CLINICIAN, NOT_ADDRESSED
from pipelines.source import Source, split_sentences
from pipelines.templates import Template
from pipelines.writing.inputs import clean
from pipelines.writing.styling import custom
from pipelines.writing.styling.length import fit
from pipelines.writing.styling.naming import call_client
from pipelines.writing.styling.placing import place_interventions
from pipelines.writing.styling.pronouns import repronoun, with_pronoun
from pipelines.writing.styling.quoting import settle_quotes
from pipelines.writing.styling.sentences import each
from pipelines.writing.styling.tense import retense

_QUOTES = {"none": "none", "some": f"at most {MOST_QUOTES}, word for word", "many": "at least 3, word for word"}
_ENGINE_WORD = "client"
_SETS = ("she/her", "he/him", "they/them")
_WRITERS_KNOW = tuple(pronouns_of(given) for given in _SETS)


def style_lines(settings: NoteSettings, template: Template) -> list[str]:
    """The settings as labelled lines of a prompt; an instruction that is refused is not among them."""
    template = template_for(settings, template)
    home = template.section_holding("intervention")
    bounds = (f"{s.name} {s.sentences[settings.verbosity][0]} to {s.sentences[settings.verbosity][1]}"
              for s in template.sections)  # fmt: skip
    lines = [
        f"client word: {settings.client_word}",
        *([f"pronouns: {settings.pronouns}"] if settings.pronouns else []),
        f"tense: {settings.tense}",
        f"verbosity: {settings.verbosity}",
        f"quotes: {_QUOTES[settings.quotes]}",
        *([f"interventions in: {home.name}"] if home else []),
        f"sentences: {'; '.join(bounds)}",
    ]
    refused = " ".join(read_instructions(settings.instructions).refused)
    for instruction in settings.instructions:
        told = [s for s in split_sentences(instruction.text) if s[:57] not in refused]
        lines += [f"instruction ({instruction.level}): {' '.join(told)}"] if told else []
    return [clean(line) for line in lines]


def apply_style(
    sections: Mapping[str, str], source: Source, settings: NoteSettings, template: Template
) -> tuple[dict[str, str], list[str]]:
    """The sections of a draft as the settings want them, and what could not be followed, in plain words.

    Args:
        sections: as any writer wrote them, the client called "Client" or by the settings' word.
        source: what they were written from; its chart may already have the settings' pronouns.
    """
    template, orders = template_for(settings, template), orders_for(read_instructions(settings.instructions), source)
    warnings = [*orders.refused, *orders.unread, *_misplaced(settings, template)]
    term = Term(settings.client_word)
    has_clients = bool(re.search(r"\bclients\b", source.text, re.IGNORECASE))
    styled = {section.name: _called(sections.get(section.name, ""), settings) for section in template.sections}
    styled = place_interventions(styled, template)
    styled = custom.select(styled, orders.followed, source, template)
    styled = settle_quotes(styled, source, settings, template)
    styled = _each(styled, lambda s: retense(s, settings.tense, _ENGINE_WORD))
    styled = _bounded(styled, settings, template, orders)
    styled = _pronouns(styled, source, settings, warnings)
    styled = custom.reword(styled, orders.followed, source)
    if settings.client_word != _ENGINE_WORD or settings.pronouns == "none":
        styled = _each(styled, lambda s: call_client(s, term, has_clients=has_clients))
    styled = custom.lead(styled, orders.followed, template)
    warnings += [f"{o.source}: not followed in full, what a note must state tells of it" for o in orders.followed
                 if custom.leaves(o, styled)]  # fmt: skip
    return {name: text.strip() or _absence(name) for name, text in styled.items()}, list(dict.fromkeys(warnings))


def _each(sections: Mapping[str, str], change: Callable[[str], str]) -> dict[str, str]:
    return {name: each(text, change) for name, text in sections.items()}


def _called(text: str, settings: NoteSettings) -> str:
    """The draft with one word for the client, on which the other rules can rest."""
    engine, word = Term(_ENGINE_WORD), settings.client_word
    if word != _ENGINE_WORD:
        pattern = rf"(?<![\w-]){re.escape(word)}(?P<of>['’]s)?(?![\w-])(?! of\b)"
        opens = rf"(?:(?<=^)|(?<=[.;,:] )|(?<=\n)|(?<=\bthe )|(?<=The )|(?<=\band )|(?<=\bwith ))(?<!my ){pattern}"
        text = re.sub(opens, lambda m: _as(engine.singular, m), text, flags=re.IGNORECASE)
    return each(text, lambda s: call_client(s, engine, has_clients=True))


def _as(word: str, match: re.Match[str]) -> str:
    return (word.capitalize() if match.group(0)[0].isupper() else word) + (match.group("of") or "")


def _bounded(sections: Mapping[str, str], settings: NoteSettings, template: Template, orders: Orders) -> dict[str, str]:
    topics = [topic for order in orders.followed if order.kind == "mention" for topic in order.words]

    def keep(sentence: str) -> bool:
        return (settings.quotes == "many" and '"' in sentence) or any(tells_of(sentence, topic) for topic in topics)

    bounds = {section.name: section.sentences[settings.verbosity] for section in template.sections}
    return {name: fit(text, *bounds[name], keep) for name, text in sections.items()}


def _pronouns(
    sections: Mapping[str, str], source: Source, settings: NoteSettings, warnings: list[str]
) -> dict[str, str]:
    if settings.pronouns is None:
        return dict(sections)
    new = pronouns_of(settings.pronouns)
    if new and settings.pronouns and PRONOUNS.get(new.subject) not in _WRITERS_KNOW:
        sections = _each(sections, lambda s: with_pronoun(s, new))
    unsure: list[str] = []
    styled = dict(sections)
    for old in _written_with(sections, source, new):
        for name, text in styled.items():

            def change(sentence: str, old: Pronouns = old, name: str = name) -> str:
                told, left = repronoun(sentence, old, new, Term(_ENGINE_WORD))
                unsure.extend([name] * left)
                return told

            styled[name] = each(text, change)
    if unsure:
        places = ", ".join(dict.fromkeys(unsure))
        warnings.append(f"pronouns: sentences that also speak of others were left; read them ({places})")
    return styled


def _written_with(sections: Mapping[str, str], source: Source, new: Pronouns | None) -> list[Pronouns]:
    """The pronouns that a draft has for the client and should not have.

    The chart's, unless they are the new ones already. Then a transcript was told with the new ones, and a summary may
    have brought its own: those that open sentences, or that it mostly has.
    """
    chart = pronouns_of(source.chart.client.pronouns)
    if chart is not None and chart != new:
        return [chart]
    text = " ".join(sections.values())
    known = [p for given in _SETS if (p := pronouns_of(given)) and p != new]
    opened = [p for p in known if re.search(rf"(?:^|[.\n] ?){p.subject.title()} (?:\w+ly )?\w+(?:ed|s)\b", text)]
    if source.kind == "transcript":
        return [p for p in opened if chart is None]
    counts = {p: len(re.findall(rf"\b(?:{p.subject}|{p.possessive})\b", source.text, re.IGNORECASE)) for p in known}
    most = max(counts, key=lambda p: counts[p])
    return list(dict.fromkeys([*opened, *([most] if counts[most] else [])]))


def _misplaced(settings: NoteSettings, template: Template) -> list[str]:
    wanted = settings.interventions_in
    if wanted is None or wanted in template.interventions.allowed:
        return []
    home = template.interventions.default
    return [f"interventions in {wanted}: {template.title} does not allow that, they stand in {home}"]


def _absence(name: str) -> str:
    return FOR_CLINICIAN if name == "assessment" else NOT_ADDRESSED
