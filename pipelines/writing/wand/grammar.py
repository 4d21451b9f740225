"""The turns of phrase in which clinicians ask for a change; each pattern is about instructions, not about one note."""

# A pattern reads better in one line than broken.
# ruff: noqa: E501
from __future__ import annotations

import re

from pipelines.writing.extractive.cleaning import NUMBER


def _ask(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_UNIT = (
    r"(?: ?(?:mg|mcg|ml|milligrams?|percent|%|minutes?|hours?|days?|nights?|weeks?|months?|years?|times?|a\.?m\.?|p\.?m\.?|"
    r"points?|drinks?|beers?|glasses|sessions?|pills?|tablets?|doses?)\b\.?)"
)
VALUE = rf"(?:{MONTH} \d{{1,2}}(?:st|nd|rd|th)?|{DAY}(?:,? {MONTH} \d{{1,2}}(?:st|nd|rd|th)?)?|\d{{1,2}}:\d\d(?: ?[ap]\.?m\b\.?)?|{NUMBER}(?:st|nd|rd|th)?{_UNIT}?)"
QUOTED = r"[\"']([^\"]+?)[\"'](?!\w)"

PREAMBLE = _ask(
    r"^(?:(?:ok(?:ay)?|hi|hey|hello|thanks|so|and|also|then|now|but|actually|oh|sorry|one more thing|finally|plus|well|great|"
    r"good|looks good|please|pls|just|maybe|kindly|next|first|second|lastly)[,:!.]*\s+|"
    r"(?:can|could|would|will) (?:you|we) (?:please |just |also |kindly )*|i(?:'d| would) (?:like|want|prefer|love)(?: you)?"
    r"(?: to)? |i (?:want|need)(?: you)?(?: to)? |let's |make sure (?:to |you |that you )|don't forget to |remember to |"
    r"you (?:can|could|should|need to) |try to |go ahead and |it should |ensure (?:to|you) |feel free to |"
    r"ignore (?:all |any |the |your |previous |prior |these )*(?:rules|instructions|guidelines)(?: and| then|,)*\s+)+"
)
# A verb that opens a request of its own: "and" and "then" before it divide two requests.
OPENS = (
    r"(?:shorten|tighten|trim|condense|expand|lengthen|elaborate|add|mention|include|insert|remove|delete|drop|omit|"
    r"cut|lose|strike|take out|take|leave out|get rid of|move|shift|relocate|transfer|replace|swap|change|correct|fix|use|"
    r"call|refer|put|make|keep|write|spell|rewrite|reword|rephrase|say|state|note|sign|focus|emphasi[sz]e|"
    r"tone|soften|paraphrase|document|turn|switch|convert|update|leave)"
)
SPLIT = _ask(
    rf"(?:[;\n]+|(?<=[.!?])\s+|,? (?:and|then|and then|and also|but) "
    rf"(?=(?:add|mention|include|insert) that\b|{OPENS}\b(?! (?:that|up|it)\b)))"
)
SPLIT_ADD = _ask(
    r"(?:[;\n]+|,? (?:and|then|and then|and also) (?=(?:remove|delete|shorten|trim|move .+ (?:to|into) |take out|leave out|"
    r"replace|make (?:it|the|this)|call (?:her|him|them) (?:the )?(?:client|patient)|use )\b))"
)

ADD = _ask(
    r"^(?:(?:add|mention|include|insert|document|record|indicate|state|note|say|put|write|report|clarify|specify)\b"
    r"(?: down)?(?: there)?(?: an? (?:\w+ )?(?:sentence|line|note|bit|mention))?(?: here)?"
    r"(?P<in> (?:in|to|under|into) (?:the )?(?P<section>SECTION)(?: section)?)?,?(?: too| also)?"
    r"(?:(?: that\b|:| about\b| on\b| saying\b| of\b| how\b)|(?= ))|"
    r"(?:the )?(?P<in2>(?P<section2>SECTION)(?: section)?) (?:should|needs to|must|ought to|has to)(?: also| still)? "
    r"(?:say|mention|include|state|note|have|read|contain)(?: that\b|:)?|"
    r"(?:it|the note|this)(?: should)?(?: also)? (?:say|mention|include|state)s?(?: that\b|:)?|"
    r"(?:in|under|to) (?:the )?(?P<in3>(?P<section3>SECTION)(?: section)?),? "
    r"(?:add|mention|include|insert|document|record|state|note|say|put|write)(?: down)?(?: that\b|:|(?= ))|"
    r"(?:that|missing|you (?:missed|forgot)(?: that)?|it's missing that)[: ])\s*"
)
REMOVE = _ask(
    r"^(?:remove|delete|drop|omit|cut|lose|strike|scratch|exclude|skip|leave out|take out|get rid of|edit out|erase|"
    r"don't (?:mention|include|say|need)|do not (?:mention|include)|no need (?:for|to mention)|without|"
    r"no mention of|there's no need for)\b\s*(?P<what>.+)$"
)
REMOVE_APART = _ask(
    r"^(?:take|leave|cut|keep|edit)\s+(?P<what>.+?)\s+out(?: of (?:it|there|the (?:note|record|chart)|this|that|"
    r"(?:the )?(?P<section>SECTION)(?: section)?))?$"
)
MOVE = _ask(
    r"^(?:move|shift|transfer|relocate|put|bring|place)\s+(?P<what>.+?)\s*(?:(?:out of|from)(?: the)? (?P<from>SECTION)"
    r"(?: section)?\s*)?(?:to|into|under|in|over to|down to|up to)(?: the)? (?P<to>SECTION)(?: section)?"
    r"(?:,? (?:not|out of|from|instead of)(?: in| under)?(?: the)? (?P<from2>SECTION)(?: section)?)?$"
)
BELONGS = _ask(
    r"^(?P<what>.+?)\s+(?:belongs?|goes|go|should (?:go|be|live|sit)|fits?(?: better)?|needs to (?:go|be))\s+"
    r"(?:under|in|into|to|with)(?: the)? (?P<to>SECTION)(?: section)?"
    r"(?:,? (?:not|rather than|instead of)(?: in| under)?(?: the)? (?P<from>SECTION)(?: section)?)?$"
)
NOT_WANTED = _ask(
    r"^i (?:don't|do not|wouldn't) (?:want|need|like) (?P<what>.+?)(?: (?:in there|in here|in it|mentioned|in the (?:note|record|chart)))?$"
    r"|^(?P<what2>.+?)[:,] (?:please )?(?:drop|remove|delete|cut|lose|take|leave) (?:it|that|this)(?: out)?$"
)
ADD_BEHIND = _ask(
    r"^(?P<what>.+?),? (?:please |so |and )?(?:add|mention|include|note|put|write) (?:that|this|it)(?: down| in)?"
    r"(?: (?:in|to|under|into)(?: the)? (?P<section>SECTION)(?: section)?)?$"
)
PUT_SOMETHING = _ask(
    r"^put (?P<what>(?:in )?(?:something|anything|a (?:bit|line|word|sentence|note)|more)(?: in)?(?: there)? (?:about|on) .+)$"
)
KEEP = _ask(
    r"^(?:keep|leave)\s+(?!out\b)(?P<what>.+?)(?:\s+(?:in|as (?:it )?is|alone|there|intact|untouched|unchanged))*$"
    r"|^(?:don't|do not) (?:touch|change|lose|drop) (?P<what2>.+)$"
)

REPLACE = (
    _ask(rf"^(?:replace|swap|substitute)\s+{QUOTED}\s+(?:with|for|by|to)\s+{QUOTED}"),
    _ask(rf"^(?:change|turn|switch)\s+{QUOTED}\s+(?:to|into|for)\s+{QUOTED}"),
    _ask(r"^(?:replace|swap|substitute)(?: the (?:word|words|term|phrase))?\s+(.+?)\s+(?:with|by|for)\s+(.+?)(?: (?:everywhere|throughout|all over))?$"),
    _ask(r"^(?:change|turn|switch)(?: the (?:word|words|term|phrase))?\s+(?:every |all )?(.+?)\s+(?:in)?to\s+(.+?)(?: (?:everywhere|throughout|all over))?$"),
    _ask(r"^(?:correct|fix|update)\s+(.+?)\s+to\s+(.+)$"),
)  # fmt: skip
REPLACE_BACK = (
    _ask(r"^(?:use|write|say|put|prefer)(?: the (?:word|words|term|phrase))?\s+(.+?),?\s+(?:instead of|rather than|in place of|not|and not|over)\s+(.+?)(?: (?:everywhere|throughout))?$"),
    _ask(rf"^(?:not\s+)?{QUOTED},?\s+(?:should be|should (?:say|read)|not)\s+{QUOTED}"),
)  # fmt: skip
NOT_BUT = (
    # context, right, wrong
    _ask(rf"^(?P<context>.*?)\s*\b(?:was|were|is|are|should be|should read|started|took|takes|taking|got|it's|at|on|of|to)?\s*(?P<new>{VALUE})(?P<tail>(?: [\w'-]+){{0,4}}?),?\s+(?:and )?(?:not|rather than|instead of)\s+(?:at |on |about |for )?(?P<old>{VALUE})(?P<tail2>(?: [\w'-]+){{0,3}})$"),
    _ask(rf"^(?P<context>.*?)\s*\bnot\s+(?P<old>{VALUE})(?P<tail>(?: [\w'-]+){{0,3}}?),?\s*(?:but|it was|it's|it is|rather|should be|;)\s+(?P<new>{VALUE})(?P<tail2>(?: [\w'-]+){{0,3}})$"),
    _ask(rf"^(?:the )?(?P<old>{VALUE})\s+(?:should be|needs to be|should read|ought to be)\s+(?P<new>{VALUE})(?P<tail>)(?P<tail2>)(?P<context>.*)$"),
    _ask(rf"^(?:change|correct|fix|update|switch|set)\s+(?P<context>.*?)\s*(?:to|from|at)\s+(?P<old>{VALUE})\s+to\s+(?P<new>{VALUE})(?P<tail>)(?P<tail2>)$"),
    _ask(rf"^(?:change|correct|fix|update|switch|set|make)\s+(?P<context>.*?)\s*(?:to|be|at|for)\s+(?P<new>{VALUE})(?P<tail>),?\s+(?:instead of|not|rather than)\s+(?P<old>{VALUE})(?P<tail2>)$"),
)  # fmt: skip
NAME_NOT = _ask(
    r"^(?P<context>.*?)\b(?:is|was|'s|called|named|should be|be|spelled)\s+(?P<new>(?-i:[A-Z])[\w.'-]*(?: (?-i:[A-Z])[\w.'-]*)*),?\s+(?:and )?"
    r"not\s+(?P<old>(?-i:[A-Z])[\w.'-]*(?: (?-i:[A-Z])[\w.'-]*)*)$"
)
SHOULD_BE = _ask(
    rf"^(?:change |correct |fix |update |set |make )?(?:the )?(?P<context>.+?)\s+(?:should (?:be|read|say)|is actually|was actually|to|needs to be)\s+"
    rf"(?P<new>{VALUE})$"
)

CLIENT_WORDS = ("client", "patient", "consumer", "member", "participant")
_CLIENT = "|".join(CLIENT_WORDS)
CALLED = _ask(
    rf"^(?:call|refer to|name|address)\s+(?:her|him|them|the (?:{_CLIENT})|(?:{_CLIENT})s?)\s+(?:as )?(?:an? |the )?[\"']?(?P<word>{_CLIENT})[\"']?\b"
    rf"|^(?:use|say|write)\s+(?:the (?:word|term) )?[\"']?(?:the )?(?P<word2>{_CLIENT})[\"']?(?: (?:for|throughout|everywhere|as).*)?$"
)
THIRD_PERSON = _ask(r"\bthird[- ]person\b|\bno first[- ]person\b|\bwithout (?:any )?(?:\"?I\"?|first[- ]person)\b")
PRONOUNS = _ask(r"\b(?:she/her|he/him|they/them)\b|\bpronouns?\b")

PRESENT = _ask(r"\bpresent[- ]tense\b")
PAST = _ask(r"\bpast[- ]tense\b")
SPELL_OUT = _ask(
    r"\b(?:spell|write|expand)\b.*?\bout\b|\bexpand (?:the |all |any )?(?:abbreviation|acronym)|\b(?:no|avoid|without) (?:abbreviations|acronyms)\b"
)
QUOTES = _ask(
    r"\b(?:remove|take out|drop|delete|lose|no|without|get rid of|cut|paraphrase|avoid|strip)\b.*\b(?:direct )?(?:quotes?|quotations?|quotation marks|"
    r"verbatim)\b|\bquot(?:es|ations) out\b|^(?:paraphrase|reword) (?:the )?(?:quotes|quotations|what (?:she|he|they) said)"
)
LIST = _ask(
    r"\bbullet(?:s|ed|-?points?| points?)?\b|\b(?:as|into) a list\b|\bnumbered\b|\binto prose\b|\bparagraph form\b"
)
SHORTER = _ask(
    r"\b(?:short(?:er|en|ened)?|tight(?:er|en)?(?: \w+)? ?(?:up)?|trim(?:med)?|condensed?|concise(?:ly)?|brief(?:er)?|more succinct|succinct|"
    r"cut (?:it|this|that|(?:the )?(?:SECTION)) down|cut down|less wordy|too (?:long|wordy)|reads long|essentials|"
    r"streamline|pare|shrink|compress|half (?:the|as) (?:length|long)|by half|in half|wordy|less detail|highlights)\b"
)
LONGER = _ask(
    r"\b(?:longer|expand(?: on| upon)?|more (?:detail|details|detailed|depth|info|information|specific|specifics|content)|elaborate|flesh(?:ed)? out|"
    r"lengthen|beef up|go into|say more|more (?:on|about|of|from)|extend|too (?:thin|short)|build out|fuller)\b"
)
TOPIC = _ask(
    r"\b(?:more (?:detail |details |depth |info |information )?(?:on|about)|elaborate on|expand (?:up)?on|say more about|go into|detail about|flesh out|too thin on)\s+(?P<topic>.+)$"
)
FOCUS = _ask(
    r"\b(?:focus(?:ed|es)?|emphasi[sz]e|emphasis|cent(?:er|re)(?:ed)?|highlight|foreground|prioriti[sz]e|cent(?:er|re) it)\b(?: it| this| the note| (?:the )?SECTION)?(?: more| mainly| mostly| instead)?(?: on| around| upon)?\s*(?P<topic>.*)$"
)
TONE = _ask(
    r"\b(?P<tone>formal(?:ly)?|professional(?:ly)?|clinical(?:ly)?|plain(?:er|ly)?|simpler|simple|plain language|layman's|warm(?:er|ly|th)?|softer|kinder|"
    r"gentle(?:r)?|compassionate|empathetic|neutral(?:ly)?|objective(?:ly)? tone|less judg(?:e)?mental|non-?judg(?:e)?mental|conversational|casual|colloquial(?:ism)?s?|"
    r"slang|jargon|less clinical|less formal|less stiff)\b"
)
NAMED_WORDS = re.compile(r"[\"']([^\"']+?)[\"'](?!\w)")
REASON = _ask(
    r"^(?:that(?:'s| is| was)|this (?:is|was)|it(?:'s| is| was| reads| sounds| feels| seems)|because|since|she|he|they|we|i(?:'m| am|'ve)?|my|"
    r"the (?:whole thing|rest|insurance|auditor|supervisor)|otherwise|thanks?|thank you|too|not|no|sorry|so that|for|insurance|there(?:'s| is))\b"
)
# A bare statement of something that the clinician did.
I_DID = re.compile(
    r"^I(?:'ve| have)?(?: also| just| then)? (?:\w{3,}ed|spoke|gave|sent|told|left|met|wrote|did|made|took|saw|heard|rang|got|brought|went)\b"
)
