"""From an instruction in plain English to typed edits, by rule. It is read as a wish, whatever else it says."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.source import split_sentences
from pipelines.templates import Template
from pipelines.writing.inputs import clean
from pipelines.writing.wand import grammar as g
from pipelines.writing.wand.records import Edit

LONGEST = 4_000
"""Characters of an instruction that are read."""
_LEADING_ARTICLE = re.compile(r"^(?:the|a|an|every|all|word|words)\s+", re.IGNORECASE)
_WHOLE = re.compile(r"^(?:it|this|that|them|everything|the (?:whole )?(?:note|thing|draft|text))$", re.IGNORECASE)
_TONES = {
    "formal": r"formal|professional|colloquial|slang",
    "clinical": r"^clinical|objective",
    "warm": r"warm|soft|kind|gentle|compassion|empath",
    "neutral": r"neutral|judg",
    "plain": r"plain|simpl|layman|conversational|casual|jargon|less (?:clinical|formal|stiff)",
}
_SHARES = (
    (0.5, r"\bhalf\b|essentials|highlights|\bmuch\b|bare|\bvery\b|\bway\b|brief"),
    (0.67, r"\bthird\b"),
    (0.8, r"\b(?:bit|slightly|little|somewhat|touch|tad)\b"),
)


@dataclass(frozen=True)
class Reading:
    """The edits of an instruction in order, and the parts of it that no rule understands, of kind "free"."""

    edits: tuple[Edit, ...]
    unread: tuple[Edit, ...]


def interpret(instruction: str, template: Template, section: str | None = None) -> Reading:
    """Read an instruction.

    Args:
        section: where everything is meant that names no section itself.
    """
    grammar = _Grammar(tuple((s.name, s.title) for s in template.sections))
    edits: list[Edit] = []
    unread: list[Edit] = []
    for piece in grammar.pieces(_plain(instruction)):
        found = grammar.parse(piece)
        if found:
            edits += [edit for edit in found if edit not in edits]
        elif edits and edits[-1].kind == "add" and not g.REASON.match(piece):
            edits.append(replace(edits[-1], text=piece))
        elif not g.REASON.match(piece):
            unread.append(grammar.free(piece))
    if not edits and not unread:
        unread.append(grammar.free(_plain(instruction)))
    if section:
        edits, unread = _within(edits, section), _within(unread, section)
    return Reading(tuple(edits), tuple(unread))


def _within(edits: Sequence[Edit], section: str) -> list[Edit]:
    return [edit if edit.sections or edit.to else replace(edit, sections=(section,)) for edit in edits]


def _plain(instruction: str) -> str:
    """Without control characters, field headers and typographic quotation marks; lines stay lines."""
    lines = (clean(line) for line in instruction[:LONGEST].splitlines())
    text = "\n".join(line for line in lines if line)
    return text.translate(str.maketrans("“”‘’–", "\"\"''-"))


class _Grammar:
    """The patterns with the names of one format's sections in them."""

    def __init__(self, sections: tuple[tuple[str, str], ...]) -> None:
        self._names = {word.lower(): name for name, title in sections for word in (name, title)}
        self._one = len(sections) == 1
        self._section = "|".join(sorted((re.escape(word) for word in self._names), key=len, reverse=True))

    def pieces(self, text: str) -> list[str]:
        found = []
        for sentence in split_sentences(text):
            opened = self._stripped(sentence)
            told = self._match(g.ADD, opened) and not self._match(g.MOVE, opened.rstrip("."))
            found += (g.SPLIT_ADD if told else g.SPLIT).split(opened)
        return [piece for part in found if (piece := self._stripped(part).rstrip(" .!?,;:"))]

    def parse(self, piece: str) -> list[Edit]:
        for read in (self._kept, self._wording, self._told, self._corrected, self._moved, self._removed, self._shaped,
                     self._added):  # fmt: skip
            if found := read(piece):
                return found
        return []

    def free(self, piece: str) -> Edit:
        return Edit("free", self._scope(piece), text=piece)

    def _kept(self, piece: str) -> list[Edit]:
        match = self._match(g.KEEP, piece)
        if not match or self._search(g.SHORTER, piece) or g.LIST.search(piece):
            return []
        if self._match(g.REMOVE_APART, piece):
            return []
        what = match.group("what") or match.group("what2")
        named = self._names.get(_LEADING_ARTICLE.sub("", what.lower()).removesuffix(" section"))
        return [Edit("keep", (named,) if named else (), text="" if named else what)]

    def _wording(self, piece: str) -> list[Edit]:
        """Words for words, how the client is called, quotations."""
        if match := g.CALLED.search(piece):
            return [Edit("person", self._scope(piece), new=(match.group("word") or match.group("word2")).lower())]
        for back, patterns in ((False, g.REPLACE[:2]), (True, g.REPLACE_BACK)):
            for pattern in patterns:
                if match := pattern.match(piece):
                    old, new = match.group(2 if back else 1), match.group(1 if back else 2)
                    return [self._swap(old, new, piece)]
        if g.QUOTES.search(piece):
            return [Edit("quotes", self._scope(piece))]
        return self._grammar(piece)

    def _grammar(self, piece: str) -> list[Edit]:
        """Person, tense, lists, abbreviations: the whole note is meant."""
        if g.THIRD_PERSON.search(piece) or (g.PRONOUNS.search(piece) and not self._match(g.ADD, piece)):
            pronouns = re.search(r"\b(she|he|they)\b", piece, re.IGNORECASE)
            third = bool(g.THIRD_PERSON.search(piece))
            return [
                Edit("person", self._scope(piece), text="third" if third else f"pronouns {pronouns and pronouns[1]}")
            ]
        for pattern, tense in ((g.PRESENT, "present"), (g.PAST, "past")):
            if pattern.search(piece):
                return [Edit("tense", self._scope(piece), new=tense)]
        if g.LIST.search(piece):
            return [Edit("list", self._scope(piece), new="prose" if "prose" in piece.lower() else "list")]
        if g.SPELL_OUT.search(piece):
            term = re.search(
                r"\b(?i:spell|write|expand)(?:ing)?(?: out)?\s+"
                r"(?:the (?:abbreviations?|acronyms?) )?([A-Z][\w-]*(?:-\w+)?)\b",
                piece,
            )
            named = term.group(1) if term and term.group(1).lower() not in self._names else ""
            return [Edit("spell_out", self._scope(piece), text=named)]
        return []

    def _swap(self, old: str, new: str, piece: str) -> Edit:
        old, new = (_LEADING_ARTICLE.sub("", word.strip().strip("\"'")) for word in (old, new))
        if old.lower().rstrip("s") in g.CLIENT_WORDS and new.lower().rstrip("s") in g.CLIENT_WORDS:
            return Edit("person", self._scope(piece), new=new.lower().rstrip("s"))
        is_value = re.fullmatch(g.VALUE, old, re.IGNORECASE) and re.fullmatch(g.VALUE, new, re.IGNORECASE)
        return Edit("correct" if is_value else "replace", self._scope(piece), text=old, new=new)

    def _told(self, piece: str) -> list[Edit]:
        """An addition that says so: "add that ...", "note: ...", "the plan should say ..."."""
        if behind := self._match(g.ADD_BEHIND, piece):
            text = re.sub(
                r"^(?:she|he|they|client|the client) (?:also )?told me (?:that )?",
                "",
                behind.group("what"),
                flags=re.IGNORECASE,
            )
            named = behind.group("section")
            return [Edit("add", (self._names[named.lower()],) if named else (), text=text)]
        if put := g.PUT_SOMETHING.match(piece):
            what, sections = self._without_place(put.group("what"))
            return [Edit("add", sections, text=re.sub(r"^.*?\b(about|on)\b", r"something \1", what, count=1))]
        match = self._match(g.ADD, piece)
        return self._add(piece, match) if match and re.search(r"(?:that|:|saying)\s*$", match.group(0)) else []

    def _corrected(self, piece: str) -> list[Edit]:
        for pattern in g.NOT_BUT:
            if match := pattern.match(piece):
                new, old = match.group("new"), match.group("old")
                context = f"{match.group('context')} {match.group('tail')} {match.group('tail2') or ''}"
                return [Edit("correct", self._scope(context), text=old, new=new, context=context.strip())]
        if match := g.NAME_NOT.match(piece):
            return [
                Edit("replace", self._scope(match.group("context")), text=match.group("old"), new=match.group("new"))
            ]
        for pattern in g.REPLACE[2:]:
            match = pattern.match(piece)
            if match and not self._search(g.TONE, match.group(2)) and not _WHOLE.match(match.group(1)):
                value = re.fullmatch(g.VALUE, match.group(2), re.IGNORECASE)
                if value and not re.fullmatch(g.VALUE, match.group(1), re.IGNORECASE):
                    return [Edit("correct", self._scope(match.group(1)), new=match.group(2), context=match.group(1))]
                return [self._swap(match.group(1), match.group(2), match.group(1))]
        if match := g.SHOULD_BE.match(piece):
            context = match.group("context")
            return [Edit("correct", self._scope(context), new=match.group("new"), context=context)]
        return []

    def _moved(self, piece: str) -> list[Edit]:
        for pattern in (g.MOVE, g.BELONGS):
            match = self._match(pattern, piece)
            if not match or (piece.lower().startswith("put ") and g.REASON.match(match.group("what"))):
                continue
            groups = match.groupdict()
            origin = groups.get("from") or groups.get("from2")
            named = (self._names[origin.lower()],) if origin else ()
            return [Edit("move", named, text=match.group("what"), to=self._names[match.group("to").lower()])]
        return []

    def _removed(self, piece: str) -> list[Edit]:
        if match := g.NOT_WANTED.match(piece):
            what, sections = self._without_place(match.group("what") or match.group("what2"))
            return [Edit("remove", sections, text=what)]
        if re.match(r"cut .*\b(?:down|by|in half)\b", piece, re.IGNORECASE) or self._search(
            re.compile(r"\b(?:slang|jargon|colloquialisms?|wordiness)\b", re.IGNORECASE), piece
        ):
            return []
        for pattern in (g.REMOVE_APART, g.REMOVE):
            match = self._match(pattern, piece)
            if match and not _WHOLE.match(match.group("what")):
                what, sections = self._without_place(match.group("what"))
                if not sections and (named := match.groupdict().get("section")):
                    sections = (self._names[named.lower()],)
                return [Edit("remove", sections, text=what)]
        return []

    def _shaped(self, piece: str) -> list[Edit]:
        """Length, focus and tone; one piece may ask for several."""
        scope, found = self._scope(piece), []
        if match := self._match(g.FOCUS, piece) or self._search(g.FOCUS, piece):
            topic, _ = self._without_place(match.group("topic") or piece)
            return [Edit("focus", scope, text=re.sub(r"^(?:her|his|their|the) goal (?:of|to)\s+", "", topic))]
        if self._search(g.LONGER, piece) and not re.search(r"\b(?:no|not|isn't) longer\b", piece):
            found_topic = g.TOPIC.search(piece)
            told = self._without_place(found_topic.group("topic"))[0] if found_topic else ""
            told = "" if re.fullmatch(r"(?:it|this|that|the session|the transcript)?", told.strip()) else told
            found.append(Edit("longer", scope, text=told))
        elif self._search(g.SHORTER, piece):
            share = next((share for share, words in _SHARES if re.search(words, piece, re.IGNORECASE)), 0.65)
            found.append(Edit("shorter", scope, share=share))
        if match := self._search(g.TONE, piece):
            word = match.group("tone").lower()
            tone = next(tone for tone, words in _TONES.items() if re.search(words, word)) if word else "formal"
            found.append(Edit("tone", scope, new=tone, text="\n".join(g.NAMED_WORDS.findall(piece))))
        return found

    def _added(self, piece: str) -> list[Edit]:
        if g.I_DID.match(piece):
            return [Edit("add", text=piece)]
        match = self._match(g.ADD, piece)
        return self._add(piece, match) if match else []

    def _add(self, piece: str, match: re.Match[str]) -> list[Edit]:
        groups = match.groupdict()
        named = next((groups[name] for name in ("section", "section2", "section3") if groups.get(name)), None)
        text, sections = self._without_place(piece[match.end() :])
        text = re.sub(r"^(?:that|about)\s+|\s+(?:too|as well|also|please|somewhere)$", "", text, flags=re.IGNORECASE)
        if named:
            sections = (self._names[named.lower()],)
        return [Edit("add", sections, text=text)] if len(text.split()) > 0 and text else []

    def _without_place(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A phrase without the section that it ends or begins with ("... in the plan too"), and that section."""
        pattern = (
            rf"[,\s]*\b(?:in|to|under|from|of|into)(?: the)? ({self._section})(?: section| part)?"
            r"(?:,? (?:too|also|as well|please))*$"
        )
        if match := re.search(pattern, text, re.IGNORECASE):
            return text[: match.start()].strip(), (self._names[match.group(1).lower()],)
        pattern = rf"^(?:to|in|under)(?: the)? ({self._section})(?: section)?,?(?: that\b)? "
        if match := re.match(pattern, text, re.IGNORECASE):
            return text[match.end() :].strip(), (self._names[match.group(1).lower()],)
        return text.strip(), ()

    def _scope(self, piece: str) -> tuple[str, ...]:
        """The sections that a piece names; "everything except the plan" names the others."""
        if self._one:
            return ()
        pattern = (
            r"(?<!safety )(?<!treatment )(?<!risk )(?<!crisis )\b(?!(?:plan|response) (?:to|that)\b)"
            rf"({self._section})\b"
        )
        named = [self._names[found.lower()] for found in re.findall(pattern, piece, re.IGNORECASE)]
        if named and re.search(r"\b(?:except|but not|other than|apart from|everything but)\b", piece, re.IGNORECASE):
            return tuple(name for name in dict.fromkeys(self._names.values()) if name not in named)
        return tuple(dict.fromkeys(named))

    def _stripped(self, text: str) -> str:
        text = text.strip()
        while (shorter := g.PREAMBLE.sub("", text, count=1).strip()) != text:
            text = shorter
        return re.sub(r"[,\s]+(?:please|pls|thanks|thank you|ok|okay)[.!?]*$", "", text, flags=re.IGNORECASE)

    def _match(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        return _filled(pattern, self._section).match(text)

    def _search(self, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
        return _filled(pattern, self._section).search(text)


@functools.lru_cache(maxsize=200)
def _filled(pattern: re.Pattern[str], sections: str) -> re.Pattern[str]:
    return re.compile(pattern.pattern.replace("SECTION", sections), pattern.flags)


def quoted_words(edit: Edit) -> Sequence[str]:
    """The words that an instruction about tone names."""
    return [word for word in edit.text.split("\n") if word]
