"""The client's pronouns, with verbs that agree; what may mean somebody else is left."""

from __future__ import annotations

import re

from pipelines.note_settings import Pronouns, Term
from pipelines.writing.extractive import words as w
from pipelines.writing.extractive.words import listed
from pipelines.writing.styling.sentences import upper_first

_MEN = listed(
    "brother father dad son husband boyfriend grandfather grandpa uncle nephew stepfather stepdad man guy "
    "boy mr ex-husband fiance"
)
_WOMEN = listed(
    "sister mother mom mum daughter wife girlfriend grandmother grandma aunt niece stepmother stepmom "
    "woman girl ms mrs ex-wife fiancee"
)
_EITHER = listed(
    "boss supervisor manager lead coworker colleague friend roommate partner neighbor doctor dr "
    "prescriber psychiatrist therapist professor teacher coach sponsor child kid baby cousin spouse "
    "parent landlord nurse officer lawyer guest buddy ex fiance captain sergeant pastor person somebody "
    "someone"
)
_PEOPLE = {"she": {*_WOMEN, *_EITHER}, "he": {*_MEN, *_EITHER}}
_GOAL = re.compile(r"^Progress toward the goal\b[^:]*: ?")
_NAME = re.compile(r"[A-Z][a-z]{2,}$")
_NOT_A_NAME = listed(
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july "
    "august september october november december client clinician session progress homework asked about "
    "during"
)


def repronoun(sentence: str, old: Pronouns, new: Pronouns | None, term: Term) -> tuple[str, bool]:
    """The sentence with other pronouns for the client, and whether one was left because it may mean somebody else.

    Args:
        new: None: the term instead of a pronoun.
    """
    if old.plural and (goal := _GOAL.match(sentence)):  # "so that they no longer take over": the goal's own words
        told, left = repronoun(sentence[goal.end() :], old, new, term)
        return goal.group(0) + told, left
    tokens = w.TOKEN.findall(sentence)
    out: list[str] = []
    other = left = False
    verb_comes = again = False  # a verb of the client comes next; verbs joined to it follow suit
    shift = new is None or new.plural != old.plural
    plural = new is not None and new.plural
    for i, piece in enumerate(tokens):
        low = piece.lower()
        if verb_comes and piece.strip() and low not in w.ADVERBS | {"no", "longer"}:
            out.append(agree(piece, plural=plural) if shift else piece)
            again, verb_comes = shift, False
            continue
        if again and _joined(tokens, i) and "VERB" in w.forms(low) and low not in w.PREPOSITIONS:
            out.append(agree(piece, plural=plural) if _is_form(low, plural=old.plural) else piece)
            continue
        if low == term.singular.split()[-1].lower():
            other = False
        elif _is_other(tokens, i, old):
            other = True
        form = _form_of(tokens, i, old)
        if form is None or (other and form != "possessive") or (other and not _own_relation(tokens, i)):
            left |= form is not None
            again = again and piece not in ".;:?!" and low not in w.SUBJECTS
            out.append(piece)
            continue
        told = _told(form, new, term)
        out.append(upper_first(told) if piece[0].isupper() else told)
        verb_comes, again = form == "subject", again and form != "subject"
    return "".join(out), left


def _told(form: str, new: Pronouns | None, term: Term) -> str:
    if new is not None:
        return str(getattr(new, form))
    return {"possessive": term.possessive, "own": term.possessive, "reflexive": "themself"}.get(form, term.singular)


_WORD_AGAIN = re.compile(r"(?<!^)\bthe client(?P<of>['’]s)?(?![\w-])(?P<ahead>(?: \w+)?)")


def with_pronoun(sentence: str, new: Pronouns) -> str:
    """Where a writer that knows no such pronouns says "the client" again within a sentence, the pronoun."""

    def told(match: re.Match[str]) -> str:
        ahead = match.group("ahead")
        if match.group("of"):
            return new.possessive + ahead
        verb = ahead.strip().lower()
        acts = verb in w.AUXILIARIES | w.ADVERBS or ("VERB" in w.forms(verb) and verb not in w.PREPOSITIONS)
        return (new.subject if acts else new.object) + (agree(ahead, plural=new.plural) if acts else ahead)

    return re.sub(r"\bthemself\b", new.reflexive, _WORD_AGAIN.sub(told, sentence))


def _form_of(tokens: list[str], i: int, old: Pronouns) -> str | None:
    """Which form of the old pronoun a piece is; "her" may be two."""
    low = tokens[i].lower()
    forms = [name for name in ("subject", "object", "possessive", "own", "reflexive") if getattr(old, name) == low]
    if low == "themselves" and old.plural:
        return "reflexive"
    if len(forms) < 2:
        return forms[0] if forms else None
    return "possessive" if _noun_ahead(tokens, i) else next(name for name in forms if name != "possessive")


def _noun_ahead(tokens: list[str], i: int) -> bool:
    """Whether a noun follows that the pronoun owns: "her sister", "her own car", but not "told her she"."""
    following = next((t for t in tokens[i + 1 :] if t.strip()), "")
    low = re.sub(r"['’]s$", "", following.lower())
    if not low.isalpha() or low in w.SUBJECTS | w.PREPOSITIONS | w.DETERMINERS | w.AUXILIARIES | {"and", "or"}:
        return False
    known = w.forms(low)
    return low not in {"one", "not", "so"} and not (known and known <= {"ADV"})


def _own_relation(tokens: list[str], i: int) -> bool:
    """Whether a possessive comes before any other person: it is the client's then."""
    return not any(_NAME.match(t) for t in tokens[1:i]) and not any(t in ",;:" for t in tokens[:i])


def _is_other(tokens: list[str], i: int, old: Pronouns) -> bool:
    """Whether a piece names somebody, or for "they" some things, that the old pronoun could mean."""
    piece, low = tokens[i], tokens[i].lower()
    if low.endswith(("'s", "’s")) and not _is_verb_s(tokens, i):
        return False  # "the neighbor's mower": the mower is spoken of
    low = re.sub(r"['’]s$", "", low)
    if old.plural:
        plural = low.endswith("s") and len(low) > 3 and "NOUN" in w.forms(low) and not low.endswith("ss")
        return (plural and "VBZ" not in w.forms(low)) or low in {
            "people",
            "children",
            "parents",
            "kids",
            "men",
            "women",
        }
    if low in _PEOPLE.get(old.subject, set()):
        return True
    opens = not any(t.strip() for t in tokens[:i])
    return bool(_NAME.match(piece)) and not opens and low not in _NOT_A_NAME and not w.forms(low)


def _is_verb_s(tokens: list[str], i: int) -> bool:
    """Whether 's stands for "is" or "has": "his brother's the drinker"."""
    following = next((t.lower() for t in tokens[i + 1 :] if t.strip()), "")
    return following in w.DETERMINERS | w.PREPOSITIONS | w.ADVERBS | {"got", "been"} or following.endswith("ing")


def _joined(tokens: list[str], i: int) -> bool:
    before = [t.lower() for t in tokens[max(0, i - 4) : i] if t.strip()]
    return bool(before) and before[-1] in {"and", "or", "but", "then"}


def _is_form(verb: str, *, plural: bool) -> bool:
    if verb in w.BE | w.HAVE | w.DO:
        return verb in ({"are", "were", "have", "do"} if plural else {"is", "was", "has", "does"})
    known = w.forms(verb)
    return "VB" in known if plural else "VBZ" in known


def agree(verb: str, *, plural: bool) -> str:
    """A verb as it follows they (plural) or she, he, the client's word."""
    low = verb.lower()
    if not plural:
        return w.third_person(verb, plural=False)
    pairs = {"is": "are", "was": "were", "has": "have", "does": "do"}
    if low in pairs or not low.endswith("s") or low in w.MODALS or "VBZ" not in w.forms(low):
        return pairs.get(low, verb)
    return base_of(low)


def base_of(verb: str) -> str:
    import lemminflect

    found = lemminflect.getLemma(verb, "VERB")
    return str(found[0]) if found else verb
