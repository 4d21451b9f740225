"""How much a sentence of speech matters to a note, and what kind of content it is. Lexical; no model needed."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.lexicon import lexicon

_WEIGHTS: tuple[tuple[float, re.Pattern[str]], ...] = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (1.0, (r"\b\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|"
              r"sixty|seventy|eighty|ninety|once|twice|half|hundred)\b")),
        (1.6, r"\b(?:milligrams?|mg|dose|doses|pills?|medications?|meds|prescri\w+|side effects?|refill|taper\w*)\b"),
        (1.3, (r"\b(?:drink\w*|drank|drunk|beers?|wine|vodka|whiskey|alcohol|sober|weed|cannabis|marijuana|"
              r"cocaine|opioid\w*|smok\w+|vap\w+|relaps\w+|craving\w*|coffees?|caffeine)\b")),
        (1.2, (r"\b(?:sleep\w*|slept|awake|wak(?:e|ing)|woke|insomnia|nightmares?|worr\w+|anxi\w+|panic\w*|"
              r"depress\w+|sad\w*|hopeless\w*|worthless\w*|guilt\w*|"
              r"asham\w+|shame|lonel\w+|numb|empty|irritab\w+|angry|anger|rage|mad|scared|fear\w*|afraid|"
              r"dread\w*|terrified|flashbacks?|intrusive|obsess\w*|compuls\w*|"
              r"avoid\w*|energy|tired|exhausted|fatigue\w*|appetite|eat\w*|weight|pain\w*|ache\w*|headaches?|"
              r"dizz\w+|nausea\w*|chest|heart|breath\w*|shak\w+|sweat\w*|"
              r"cry|cries|cried|crying|tears|concentrat\w+|focus\w*|motivat\w+|urges?|rituals?|wash\w*|"
              r"check\w*|count\w*|hurt\w*|grief|griev\w*|miss(?:ing)? (?:him|her|them)|blam\w+|stress\w*|"
              r"overwhelm\w*|underwater)\b")),
        (0.9, (r"\b(?:better|worse|less|more|used to|anymore|no longer|improv\w+|first time|since|changed?|"
              r"increas\w+|decreas\w+|down from|up from|every (?:day|night|week)|both|still|again|never|"
              r"started|stopped|quit)\b")),
        (0.6, (r"\b(?:died|death|divorc\w*|separat\w+|fired|laid off|layoff|job|work\w*|school|exam|argu\w+|"
              r"fight\w*|fought|accident|surgery|hospital|moved?|broke up|pregnan\w+|baby|anniversary|"
              r"presentation|review|deadline|court)\b")),
        (0.5, (r"\b(?:husband|wife|partner|boyfriend|girlfriend|mother|mom|father|dad|sister|brother|son|"
              r"daughter|kids?|children|friends?|boss|manager|coworkers?|roommate|doctor|dr)\b")),
        (0.4, (r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|yesterday|tonight|week\w*|month\w*|"
              r"years?|morning|evening|nights?|ago|last)\b")),
        (0.5, r"\b(?:not|n't|no|never|denied|without)\b|n't\b"),
        (1.2, (r"\b(?:might|thinking (?:about|of)|consider\w*|haven't decided|not sure (?:if|whether)|declin\w+|"
              r"said no|told (?:him|her|them) no|turned (?:it|that) down)\b")),
        (-0.7, r"\b(?:you|your)\b"),
        (-0.6, r"^(?:it|that|this|those|these)(?:'s| is| was)\b(?! (?:been|just) )"),
        (-2.5, (r"\b(?:wi-?fi|the link|on mute|mute button|can you hear|hear me|parking|parked|traffic|weather|"
               r"raining|your tissues|camera|frozen|see you|good to see|take care|have a good|bye|happy "
               r"(?:birthday|holidays))\b")),
    )
)  # fmt: skip
_INSTRUCTION = re.compile(
    r"\b(?:ignore (?:the|all|any|everything|previous)|note to (?:the )?(?:ai|robot|software|computer|recorder)|"
    r"(?:hey|dear|hello|bye|hi),? (?:robot|ai|computer|siri|alexa)|"
    r"the robot|write (?:down )?that i(?:'m| am)|(?:say|write|put|record) (?:that )?the (?:client|patient) "
    r"(?:has|is|was)|system prompt|previous instructions|"
    r"disregard (?:the|all|any|previous)|you are (?:now )?an? (?:ai|assistant|language model))\b",
    re.IGNORECASE,
)
_RESPONSE = re.compile(
    r"\b(?:relief|relieved|calm\w*|lighter|easier|helps|helped|helpful|softer|quieter|looser|less tight|"
    r"awkward|funny|weird\w*|strange|"
    r"makes sense|never thought|hadn't thought|realiz\w+|didn't realize|notic\w+|i see (?:it|that|now)|i "
    r"(?:half )?believe|not so tight|further away|"
    r"that's something|fixable|good to (?:hear|say)|feels? (?:better|good|different|lighter|less)|sticks|proud|"
    r"surpris\w+|oh\.|huh)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b(?:used to|better than|less than|more than|down (?:from|to)|up (?:from|to)|(?:was|were) (?:it "
    r")?(?:before|last (?:time|week|month|session))|first (?:time|one|since)|"
    r"(?:three|two|four|\w+) (?:weeks?|months?|sessions?) ago|compared|improv\w+|progress|goal|anymore|no "
    r"longer|in (?:january|february|march|april|may|june|july|august|september|october|november|december)|"
    r"doubled|halved|before(?: that)?,? it was|that(?:'s| is) better|getting better|whole thing|again now|back "
    r"(?:at|to)|instead of|only (?:once|twice|\w+ times))\b|\bbefore,",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    r"\b(?:i'll|i will|i(?:'m| am) (?:going to|gonna) (?!be\b|get\b|die|lose|fail|have\b|happen|miss|panic|end "
    r"up|throw|faint|cry)|we'll|we will|let's|you'll|i'm seeing|i see dr|i have an appointment|i can do|i "
    r"could do|i plan to|i'd do)\b",
    re.IGNORECASE,
)
_NOT_PLANS = re.compile(
    r"\bi(?:'ll| will) (?:be honest|tell you|say|admit|never|always|just|sometimes|try|get home|be (?:sitting|"
    r"lying|at))\b|\b(?:always|every time|whenever|then i'll|and i'll just|if i)\b",
    re.IGNORECASE,
)
CONSIDERED = re.compile(
    r"\b(?:might|maybe|thinking (?:about|of)|considering|haven't decided|not sure|could|wonder\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Cue:
    name: str
    verb: str
    says: re.Pattern[str]


@functools.cache
def cues() -> tuple[Cue, ...]:
    rows = yaml.safe_load((Path(__file__).parent / "cues.yaml").read_text(encoding="utf-8"))
    return tuple(Cue(r["name"], r["verb"], re.compile("|".join(r["says"]), re.IGNORECASE)) for r in rows)


def weight(sentence: str) -> float:
    """What a sentence is worth to a note: symptoms, numbers, doses, changes, events; small talk is below zero."""
    total = sum(w for w, pattern in _WEIGHTS if pattern.search(sentence))
    if lexicon().named_medications(sentence):
        total += 2.0
    if lexicon().named_measures(sentence):
        total += 2.0
    length = len(sentence.split())
    if length < 3:
        total -= 0.4
    return total - (0.4 if length > 35 else 0.0)


def is_small_talk(text: str) -> bool:
    return bool(_WEIGHTS[-1][1].search(text))


def speaks_to_software(sentence: str) -> bool:
    """A spoken instruction to whatever writes the note: data, and no fact."""
    return bool(_INSTRUCTION.search(sentence))


def is_response(sentence: str) -> bool:
    return bool(_RESPONSE.search(sentence))


def is_compared(sentence: str) -> bool:
    return bool(_COMPARED.search(sentence))


def is_plan(sentence: str) -> bool:
    return bool(_FUTURE.search(sentence)) and not _NOT_PLANS.search(sentence) and not CONSIDERED.search(sentence)
