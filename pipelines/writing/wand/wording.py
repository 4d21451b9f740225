"""Edits that say the same in other words: words for words, tone, terms written out, how the client is called, tense."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from pipelines.note_settings import Tense, Term, pronouns_of
from pipelines.stems import content_stems
from pipelines.writing.extractive.rewrite import Person, lower_first, to_third_person
from pipelines.writing.extractive.statements import is_clause
from pipelines.writing.styling.naming import call_client
from pipelines.writing.styling.quoting import without_quotes
from pipelines.writing.styling.sentences import upper_first
from pipelines.writing.styling.tense import retense
from pipelines.writing.wand.bench import Bench, forbid_loss, outside_quotations
from pipelines.writing.wand.interpret import quoted_words
from pipelines.writing.wand.records import CannotDoError, Edit
from pipelines.writing.wand.refusals import protected
from pipelines.writing.wand.working import How

NOTHING = "nothing in the note is worded so that the rules could change it that way"
_I = re.compile(r"(?<![\w.])(?:I(?:'m|'ve|'d|'ll)?|[Mm]y|[Mm]yself|me)\b(?![.\w-]\w)")
_REMARK = re.compile(r"\b(said|says|saying|say|replied|answered) \"[^\"]*\"(?= to\b)")
_TOLD = re.compile(
    r"\b(?P<verb>(?:said|says|state[sd]?|conclude[sd]?|add(?:s|ed)|repl(?:ies|ied)|object(?:s|ed)|"
    r"recogni[sz]e[sd]|report(?:s|ed)|note[sd]|explain(?:s|ed)|thought|thinks|realize[sd]|remark(?:s|ed)|answer(?:s|ed)|"
    r"saying|telling \w+|told \w+))(?: that)?,? "
    r"\"(?P<said>[^\"]+?)[,.]?\"",
    re.IGNORECASE,
)


@functools.cache
def _lists() -> Mapping[str, Mapping[str, str]]:
    raw: Mapping[str, Mapping[str, str]] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
    return raw


def replace_words(bench: Bench, edit: Edit) -> None:
    """One wording by another, everywhere but in quotations and the session line."""
    pattern = _word_pattern(edit.text)
    stated: How = "stated" if re.search(r"\d|(?<!^)\b[A-Z]", edit.new) or edit.new[:1].isupper() else "worded"
    known = bench.holdings.unfounded(edit.new) is None

    def change(text: str) -> str:
        return pattern.sub(lambda m: _like(m.group(0), edit.new + (m.group("s") or "")), text)

    _everywhere(bench, edit.sections, change, "worded" if known else stated)


def _word_pattern(words: str) -> re.Pattern[str]:
    inner = re.sub(r"\\? ", r"\\s+", re.escape(words.strip(" .")))
    return re.compile(rf"(?<![\w-]){inner}(?P<s>s(?!\w))?(?![\w-])", re.IGNORECASE)


def _like(found: str, new: str) -> str:
    """In the case of what it stands for."""
    if found[:1].isupper() and not found.isupper():
        return upper_first(new)
    return new


def set_tone(bench: Bench, edit: Edit) -> None:
    """Everyday words for chart words, or the other way; what was said about risk keeps its wording."""
    words = dict(_lists()["formal" if edit.new == "clinical" else edit.new])
    named = [word.lower() for word in quoted_words(edit)]
    if named:
        words = {old: new for old, new in words.items() if any(name in old for name in named)}
    order = sorted(words, key=len, reverse=True)
    pattern = (
        re.compile(rf"(?<![\w'-])(?:{'|'.join(map(re.escape, order))})(?![\w'-])", re.IGNORECASE) if order else None
    )

    def change(text: str) -> str:
        new = pattern.sub(lambda m: _like(m.group(0), words[m.group(0).lower()]), text) if pattern else text
        return upper_first(re.sub(r"\s+([,.;:])", r"\1", re.sub(r" {2,}", " ", new)).strip())

    try:
        _everywhere(bench, edit.sections, change, "worded", spare=True)
    except CannotDoError:
        text = " ".join(place.sentence.text.lower() for place in bench.places(edit.sections))
        if not named or any(re.search(rf"\b{re.escape(name)}\b", text) for name in named):
            raise  # else an edit before this one has done it


def spell_out(bench: Bench, edit: Edit) -> None:
    """The first mention of an abbreviation in each section: what it stands for, then the abbreviation in brackets."""
    known = _lists()["abbreviations"]
    wanted = [name for name in known if not edit.text or name.lower() == edit.text.lower()]
    if edit.text and not wanted:
        raise CannotDoError("what this abbreviation stands for is not known here")
    changed = False
    for section in edit.sections or bench.working.sections:
        seen: set[str] = set()
        for place in bench.places([section]):
            for name in sorted(wanted, key=len, reverse=True):
                pattern = re.compile(rf"(?<![\w(-]){re.escape(name)}(?![\w)-])")
                if name in seen or not pattern.search(place.sentence.text):
                    continue
                seen.add(name)
                told = f"{known[name]} ({name})"
                place.sentence.become(
                    outside_quotations(place.sentence.text, functools.partial(_first, pattern, told)), "worded"
                )
                changed = True
    if not changed:
        raise CannotDoError(NOTHING)


def _first(pattern: re.Pattern[str], told: str, text: str) -> str:
    return (
        upper_first(pattern.sub(lambda _: told, text, count=1))
        if pattern.match(text)
        else pattern.sub(lambda _: told, text, count=1)
    )


def set_person(bench: Bench, edit: Edit) -> None:
    """How the client is called, or the clinician told of in the third person."""
    if edit.text == "third":
        person = bench.person
        _everywhere(bench, edit.sections, lambda text: _third(text, person), "worded")
    elif edit.new:
        word = bench.client_word
        text = bench.source.text.lower()

        def change(sentence: str) -> str:
            return call_client(_as_client(sentence, word), Term(edit.new), has_clients="clients" in text)

        _everywhere(bench, edit.sections, change, "worded", all_sentences=True)
    else:
        charted = pronouns_of(bench.style.pronouns or bench.source.chart.client.pronouns)
        asked = edit.text.removeprefix("pronouns ")
        if charted and charted.subject == asked:
            raise CannotDoError("the note has these pronouns; name a sentence that has not")
        raise CannotDoError("pronouns come from the chart and the settings; change them there and write the note again")


def _as_client(sentence: str, word: str) -> str:
    if word == "client":
        return sentence
    return re.sub(rf"\b{word}(?=s?\b)", lambda m: _like(m.group(0), "client"), sentence, flags=re.IGNORECASE)


def _third(text: str, person: Person) -> str:
    if not _I.search(text):
        return text
    told = to_third_person(text, "clinician", person)
    return upper_first(re.sub(r"\bthe clinician\b", "clinician", told))


def set_tense(bench: Bench, edit: Edit) -> None:
    """The tense of telling; events of the week keep theirs, as does everything in the plan."""
    plan = bench.template.section_holding("plan")
    plans = {plan.name} if plan and len(bench.template.sections) > 1 and not edit.sections else set()
    sections = [name for name in edit.sections or bench.working.sections if name not in plans]
    word = bench.client_word
    tense: Tense = "present" if edit.new == "present" else "past"
    _everywhere(bench, sections, lambda text: retense(text, tense, word), "worded")


def drop_quotes(bench: Bench, edit: Edit) -> None:
    """What was quoted told in indirect speech; a mere remark stays a remark."""
    changed = False
    for place in bench.places(edit.sections):
        sentence = place.sentence
        if '"' not in sentence.text and "“" not in sentence.text:
            continue
        text = _REMARK.sub("made a remark", sentence.text.replace("“", '"').replace("”", '"'))
        text = _TOLD.sub(lambda m: _indirect(m, bench.person), text)
        text = without_quotes(text, bench.person) if '"' in text else text
        text = f"{text}." if text and text[-1] not in ".?!" else text
        forbid_loss(sentence.text, text)
        if text:
            sentence.become(text, "cut" if len(content_stems(text)) < len(content_stems(sentence.text)) else "worded")
        else:
            bench.working.drop(place)
        changed = True
    if not changed:
        raise CannotDoError("there is no quotation in it")


def _indirect(match: re.Match[str], person: Person) -> str:
    told = lower_first(to_third_person(match.group("said").strip(" .,"), "client", person))
    return f"{match.group('verb')} that {told}" if is_clause(told) else match.group(0)


def set_list(bench: Bench, _edit: Edit) -> None:
    """Lists are no matter of one note: where a template has prose, the note has prose."""
    raise CannotDoError(
        f"{bench.template.title} is written in prose; whether a section may be a list is for its template"
    )


def _everywhere(
    bench: Bench,
    sections: Sequence[str],
    change: Callable[[str], str],
    how: How,
    *,
    spare: bool = False,
    all_sentences: bool = False,
) -> None:
    """Change every sentence outside its quotations.

    Args:
        spare: leave sentences alone that state risk, the session or the diagnosis.
        all_sentences: the session line too.
    """
    changed = False
    for place in bench.places(sections):
        text = place.sentence.text
        if (spare and set(protected(text))) or (bench.is_session_line(text) and not all_sentences):
            continue
        new = outside_quotations(text, change)
        if new != text and new.strip():
            forbid_loss(text, new)
            place.sentence.become(new, how)
            changed = True
    if not changed:
        raise CannotDoError(NOTHING)
