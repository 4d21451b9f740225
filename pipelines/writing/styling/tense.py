"""The tense of what was said and done in the session: "Client reported", "Clinician guided", or the present."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.note_settings import Tense
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.words import listed
from pipelines.writing.styling.pronouns import base_of

# Verbs of a note: their time is the session's, whatever they tell of.
_NOTES = listed(
    "report state deny endorse note describe identify acknowledge disclose rate express answer indicate voice mention "
    "explain share add recall predict attribute complain verbalize elaborate clarify reveal"
)
_PLAINLY = listed("report state deny endorse")  # in a later clause too
# Verbs that may as well tell of the week: only of the client's word, and where nothing says that it was before.
_MAYBE = listed("say tell name decline accept agree respond place list discuss cry laugh smile practice select")
_BEFORE = re.compile(
    r"\b(?:yesterday|ago|last (?:\w+ )?(?:week|night|month|session|time|year)|earlier|previously|since|before "
    r"(?:that|the session)|(?:in|on) (?:\d{4}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day))\b",
    re.IGNORECASE,
)
_ADVERBS = r"(?P<adverbs>(?: (?:also|then|again|later|first|next|briefly|verbally|\w{3,}ly))*)"
_CLINICIAN = r"(?:[Tt]he )?(?:[Cc]linician|[Tt]herapist|[Cc]ounselor|[Pp]rovider)"
_SET_ASIDE = listed("was were had has is are been will would could can may might should must held")
_STOP = listed("that which who what how why when where if whether because i he she it they we you client clinician")


def retense(sentence: str, tense: Tense, called: str) -> str:
    """The sentence with its verbs of telling and the clinician's verbs in one tense; what they tell of is untouched.

    Args:
        called: the word for the client as the sentence has it.
    """
    client = rf"(?:[Tt]he )?[{called[0].upper()}{called[0].lower()}]{re.escape(called[1:])}"
    both = rf"(?:{client} and (?:the )?{_CLINICIAN}|{_CLINICIAN} and (?:the )?{client})"
    told = r"(?:(?<=^)|(?<=, )|(?<=; ))(?:[Ss]he|[Hh]e|[Tt]hey|[Zz]e|[Xx]e|[Ee]y|[Ff]ae)"
    for subject, turn in (
        (both, _of_clinician(tense, plural=True)),
        (rf"(?<! and )(?<!and the )(?:{_CLINICIAN})", _of_clinician(tense, plural=False)),
        (rf"(?<! and )(?<!and the )(?<!\bHow )(?<!\bhow )(?:{client})", _of_client(tense, sentence)),
        (told, _of_client(tense, sentence)),
    ):
        pattern = rf"(?<![\w-])(?P<subject>{subject}){_ADVERBS} (?P<not>(?:did|does|do) not )?(?P<verb>[a-z]+)\b"
        sentence = re.sub(pattern, turn, sentence)
    return _coordinated(sentence, tense)


Turn = Callable[[re.Match[str]], str]


def _of_client(tense: Tense, sentence: str) -> Turn:
    before = bool(_BEFORE.search(sentence))

    def turn(match: re.Match[str]) -> str:
        lemma, subject = base_of(match.group("verb")), match.group("subject").lower()
        opens = match.start() == 0 or sentence.startswith(("Asked", "About", "During", "In response", "On "))
        is_pronoun = subject in {"she", "he", "they", "ze", "xe", "ey", "fae"}
        if is_pronoun and not opens and lemma not in _PLAINLY:
            return match.group(0)
        if lemma in _NOTES or (lemma in _MAYBE and not before and not is_pronoun):
            if lemma == "deny" and subject == "they" and tense == "present":
                return f"{'Client' if match.start() == 0 else 'client'}{match.group('adverbs')} denies"
            return _turned(match, lemma, tense, plural=subject == "they")
        return match.group(0)

    return turn


def _of_clinician(tense: Tense, *, plural: bool) -> Turn:
    def turn(match: re.Match[str]) -> str:
        verb = match.group("verb")
        lemma = base_of(verb)
        known = w.forms(verb)
        fits = bool(match.group("not")) or bool(known & {"VBD", "VBZ"}) or verb in w.SAME_IN_PAST
        fits |= plural and tense == "past" and "VB" in known
        if verb in _SET_ASIDE or not fits or (plural and lemma == verb and tense == "present"):
            return match.group(0)
        return _turned(match, lemma, tense, plural=plural)

    return turn


def _turned(match: re.Match[str], lemma: str, tense: Tense, *, plural: bool) -> str:
    start = f"{match.group('subject')}{match.group('adverbs')} "
    if match.group("not"):
        helper = "did" if tense == "past" else "do" if plural else "does"
        return f"{start}{helper} not {lemma}"
    return start + conjugated(lemma, tense, plural=plural)


def conjugated(lemma: str, tense: Tense, *, plural: bool = False) -> str:
    if tense == "past":
        return w.inflect(lemma, "VBD")
    return lemma if plural else w.inflect(lemma, "VBZ")


def _coordinated(sentence: str, tense: Tense) -> str:
    """Further verbs of the clinician or of telling in the main clause: "guided a scan and asked …, denied …"."""
    opening = re.match(rf"^(?P<who>{_CLINICIAN})\b|^\S+", sentence)
    if not opening:
        return sentence
    by_clinician = bool(opening.group("who"))
    tokens, out = w.TOKEN.findall(sentence), []
    inside = False  # a clause with a subject of its own
    for i, piece in enumerate(tokens):
        low = piece.lower()
        ahead = next((t.lower() for t in tokens[i + 1 :] if t.strip()), "")
        if _after_joint(tokens, i) and ahead != "by" and ((by_clinician and not inside) or base_of(low) in _NOTES):
            out.append(_joint_verb(piece, tense, telling=not by_clinician or inside))
        else:
            out.append(piece)
        inside = (inside or (low in _STOP and i > 4) or piece == ":") and piece != "."
    return "".join(out)


def _joint_verb(verb: str, tense: Tense, *, telling: bool) -> str:
    lemma = base_of(verb.lower())
    if telling and lemma not in _NOTES - {"add", "share", "rate", "note", "state", "recall"}:
        return verb
    known = w.forms(verb)
    if tense == "present" and "VBD" in known and "VB" not in known and verb not in _SET_ASIDE:
        return conjugated(lemma, tense)
    if tense == "past" and "VBZ" in known and "NOUN" not in known and verb not in _SET_ASIDE:
        return conjugated(lemma, tense)
    return verb


def _after_joint(tokens: list[str], i: int) -> bool:
    before = [t.lower() for t in tokens[max(0, i - 4) : i] if t.strip()]
    while before and (before[-1] == "then" or before[-1] == "also"):
        before.pop()
    return bool(before) and before[-1] in {"and", "but", ","} and tokens[i].isalpha()
