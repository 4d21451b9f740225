"""Which words of a note an instruction means, and how a part of a sentence is taken out without breaking it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.embeddings import Embedder
from pipelines.stems import content_stems, stem, words_of
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.rewrite import capitalize
from pipelines.writing.wand.records import CannotDoError
from pipelines.writing.wand.working import Place, Working

_COVERED = 0.74  # share of a phrase's words, by rarity, that a sentence holds which is meant by it
_LEAST = 0.5  # the same for the best sentence where none holds that much
_ALIKE = 0.45  # cosine from which a sentence is meant by a phrase none of whose words it holds
_LEAD = re.compile(
    r"^(?:(?:any|all|every|the|that|this|those|her|his|their) )?(?:whole )?(?:bits?|parts?|pieces?|things?|"
    r"stuff|lines?|sentences?|comparisons?|mentions?|references?|details?|comments?|remarks?|talk|information|info|everything|"
    r"anything|statements?|section)\s+(?:about|on|of|to|where|that|regarding|with|saying|concerning|around|how)?\b\s*",
    re.IGNORECASE,
)
_VAGUE = frozenset(
    stem(word)
    for word in w.listed("""bit part piece thing stuff line sentence comparison mention reference detail comment remark
    information note section everything anything statement whole medical history issue business score mg dose
    percent""")
)
_SEAM = re.compile(
    r"(; |, (?:and|but|or|so) |"
    r", (?:although|though|because|since|which|who|where|while|with|as) |, (?!\d)| (?:and|but) )"
)
_RELATIVE = re.compile(r"^, (?:although|though|because|since|which|who|where|while|with|as) $")
_SUBJECT = re.compile(
    r"^((?:She|He|They|The client|Client|Patient|The patient|Clinician|The clinician|[A-Z]\w+)"
    r"(?: (?:also )?(?:reported|stated|described|said|added|noted|shared)(?: that (?:she|he|they))?)?)\s",
)


@dataclass(frozen=True)
class Hit:
    """A sentence that is meant, and how well it holds the phrase (0 to 1)."""

    place: Place
    score: float


def key_stems(phrase: str) -> list[str]:
    """The words of a phrase that tell what it means, without "the part about"."""
    bare = _LEAD.sub("", phrase.strip())
    found = list(dict.fromkeys(s for s in content_stems(bare) if s not in _VAGUE))
    return found or list(dict.fromkeys(content_stems(phrase)))


def find(working: Working, phrase: str, sections: Sequence[str], embedder: Embedder | None) -> list[Hit]:
    """The sentences that a phrase means, best first: those that hold its words, else the one nearest in meaning."""
    places = list(working.places(sections))
    if not places:
        return []
    literal = phrase.strip(" .\"'").lower()
    exact = [Hit(place, 1.0) for place in places if len(literal) > 3 and literal in place.sentence.text.lower()]
    if exact:
        return exact
    held = [set(content_stems(place.sentence.text)) for place in places]
    spread = Counter(s for stems in held for s in stems)
    wanted = [s for s in key_stems(phrase) if spread[s]]
    if wanted:
        weight = {s: math.log((len(places) + 1) / (spread[s] - 0.5)) for s in wanted}
        total = sum(weight.values())
        hits = [Hit(p, sum(weight[s] for s in wanted if s in h) / total) for p, h in zip(places, held, strict=True)]
        best = max(hit.score for hit in hits)
        if best >= _LEAST:
            level = max(_COVERED, 0.95 * best) if best >= _COVERED else 0.95 * best
            return sorted((hit for hit in hits if hit.score >= level), key=lambda hit: -hit.score)
    if embedder is None:
        return []
    vectors = embedder.sentences([_LEAD.sub("", phrase), *(place.sentence.text for place in places)])
    cosines = [float(c) for c in vectors[1:] @ vectors[0]]
    best = max(range(len(places)), key=cosines.__getitem__)
    return [Hit(places[best], cosines[best])] if cosines[best] >= _ALIKE else []


def holds(text: str, stems: Iterable[str]) -> float:
    """The share of stems that a text holds."""
    wanted, there = set(stems), set(content_stems(text))
    return len(wanted & there) / len(wanted) if wanted else 0.0


def part_of(sentence: str, phrase: str) -> str | None:
    """The part of a sentence between semicolons that a phrase means; None: the sentence as a whole."""
    parts = re.split(r"(?<=;) ", sentence)
    stems = [s for s in key_stems(phrase) if holds(sentence, [s])]
    fitting = [part for part in parts if stems and holds(part, stems) > 0.99]
    return fitting[0] if len(parts) > 1 and len(fitting) == 1 else None


def without(sentence: str, phrase: str) -> str:
    """A sentence without what a phrase means; empty where nothing that can stand would be left.

    The shortest part is taken out that holds the phrase's words and leaves a sentence. Where nothing of the sentence is
    left but its subject, all of it goes.
    """
    stems = [s for s in key_stems(phrase) if holds(sentence, [s])]
    if not stems:
        raise CannotDoError("what is to be taken out was not found")
    chunks, seams = _pieces(sentence.rstrip("."))
    runs = [(i, j) for i in range(len(chunks)) for j in range(i, len(chunks))]
    runs.sort(key=lambda run: sum(len(chunk.split()) for chunk in chunks[run[0] : run[1] + 1]))
    for first, last in runs:
        gone = " ".join(chunks[first : last + 1])
        left = " ".join(chunks[:first] + chunks[last + 1 :])
        if holds(gone, stems) < 0.99 or (len(stems) < 3 and holds(left, stems)):
            continue
        rest = _joined(chunks, seams, first, _with_what_hangs_on_it(chunks, seams, last))
        if rest is not None:
            return rest
    return ""


def chunk_cuts(sentence: str) -> list[tuple[str, str]]:
    """Every part that can be taken out of a sentence so that a sentence is left: (what goes, what is left)."""
    chunks, seams = _pieces(sentence.rstrip("."))
    found = []
    for first in range(1, len(chunks)):
        last = _with_what_hangs_on_it(chunks, seams, first)
        rest = _joined(chunks, seams, first, last)
        if rest:
            found.append((" ".join(chunks[first : last + 1]), rest))
    return found


def _pieces(sentence: str) -> tuple[list[str], list[str]]:
    """The chunks of a sentence and the seams between them; there is no seam within a quotation."""
    masked = re.sub(r'"[^"]*"', lambda quoted: "x" * len(quoted.group(0)), sentence)
    chunks, seams, at = [], [], 0
    for seam in _SEAM.finditer(masked):
        chunks.append(sentence[at : seam.start()])
        seams.append(seam.group(0))
        at = seam.end()
    return [*chunks, sentence[at:]], seams


def _with_what_hangs_on_it(chunks: Sequence[str], seams: Sequence[str], last: int) -> int:
    """The end of what goes, with the phrases behind that say when, how or how much of it."""
    if next(iter(words_of(chunks[last])), "") in w.PREPOSITIONS:
        return last  # what follows hangs on something before
    while last + 1 < len(chunks) and (
        _RELATIVE.match(seams[last])
        or seams[last].strip(" ,") == "but"
        or (seams[last] == ", " and next(iter(words_of(chunks[last + 1])), "") in w.PREPOSITIONS)
    ):
        last += 1
    return last


def _joined(chunks: Sequence[str], seams: Sequence[str], first: int, last: int) -> str | None:
    """The sentence without the chunks from `first` to `last`; None where what is left cannot stand."""
    before, after = list(chunks[:first]), list(chunks[last + 1 :])
    if not before and not after:
        return ""
    if not before:
        opened = _reopened(chunks[0], after[0], seams[last])
        if opened is None:
            return None
        return _text([opened, *after[1:]], list(seams[last + 1 :]))
    left_seams = list(seams[: max(first - 1, 0)])
    if not after:
        return _text(before, _closed(before, left_seams, seams[first - 1]))
    if _RELATIVE.match(seams[first - 1]) and not seams[last].startswith((",", ";")):
        return None
    if seams[last] == "; " and seams[first - 1] != "; ":
        return _text(before + after, [*left_seams, "; ", *seams[last + 1 :]])
    if seams[first - 1] == "; " and not _stands(after[0]) and seams[last] != "; ":
        return None
    joint = seams[first - 1] if seams[last] not in {" and ", ", and "} or seams[first - 1] == "; " else seams[last]
    if _RELATIVE.match(seams[last]):
        joint = seams[last]
    if joint == ", " and seams[last] == " and ":
        joint = " and "
    return _text(before + after, [*left_seams, joint, *seams[last + 1 :]])


def _closed(chunks: Sequence[str], seams: list[str], gone: str) -> list[str]:
    """ "a, b and c" without c is "a and b"."""
    first = next(iter(words_of(chunks[-1])), "")
    hangs = first in w.PREPOSITIONS or "ADV" in w.forms(first)
    if gone in {" and ", ", and "} and seams and seams[-1] == ", " and not hangs:
        seams[-1] = " and " if len(chunks) == 2 else gone
    return seams


def _reopened(head: str, following: str, seam: str) -> str | None:
    """A chunk that becomes the opening: with the subject of the one that went where it has none of its own."""
    if _stands(following):
        return capitalize(following)
    subject = _SUBJECT.match(head)
    if seam == "; " or subject is None or _RELATIVE.match(seam):
        return None
    name = subject.group(1).split(" ")[0] if not subject.group(1).startswith("The ") else subject.group(1)
    first = next(iter(words_of(following)), "")
    told = subject.group(1) != name and " that " not in subject.group(1)
    if told and ("VBG" in w.forms(first) or first in w.DETERMINERS):
        return f"{subject.group(1)} {following}"
    if first in w.AUXILIARIES or "VBD" in w.forms(first) or "VBZ" in w.forms(first):
        return f"{name} {following}"
    return None


def _stands(chunk: str) -> bool:
    """Whether a chunk has a subject and a verb of its own."""
    tokens = words_of(chunk)
    if len(tokens) < 2:
        return False
    if tokens[0] in {"she", "he", "they", "it", "client", "clinician", "patient", "there", "this"}:
        return tokens[1] in w.AUXILIARIES or "VERB" in w.forms(tokens[1])
    owned = tokens[0] in w.DETERMINERS or chunk[:1].isupper()
    return owned and any(t in w.AUXILIARIES or {"VBD", "VBZ"} & w.forms(t) for t in tokens[1:6])


def _text(chunks: Sequence[str], seams: Sequence[str]) -> str:
    words = [chunks[0]]
    for seam, chunk in zip(seams, chunks[1:], strict=True):
        words += [seam, chunk]
    text = re.sub(r"\s+", " ", "".join(words)).strip(" ,;")
    return f"{capitalize(text)}." if text else ""
