"""Closed classes of English words, and inflection."""

from __future__ import annotations

import functools
import re

import lemminflect


def listed(words: str) -> frozenset[str]:
    """A set of words from a text of them."""
    return frozenset(words.split())


TOKEN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\d+(?:[:.,]\d+)*|\s+|[^\w\s]|\w+")

MODALS = listed("can could may might must shall should will would ought")
BE = listed("am is are was were be been being")
HAVE = frozenset(["have", "has", "had", "having"])
DO = frozenset(["do", "does", "did"])
AUXILIARIES = MODALS | (BE - {"be", "been", "being"}) | (HAVE - {"having"}) | DO
ADVERBS = listed(
    "just still really also always never almost only even actually probably mostly usually often "
    "sometimes definitely already maybe finally basically either both kind sort of not hardly barely now "
    "then again ever totally completely half kinda pretty simply currently generally normally quite "
    "rarely seldom"
)
SUBJECTS = listed("i he she it they we you there this that these those who somebody someone everybody nobody")
DETERMINERS = listed(
    "a an the my your his her its our their this that these those some any no every each another both all"
)
PREPOSITIONS = listed(
    "about above across after against along around at before behind between by down during for from in "
    "into near of off on onto out over past since through till to toward towards under until up upon with "
    "within without like than as because although though while when where if unless whether"
)
# Words after which "you" is an object although a verb follows ("help you sleep").
TAKES_OBJECT = listed(
    "help helps helped let lets make makes made see saw watch have had with for to of about tell tells "
    "told ask asked asks give gave gives want wants wanted thank from on at hear heard get got keep keeps "
    "kept lets need needs"
)
SAME_IN_PAST = listed("put hit read let cut quit set shut hurt cost spread split bet beat shed")
# Base verbs that in speech are nearly always the past of another: found, felt, saw.
PAST_RATHER = listed("found felt left saw fell lay wound bound ground bore lied thought")
# Past forms that are also a noun or an adjective, but hardly ever open a sentence as one.
PAST_VERBS = listed(
    "drove rode woke found felt saw fell left thought spoke wrote took went got had ate drank slept kept told made "
    "brought bought gave came sat stood lost met ran said heard forgot began chose broke wore threw swore swam sang "
    "tried stayed talked called asked started stopped skipped missed finished noticed wondered remembered"
)
HAS_AFTER_S = listed("been got had become happened started stopped gotten gone taken come made helped moved left")
COMMON_VERBS = listed(
    "be have do go get feel think know want need try take make say tell ask see look find come keep give "
    "work sleep eat wake cry worry drink smoke use talk call check stay sit stand walk lie go read watch "
    "write turn lose forget remember start stop leave avoid skip miss hate love like enjoy live move run "
    "drive fight yell snap scream freeze shut hide wait help hear believe hope wish feel notice count "
    "breathe bring put let pay spend pick clean cook wash play matter mean sound look happen change "
    "affect bother scare"
)
_ENDS = r"(?=\s*(?:[.,!?;…—]|$))"  # "I do." answers; "I do the dishes" tells
AFFIRM = re.compile(
    r"^(?:(?:yes|yeah|yep|yup|sure|okay|ok|right|exactly|definitely|absolutely|of course|correct|true|fine|mm-hmm|"
    r"uh-huh|please|i think so|i guess(?: so)?|sounds good|that works|deal|all right|"
    r"alright|that's (?:it|right|true|fine))\b|"
    rf"(?:i (?:do|did|have|am|was|would|could|can|will)|it (?:is|does|did|was|has)){_ENDS})",
    re.IGNORECASE,
)
DENY = re.compile(
    r"^(?:(?:no|nope|nah|never|not (?:really|at all|anymore|now|yet|for me|that i)|none|nothing|absolutely not|"
    rf"god,? no|oh,? no)\b|i (?:don't|didn't|haven't|can't|wouldn't|couldn't|won't){_ENDS})",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=8192)
def forms(word: str) -> frozenset[str]:
    """The parts of speech a word can be, and for verbs its forms: NOUN, ADJ, ADV, VERB, VB, VBZ, VBD, VBN, VBG."""
    low = word.lower()
    if not low.isascii() or not low.isalpha():
        return frozenset()
    lemmas = lemminflect.getAllLemmas(low)
    found = set(lemmas)
    for lemma in lemmas.get("VERB", ()):
        if lemma == low:
            found.add("VB")
        found.update(tag for tag in ("VBZ", "VBD", "VBN", "VBG") if low in lemminflect.getInflection(lemma, tag))
    return frozenset(found)


def is_base_verb(word: str) -> bool:
    return "VB" in forms(word)


def is_past_verb(word: str) -> bool:
    known = forms(word)
    return "VBD" in known and "VB" not in known


def inflect(lemma: str, tag: str) -> str:
    """A verb's form: VBZ (sleeps), VBD (slept), VBN (slept), VBG (sleeping)."""
    known = lemminflect.getInflection(lemma.lower(), tag) or lemminflect.getInflectionOOV(lemma.lower(), tag, "VERB")
    return known[0] if known else lemma


def third_person(verb: str, *, plural: bool) -> str:
    """The present form for she/he or, where plural, for they."""
    low = verb.lower()
    if low in {"am", "are", "is"}:
        return "are" if plural else "is"
    if low in {"was", "were"}:
        return "were" if plural else "was"
    if low in {"have", "has"}:
        return "have" if plural else "has"
    if low in {"do", "does"}:
        return "do" if plural else "does"
    if plural or low in MODALS | PAST_RATHER or not is_base_verb(low):
        return verb
    return inflect(low, "VBZ")
