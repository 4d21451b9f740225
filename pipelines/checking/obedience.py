"""Whether a note obeys its settings: one check a setting, which knows nothing of the rules that made it obey.

A check is silent (None) where the setting has nothing to decide: no pronouns known, no instruction that a rule reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pipelines.checking.adherence import check_adherence
from pipelines.checking.adherence.core import Breach, Case, NotApplicable, Place, RuleResult, judged
from pipelines.checking.claims import quotations
from pipelines.checking.instructions import orders_for, read_instructions
from pipelines.checking.ordered import broken_order
from pipelines.note_settings import MOST_QUOTES, PRONOUNS, NoteSettings, Term, pronouns_of, template_for
from pipelines.source import Source, split_sentences
from pipelines.templates import Template

VERSION = "1"
Check = Callable[[Case], None]

_TERMS = ("client", "patient", "consumer", "member", "participant", "pt")
_NOT_OURS = r"(?<!\ba )(?<!\ban )(?<!\bher )(?<!\bhis )(?<!\btheir )(?<!\bmy )(?<!\bother )(?<!\bnew )(?<!\bany )"
_CLINICIAN = r"(?:the )?(?:clinician|therapist|counselor|provider)"
_TOLD = (
    "reported stated denied endorsed described noted rated expressed acknowledged identified answered disclosed "
    "mentioned indicated"
)
_TELLS = (
    "reports states denies endorses describes notes rates expresses acknowledges identifies answers discloses mentions "
    "indicates report state deny endorse describe note rate express acknowledge identify answer disclose mention "
    "indicate"
)
_ANY_TELLING = "|".join(f"{_TOLD} {_TELLS}".split())
_DID = re.compile(
    r"^(?:\w{2,}ed|led|taught|gave|took|went|did|drew|held|met|made|wrote|told|said|spoke|began|chose|found|kept|ran|"
    r"brought|came|saw|put|built|sought|dealt|left|thought)$"
)
_DOES = re.compile(
    r"^(?!(?:is|was|has|does|this|process|discuss|address|focus|assess|as|his|always|perhaps)$)\w+[^s']s$"
)
_ADVERBS = r"(?: (?:also|then|again|first|next|briefly|verbally|\w{3,}ly))*"
_OTHER_PEOPLE = {
    "he": r"brother|father|dad|son|husband|boyfriend|grandfather|uncle|nephew|man|guy|boy|mr",
    "she": r"sister|mother|mom|mum|daughter|wife|girlfriend|grandmother|aunt|niece|woman|girl|mrs|ms",
}
_ANYBODY = (
    r"boss|supervisor|manager|lead|coworker|colleague|friend|roommate|partner|neighbor|doctor|dr|prescriber|"
    r"psychiatrist|therapist|professor|teacher|coach|sponsor|child|kid|baby|cousin|spouse|parent|landlord|nurse|officer|"
    r"lawyer|buddy|ex|someone|somebody|person|pastor|sergeant|captain|guest"
)
_INVERTED = (
    r"(?<!\bdid )(?<!\bdoes )(?<!\bdo )(?<!could )(?<!would )(?<!should )(?<!will )(?<!\bcan )(?<!\bif )(?<!that )"
)
_DISAGREES = re.compile(
    rf"\bthey (?:was|is|has|does)\b|{_INVERTED}\b(?:she|he) (?:were|are|have|do)\b(?! not)", re.IGNORECASE
)
_INTERPRETS = (
    r"will|noted|notes|assess\w*|observ\w+|consider\w*|recommend\w*|view\w*|believ\w+|conclud\w+|plan\w*|is|was"
)


def check_settings(
    sections: Mapping[str, str], template: Template, source: Source, settings: NoteSettings
) -> list[RuleResult]:
    """One result a setting, in the order of `NoteSettings`; `rule` is the setting's name.

    Args:
        template: the format, with or without the interventions moved.
    """
    shaped = template_for(settings, template)
    case = Case(sections, shaped, source, settings)
    return [judged(name, check, case) for name, check in CHECKS.items()]


def client_word(case: Case) -> None:
    """The client is called by the chosen word alone, in its right form."""
    if not case.places:
        raise Breach("there is no note")
    term = Term(case.settings.client_word)
    others = [word for word in _TERMS if word != term.singular.lower() and word not in term.singular.lower().split()]
    theirs = "clients" in case.source.text.lower()
    named = re.compile(
        rf"(?:^|\b[Tt]he |[.;:,] )(?:{'|'.join(others)})(?:['’]s)?(?= \w+(?:ed|s)\b| will\b)", re.IGNORECASE
    )
    engine = re.compile(rf"{_NOT_OURS}(?<![\w-])client{'' if theirs else 's?'}(?:['’]s)?(?![\w-])", re.IGNORECASE)
    malformed = re.compile(
        rf"\b{re.escape(term.plural)}(?:s\b|['’]s\b)|\b{re.escape(term.singular)}['’](?!s\b)", re.IGNORECASE
    )
    for place in case.places:
        if named.search(place.plain) or (term.singular.lower() != "client" and engine.search(place.plain)):
            raise Breach("another word for the client than the chosen one", place)
        if malformed.search(place.plain) and term.plural.endswith("s"):
            raise Breach("the word for the client in a form that it does not have", place)
        if re.match(rf"{re.escape(term.singular)}\b", place.plain) and term.singular[0].islower():
            raise Breach("a sentence that begins with a small letter", place)


def pronouns(case: Case) -> None:
    """The client has the chosen pronouns, with verbs that agree.

    Judged are pronouns that open a telling, and those of the chart where others were chosen, in what the client told
    of nobody else: in the rest only a reader knows who "he" is.
    """
    given = case.settings.pronouns or case.source.chart.client.pronouns
    if not given:
        raise NotApplicable
    wanted = pronouns_of(given)
    wrong = [name for name in PRONOUNS if wanted is None or name != wanted.subject]
    chart = pronouns_of(case.source.chart.client.pronouns)
    former = [chart.subject] if chart and chart.subject in wrong else []  # others are most likely somebody else's
    ours = {wanted.subject, wanted.object, wanted.possessive, wanted.reflexive} if wanted else set()
    called = "|".join({"client", re.escape(case.settings.client_word)})
    opens = re.compile(rf"^({'|'.join(wrong)}){_ADVERBS} (?:{_ANY_TELLING})\b", re.IGNORECASE)
    told = re.compile(rf"\b(?:{called}){_ADVERBS} (?:{_ANY_TELLING}) that (?:she|he)\b", re.IGNORECASE)
    reflexive = re.compile(rf"^(?:{called}) [^;:]*\b(?:himself|herself)\b", re.IGNORECASE)
    for place in case.places:
        if place.is_absence:
            continue
        if opens.search(place.plain):
            raise Breach("a pronoun for the client that is not the chosen one", place)
        words = re.findall(r"\w+", place.plain.lower())
        clear = ours.isdisjoint(words) and (
            wanted is not None or words.count(case.settings.client_word.split()[-1].lower()) < 2
        )
        own = told.search(place.plain) or reflexive.search(place.plain)
        if clear and own and any(_means_client(place, name) for name in former):
            raise Breach("a pronoun for the client that is not the chosen one", place)
        if _DISAGREES.search(place.plain):
            raise Breach("a verb that does not agree with its pronoun", place)


def _means_client(place: Place, subject: str) -> bool:
    """Whether she or he stands in a sentence that speaks of nobody else that it could mean."""
    if subject not in _OTHER_PEOPLE:
        return False
    text = re.sub(r"^Progress toward the goal\b[^:]*:", "", place.plain)
    if re.search(rf"\b(?:{_OTHER_PEOPLE[subject]}|{_ANYBODY})\b", text, re.IGNORECASE):
        return False
    names = re.search(r"(?<!^)(?<![.;:] )\b[A-Z][a-z]{2,}\b", re.sub(_CALENDAR, "", text))
    himself, him = {"he": ("himself", "him"), "she": ("herself", "her")}[subject]
    if re.search(rf"\b{him}\b", text, re.IGNORECASE) and subject == "he":
        return False  # "will ask him what he fears"
    return not names and bool(re.search(rf"\b(?:{subject}|{himself})\b", text, re.IGNORECASE))


_CALENDAR = re.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|"
    r"October|November|December)\b"
)


def tense(case: Case) -> None:
    """What was said and done in the session stands in one tense."""
    wanted, found = case.settings.tense, 0
    called = "|".join({"client", re.escape(case.settings.client_word)})
    client = re.compile(
        rf"(?:^|, |; )(?:(?:the )?(?:{called})|(?<![,;] )(?:she|he|they|ze|xe|ey|fae)){_ADVERBS} ({_ANY_TELLING})\b",
        re.IGNORECASE,
    )
    clinician = re.compile(rf"(?:^|; ){_CLINICIAN}(?: and (?:the )?(?:{called}))?{_ADVERBS} (\w+)\b", re.IGNORECASE)
    for place in case.places:
        for match in client.finditer(place.plain):
            found += 1
            if (match.group(1).lower() in _TOLD.split()) != (wanted == "past"):
                raise Breach("a verb of telling in the other tense", place)
        for match in clinician.finditer(place.plain):
            verb = match.group(1).lower()
            did, does = bool(_DID.match(verb)), bool(_DOES.match(verb))
            found += did or does
            if (did and wanted == "present") or (does and wanted == "past"):
                raise Breach("an act of the clinician in the other tense", place)
    if not found:
        raise NotApplicable


def verbosity(case: Case) -> None:
    """Every section has as many sentences as the verbosity asks for; fewer where the source has no more."""
    only = Template(
        case.template.format,
        case.template.title,
        case.template.headings,
        case.template.sections,
        ("length",),
        case.template.interventions,
    )
    result = check_adherence(case.sections, only, case.source, settings=case.settings)[0]
    if result.kept is False:
        raise Breach(result.message, section=result.section)


def quotes(case: Case) -> None:
    """As many quotations as wanted, each word for word in the source."""
    held = [q for text in case.sections.values() for q in quotations(text)]
    wanted = case.settings.quotes
    if wanted == "none" and (held or re.search(r"[\"“”]", case.text)):
        raise Breach("a quotation although none is wanted")
    if wanted == "some" and len(held) > MOST_QUOTES:
        raise Breach(f"more than {MOST_QUOTES} quotations")
    if wanted == "many" and len(held) < min(MOST_QUOTES + 1, _quotable(case.source)):
        raise Breach("fewer quotations than the source has to offer")
    for place in case.places:
        if quotations(place.text) and case.holdings.unfounded(place.text) == "quotation":
            raise Breach("a quotation that is nowhere in the source", place)


def _quotable(source: Source) -> int:
    """How many stretches can be quoted: of a summary its quotations, of a transcript whole clean sentences."""
    if source.kind == "summary":
        return len(quotations(source.text))
    said = {s for unit in source.units if unit.speaker == "client" for s in split_sentences(unit.text) if _clean(s)}
    return len(said)


def _clean(sentence: str) -> bool:
    words = sentence.rstrip(".!").split()
    if not 6 <= len(words) <= 16 or re.search(r"[\d?:;\"“”…—–]|--|\.\.|- |,$", sentence):
        return False
    if re.match(r"(?:yes|yeah|no|nope|okay|ok|well|oh|so|and|but|right|sure|because|or)\b", sentence, re.IGNORECASE):
        return False
    about_self = re.search(r"\b(?:I|I['’]m|I['’]ve|my|me)\b", sentence)
    loose = re.search(
        r"\b(?:um+|uh+|hmm+|mm|you know|I mean|I don't know|I guess|kind of|sort of|anyway|er)\b|\blike,",
        sentence,
        re.IGNORECASE,
    )
    others = re.search(r"(?<!^)\b(?!I\b|I['’])[A-Z]\w+|suicid|kill|dead|die|hurt|gun|harm", sentence)
    return bool(about_self) and not loose and not others and sum(len(w) > 3 for w in words) >= 5


def interventions_in(case: Case) -> None:
    """The clinician's acts stand in the section that the settings, or the format, have for them."""
    allowed, home = case.template.interventions.allowed, case.home("intervention")
    if len(allowed) < 2:
        raise NotApplicable
    act = re.compile(rf"^{_CLINICIAN}{_ADVERBS} (?!(?:{_INTERPRETS})\b)[a-z]+", re.IGNORECASE)
    for place in case.places:
        if place.section in allowed and place.section != home and act.match(place.plain):
            raise Breach(f"an intervention outside {home}", place)


def instructions(case: Case) -> None:
    """Every custom instruction that a rule can read is followed; those that none reads are not judged."""
    orders = orders_for(read_instructions(case.settings.instructions), case.source).followed
    judged = [(order, broken_order(order, case)) for order in orders]
    for order, verdict in judged:
        if verdict:
            raise Breach(f"instruction of kind {order.kind} is not followed")
    if all(verdict is None for _, verdict in judged):
        raise NotApplicable


CHECKS: dict[str, Check] = {
    check.__name__: check for check in (client_word, pronouns, tense, verbosity, quotes, interventions_in, instructions)
}
