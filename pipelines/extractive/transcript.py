"""What a transcript says, as statements: the exchanges read in order, each by the rules that fit it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.extractive import classify, words as w
from pipelines.extractive.dialogue import Exchange, exchanges_of, turns_of, without_answer_word
from pipelines.extractive.prompt import Prompt
from pipelines.extractive.question import proposal
from pipelines.extractive.rewrite import NUMBER, Person, lower_first, strip_opener, to_third_person
from pipelines.extractive.risk import join, risk_of, risk_of_lines
from pipelines.extractive.schedule import next_session
from pipelines.extractive.statements import Statement, finish, is_clause, reported, tell
from pipelines.lexicon import lexicon

_RATING = re.compile(r"\b(?:zero|0|one|1) to (?:\d+|ten|a hundred)|\bout of (?:10|ten|100)|how much (?:do|did) you (?:still )?believe|how (?:likely|confident|strong|ready|anxious|bad)\b|\bscale\b|\brate\b", re.IGNORECASE)
_NOW = re.compile(r"\bnow\b|\bafter\b|\bthis time\b", re.IGNORECASE)
_REACTION = re.compile(
    r"\b(?:what(?:'s| is) (?:that|it) like|how (?:was|is) (?:that|it)|how(?:'s| does) (?:that|it) (?:feel|sit|sound)|what do you (?:make of|notice)|"
    r"how do you feel|what(?:'s| is) (?:different|funny|changed)|what made the difference|what came up|sticks how|what did you notice|tone in your voice)\b",
    re.IGNORECASE,
)
_FAREWELL = re.compile(r"\b(?:take care|see you|good luck|bye|have a good)\b", re.IGNORECASE)
_RECAP = re.compile(r"\b(?:homework|for (?:this|next|the) week|before (?:next time|we meet)|between now and|to recap)\b", re.IGNORECASE)
_IN_SESSION = re.compile(r"\b(?:we|try (?:something|that|it|this)|say (?:it|that)|tell me|now|today|here|take one|slowly|close your|bring up|show me|read it|hear the|hear me|see me)\b", re.IGNORECASE)
# After the name of a measure: some words without a digit, then what leads to a score, then the score.
_SCORE = r"\b[^\d]{0,120}?(?:\b(?:scored|is|to|at|was|were|came|score|got|hit|today|of)\b|'s|,|\.)\s+(?:an? |out )?(\d{1,3})\b(?![:\d/]| (?:milligrams?|mg|hours?|days?|weeks?|minutes?|o'clock))"
_PLAN_QUESTION = re.compile(
    r"\b(?:what (?:are you going to do|will you|could (?:go|you do)|else could you)|one (?:small )?step|what's doable|when (?:would|will|could) you|"
    r"how will you|how many (?:days|times|is real)|what, then|something small|next step|take with you)\b",
    re.IGNORECASE,
)
_CAN_DO = re.compile(r"\b(?:i (?:can|could) do|i'd do|i'll do|that i could)\b|^i could (?!not|n't)", re.IGNORECASE)
_THOUGHT = re.compile(r"\b(?:through your mind|mind say|predict|afraid|evidence|what if|worst|thought)\b", re.IGNORECASE)
# "You" in a client's speech is mostly anyone, or a person in a scene that is acted out: no statement about the client.
_ANYONE = re.compile(r"\byou(?:r|rs|rself|'\w+)?\b", re.IGNORECASE)
_TASKS = frozenset("write rate do try practice practise log call bring keep track start pick use put set note record schedule ask read touch go text walk".split())
_SUGGESTS = re.compile(r"\b(?:suggest|some people|there (?:are|is)|what about|how about|group|class|meetings?|apps?|could try|referral)\b", re.IGNORECASE)
_BARE_RATING = re.compile(r"\b(?:number|suds?|rating)\?$", re.IGNORECASE)
_VAGUE = re.compile(r"^(?:i'll |i will )?(?:[\w ]{0,14}\b)?(?:it|that|this|them|there|so|you that)$", re.IGNORECASE)
_LONGEST = 30  # words of one statement told from an answer
COUNTED = frozenset("record experiment exercise scan analysis diary play letter point question plan hierarchy window balance review place session".split())


def statements_from_transcript(prompt: Prompt, client: Person) -> list[Statement]:
    """Every statement that the exchanges support, risk included; selection comes later."""
    if prompt.lines and all(line.speaker == "unknown" for line in prompt.lines):
        return _unattributed(prompt)
    turns = turns_of(prompt.lines)
    exchanges = exchanges_of(turns, client)
    found: list[Statement] = []
    risk = risk_of(exchanges, client)
    if any(line.speaker == "unknown" for line in prompt.lines) and not risk.asked:
        risk = risk_of_lines(prompt.lines)
    found += [Statement("risk", text, (), 9.0, 0.0) for text in risk.lines]
    found += [Statement("plan", finish(text), (), 9.0, 0.9) for text in risk.plan]
    scheduled = next_session(exchanges, prompt.chart.day, prompt.chart.first("date"))
    if scheduled:
        found.append(Statement("plan", scheduled[0], exchanges[scheduled[1]].lines, 9.0, 1.1))
    found += _measures(exchanges)
    reader = _Reader(client, scheduled[1] if scheduled else -1)
    for i, exchange in enumerate(exchanges):
        if i in risk.taken and i not in risk.details:
            reader.clinician(exchange, i)
            continue
        if i in risk.details:
            told = reader.exchange(exchange, i)
            found += [s.as_kind("risk") if s.kind in {"report", "response"} else s for s in told]
            continue
        reader.clinician(exchange, i)
        found += reader.exchange(exchange, i)
    return found + reader.interventions(exchanges, prompt)


def _unattributed(prompt: Prompt) -> list[Statement]:
    """A recording whose speakers are unknown: what was said, by nobody in particular."""
    found = [Statement("risk", text, (), 9.0, 0.0) for text in risk_of_lines(prompt.lines).lines]
    for turn in turns_of(prompt.lines, merge_backchannels=False):
        for sentence in turn.sentences:
            value = classify.weight(sentence)
            if value > 1.5 and not sentence.endswith("?") and not classify.speaks_to_software(sentence):
                words = sentence.rstrip(".!").replace('"', "'")
                found.append(Statement("report", f'It was said by a speaker who is not identified: "{words}".', turn.lines, value, turn.lines[0]))
    return found


def _measures(exchanges: Sequence[Exchange]) -> list[Statement]:
    """Scores of named measures, with the earlier one where it was named beside it."""
    found: dict[str, Statement] = {}
    for i, exchange in enumerate(exchanges):
        near = exchanges[i : i + 3]
        text = " ".join(t.text for e in near for t in (e.asked, e.answer) if t)
        for name in dict.fromkeys(lexicon().named_measures(" ".join(t.text for t in (exchange.asked, exchange.answer) if t)) + _unlisted(exchange)):
            if name in found:
                continue
            spelled = re.escape(name).replace(r"\-", r"[-\s]?")
            match = re.search(rf"\b{spelled}{_SCORE}", text, re.IGNORECASE)
            if not match:
                continue
            now = match.group(1)
            lines = tuple(x for e in near[:2] for x in e.lines)
            after = text[match.end() : match.end() + 140]
            before = re.search(
                r"(?:(?P<when1>last (?:time|week|month|session)|(?:\w+ weeks?|\w+ months?) ago|in [A-Z][a-z]+)[,\s]+(?:it|you|that)?\s*(?:was|were|had)?\s*(?:at |a )?(?P<n1>\d{1,3})\b)"
                r"|(?:(?:was|from|were at|was at)\s+(?:a )?(?P<n2>\d{1,3})\b[,\s]*(?P<when2>last (?:time|week|month|session)|(?:\w+ weeks?|\w+ months?) ago|in [A-Z][a-z]+)?)",
                after,
            )
            told = f"{name} was {now}"
            if before:
                earlier, when = before.group("n1") or before.group("n2"), before.group("when1") or before.group("when2") or ""
                way = "down from" if int(earlier) > int(now) else "up from" if int(earlier) < int(now) else "the same as"
                told += f", {way} {earlier}{' ' + when.strip() if when else ''}"
            found[name] = Statement("observation", f"{told}.", lines, 8.0, exchange.position)
    return list(found.values())


def _unlisted(exchange: Exchange) -> list[str]:
    """Measures by their shape, such as PG-13-R, that no list names."""
    text = exchange.asked.text if exchange.asked else ""
    return re.findall(r"\b[A-Z]{2,5}-\d{1,2}(?:-[A-Z])?\b", text)


class _Reader:
    """Goes through the exchanges; keeps the intervention that is under way and the ratings given."""

    def __init__(self, client: Person, scheduled: int) -> None:
        self.client = client
        self.scheduled = scheduled
        self.under_way: dict[str, list[int]] = {}  # intervention → exchanges in which it was worked on
        self.last = -99
        self.ratings: list[tuple[set[str], str, str, tuple[int, ...]]] = []
        self.topics: list[str] = []
        self.asked_already: set[str] = set()
        self.bare: list[tuple[str, Exchange]] = []  # ratings given during an exercise to a bare "Number?"

    def clinician(self, exchange: Exchange, i: int) -> None:
        """Note which interventions the clinician's turn carries out."""
        if not exchange.asked:
            return
        said = exchange.asked.text
        for cue in classify.cues():
            if cue.says.search(said):
                self.under_way.setdefault(cue.name, []).append(i)
                self.last = i
        if exchange.polarity != "no":
            for name in lexicon().named_interventions(said):
                if not re.search(rf"\b(?:no|not|don't|without)\b[^.?!]{{0,20}}{re.escape(name)}", said, re.IGNORECASE):
                    self.under_way.setdefault(name, []).append(i)
                    self.last = i

    def exchange(self, exchange: Exchange, i: int) -> list[Statement]:
        found: list[Statement] = []
        if exchange.asked:
            found += self._clinicians_plan(exchange, i)
        if not exchange.answer or exchange.answer.speaker != "client":
            return found
        parts = [s for s in without_answer_word(exchange.answer.sentences) if not classify.speaks_to_software(s)]
        parts = [s for s in parts if not _ANYONE.search(s)]
        if exchange.asked and (taken := self._proposed(exchange, parts, i)):
            return found + taken
        if i == self.scheduled:
            parts = [p for p in parts if classify.weight(p) > 1.5 and len(p.split()) > 5 and not re.search(r"\d|\b(?:works|good|perfect|park)\b", p)]
        asked = exchange.asked.raw if exchange.asked else ""
        plans = [p for p in parts if classify.is_plan(p) and exchange.position > 0.3 and not _THOUGHT.search(asked)]
        found += [self._future(p, exchange) for p in plans if len(p.split()) > 3 and not _VAGUE.search(p)]
        parts = [p for p in parts if p not in plans and not _is_question(p)]
        if exchange.asked and _BARE_RATING.search(exchange.asked.text) and (numbers := re.findall(rf"\b{NUMBER}\b", exchange.answer.text, re.IGNORECASE)):
            self.bare.append((numbers[-1], exchange))
            return found
        return found + self._answer(exchange, parts, i)

    def _weights(self, parts: Sequence[str]) -> float:
        return max((classify.weight(p) for p in parts), default=0.0) + 0.3 * len(parts)

    def _answer(self, exchange: Exchange, parts: list[str], i: int) -> list[Statement]:
        """The client's answer in one or more statements, told with the question where it needs it."""
        client = self.client
        kept = [p for p in parts if classify.weight(p) > -0.5 or len(parts) == 1]
        kept = [p for p in kept if len(p.split()) > 1 or len(kept) == 1 or re.search(rf"\b{NUMBER}\b", p, re.IGNORECASE)]
        pairs = [(p, tell(p, client)) for p in kept if len(p.split()) < 60]
        pairs = [(p, t) for p, t in pairs if t]
        asked = exchange.asked.raw if exchange.asked else ""
        if classify.is_small_talk(" ".join([asked, *kept])) and self._weights(kept) < 2.5:
            return []
        if exchange.asked and exchange.polarity == "no" and exchange.position > 0.35 and pairs and _SUGGESTS.search(exchange.asked.sentences[-1] if exchange.asked.sentences else ""):
            what = f"the suggestion ({exchange.question.text})" if exchange.question and exchange.question.form == "topic" else "the clinician's suggestion"
            text = finish(f"Client declined {what}: {'; '.join(t for _, t in pairs[:3])}")
            return [Statement("response", text, exchange.lines, 2.0 + self._weights(kept), exchange.position)]
        planned = exchange.position > 0.35 and (_PLAN_QUESTION.search(asked) or (exchange.position > 0.5 and any(_CAN_DO.search(p) for p in kept)))
        if planned and pairs:
            lead = self._lead(exchange)
            told = [re.sub(rf"^{client.subject} (?:could|would|can) ", f"{client.subject} will ", t) for _, t in pairs if not re.fullmatch(r"(?:that )?\w+ (?:could|can) do(?: that)?", t)]
            if told:
                return [Statement("plan", finish(f"{lead + ', client' if lead else 'Client'} planned: {'; '.join(told)}"), exchange.lines, 3.0 + self._weights(kept), exchange.position)]
        working = 0 <= i - self.last <= 3 and bool(self.under_way)
        kind, bonus = "report", 0.0
        if working and (classify.is_response(" ".join(kept)) or _REACTION.search(asked) or (exchange.question and _RATING.search(exchange.question.asked) and _NOW.search(asked))):
            kind, bonus = "response", 1.5
        chunks = _chunks(pairs)
        if not chunks:
            text = self._sentence(exchange, [])
            text = as_response(text) if kind == "response" else text
            return [Statement(kind, text, exchange.lines, 1.5, exchange.position)] if text else []
        found = []
        for n, chunk in enumerate(chunks):
            told = [t for _, t in chunk]
            value = self._weights([p for p, _ in chunk]) + bonus
            text = self._sentence(exchange, told) if n == 0 else reported(told)
            if kind == "response":
                text = as_response(text)
            if n == 0 and exchange.question and _RATING.search(exchange.question.asked) and (rated := self._rated(exchange, told)):
                text, value = rated, value + 1.0
            if text and value >= 0.6:
                found.append(Statement(kind, text, exchange.lines, value, exchange.position + n / 1000))
        return found

    def _lead(self, exchange: Exchange) -> str:
        q = exchange.question
        if q is None or (q.form == "wh" and len(q.text.split()) < 5):
            return ""
        return {"topic": f"About {q.text}", "wh": f"Asked {q.text}", "any": f"Asked about {q.text}", "polar": ""}.get(q.form, "")

    def _sentence(self, exchange: Exchange, told: list[str]) -> str:
        """An answer's first statement, with what the question adds to it."""
        q = exchange.question
        if q is not None and q.form == "polar" and not exchange.polarity and told and not is_clause(told[0]) and not re.search(r"\bclinician\b|^they (?:can|could|shall)", q.text):
            return reported(told, lead=f"Asked whether {q.text}")
        if q is None or (q.form == "polar" and not exchange.polarity):
            return reported(told) if told and (len(told) > 1 or len(told[0].split()) > 2) else ""
        if q.form == "any":
            if exchange.polarity == "no":
                return finish(f"Client denied {re.sub(r', or ', ' or ', q.text)}{'; ' + '; '.join(told) if told else ''}")
            if told:
                return reported(told, lead=f"Asked about {q.text}")
            return finish(f"Client endorsed {q.text}") if exchange.polarity == "yes" else ""
        if q.form == "topic":
            if exchange.polarity == "no" and told:
                return finish(f"About {q.text}, client answered no; {'; '.join(told)}")
            return reported(told, lead=f"About {q.text}") if told else ""
        if q.form == "polar":
            clause = q.text if exchange.polarity == "yes" else q.denied
            usable = clause and len(clause.split()) > 2 and not re.match(r"(?:that|this|it|they|those) ", clause) and not re.search(r"\bclinician\b", clause)
            if usable:
                return reported([units_of(clause), *told])
            return reported(told) if told and (len(told) > 1 or len(told[0].split()) > 3) else ""
        if not told:
            return ""
        if len(told[0].split()) > 6 and is_clause(told[0]) and not re.match(r"(?:it|that|this|because)\b", told[0]) and not re.search(r"\b(?:why|afraid|what)\b", q.text):
            return reported(told)
        if re.search(r"\bhow (?:she|he|they|the client) (?:has|have|is|are) (?:been|doing)", q.text):
            return reported(told)
        return reported(told, lead=f"Asked {q.text}")

    def _rated(self, exchange: Exchange, told: list[str]) -> str:
        """A rating, and its movement where the same thing was rated before."""
        numbers = re.findall(rf"\b{NUMBER}\b", " ".join(told), re.IGNORECASE)
        q = exchange.question
        if q is None or q.form != "wh" or not numbers:
            return ""
        value = numbers[-1]
        words = {x for x in re.findall(r"[a-z]{4,}", q.text.lower())} - {"zero", "much", "that", "this", "believes", "believed"}
        verb = "believe" if "believe" in q.text else ""
        earlier = next((r for r in reversed(self.ratings) if (verb and r[2] == verb) or (words & r[0])), None)
        self.ratings.append((words, value, verb, exchange.lines))
        rest = [t for t in told if not re.fullmatch(rf"(?:maybe |about |probably |like |a |an )*{NUMBER}(?: percent)?", t, re.IGNORECASE)]
        more = f"; {'; '.join(rest)}" if rest else ""
        if earlier and earlier[1] != value and _NOW.search(q.asked):
            about = re.search(r", (?!zero|0|one|1|out|on a|from)([^,]+)$", q.text)
            thing = f"belief{' about ' + about.group(1) if about else ' in the thought'}" if verb else "rating"
            asked = "" if verb else f" when asked {q.text}"
            return finish(f"Client's {thing} {_moved(earlier[1], value)} from {earlier[1].lower()} to {value.lower()}{asked}{more}")
        return finish(f"Client rated {q.text} at {value}{more}" if "," not in q.text else f"Client rated {q.text}, at {value}{more}")

    def _proposed(self, exchange: Exchange, parts: list[str], i: int) -> list[Statement]:
        """A proposal of the clinician's with the client's answer: agreed is plan, declined is response."""
        assert exchange.asked is not None  # noqa: S101 - the caller has looked
        asked = next((s for s in reversed(exchange.asked.sentences) if s.endswith("?")), "")
        act = proposal(asked, self.client) if asked else None
        if not act or i == self.scheduled:
            return []
        modal = bool(re.match(r"^(?:\w+[,]? )*?(?:would|could|can|will|shall|should|how about|what about|what if|why don't)\b", strip_opener(asked), re.IGNORECASE))
        if not modal or classify.weight(asked) < -1 or re.search(r"\byou (?:say|rate|describe|call it|mean)\b", asked):
            return []
        told = [tell(p, self.client) for p in parts if not p.endswith("?")]
        in_session = bool(_IN_SESSION.search(asked))
        value = 2.0 + self._weights(parts)
        if exchange.polarity == "no":
            why = f", stating that {'; '.join(told)}" if told and is_clause(told[0]) else f": {'; '.join(told)}" if told else ""
            return [Statement("response", finish(f"Client declined the suggestion ({act}){why}"), exchange.lines, value, exchange.position)]
        if re.match(r"^what if\b", strip_opener(asked), re.IGNORECASE):
            if exchange.polarity != "yes" and not re.search(r"\bwould work\b", exchange.answer.raw if exchange.answer else ""):
                return []
            return [Statement("response", finish("; ".join([f"Client accepted the suggestion ({act})", *told])), exchange.lines, value, exchange.position)]
        if len(act.split()) < 5 and _VAGUE.search(act):
            return []
        extra = [lower_first(tell(p.rstrip("?"), self.client)) for p in parts if not is_clause(tell(p, self.client)) and len(p.split()) > 1]
        agreed = exchange.polarity == "yes" or any(_CAN_DO.search(p) for p in parts)
        if in_session or not agreed or exchange.position < 0.3:
            return []
        if not re.match(r"[a-z]+\b", act) or not w.is_base_verb(act.split()[0].strip(",")):
            text = f"Client agreed to {act}"
        else:
            text = f"Client will {act}"
        rest = [t for t in told if is_clause(t)]
        found = [Statement("plan", finish("; ".join([text, *extra])), exchange.lines, value + 1, exchange.position)]
        if rest and self._weights(parts) > 1.5:
            found.append(Statement("report", reported(rest), exchange.lines, self._weights(parts), exchange.position))
        return found

    def _future(self, part: str, exchange: Exchange) -> Statement:
        """The client's own "I'll …" as plan."""
        text = to_third_person(part.rstrip(".?! "), "client", self.client)
        text = re.sub(rf"\b{self.client.subject} (?:is|are) going to\b", f"{self.client.subject} will", text)
        text = re.sub(rf"\b{self.client.subject} can do\b", f"{self.client.subject} will do", text)
        text = re.sub(rf"^{self.client.subject}\b", "Client", text)
        return Statement("plan", finish(text), exchange.lines, 2.5 + classify.weight(part), exchange.position)

    def _clinicians_plan(self, exchange: Exchange, i: int) -> list[Statement]:
        """Homework that the clinician sums up, and what the clinician will do."""
        assert exchange.asked is not None  # noqa: S101
        found: list[Statement] = []
        recap = False
        if exchange.position > 0.45 and exchange.polarity != "no":
            found += self._tasks(exchange)
        for sentence in exchange.asked.sentences:
            plain = strip_opener(sentence)
            if exchange.position > 0.4 and _RECAP.search(plain) and not plain.endswith("?"):
                recap = True
                plain = re.sub(r"^(?:homework|for (?:this|the) week|so)[,.:\s]*", "", plain, flags=re.IGNORECASE)
            if not plain or _FAREWELL.search(plain) and not recap:
                continue
            if recap and not plain.endswith("?") and len(plain.split()) > 2:
                found.append(Statement("plan", self._assigned(plain), exchange.lines, 4.0 + classify.weight(plain), exchange.position))
            elif exchange.position > 0.4 and re.match(r"(?:we'll|i'll|we will|i will) ", plain, re.IGNORECASE) and exchange.polarity != "no" and len(plain.split()) > 3:
                verb_phrase = re.sub(r"^(?:we|i)(?:'ll| will) ", "", plain.rstrip(".?!"), flags=re.IGNORECASE)
                if re.match(r"(?:see you|wait|be (?:here|honest)|leave (?:it|the)|tell you)", verb_phrase, re.IGNORECASE):
                    continue
                who = "Clinician and client" if plain.lower().startswith("we") else "Clinician"
                told = to_third_person(verb_phrase, "clinician", self.client).replace(", and they will", " and will")
                found.append(Statement("plan", finish(f"{who} will {told}"), exchange.lines, 3.0, exchange.position))
        return found

    def _tasks(self, exchange: Exchange) -> list[Statement]:
        """Homework put as an imperative: "Rate your mood before and after each one."."""
        assert exchange.asked is not None  # noqa: S101
        found = []
        for sentence in exchange.asked.sentences:
            plain = strip_opener(sentence).rstrip(".!")
            if plain.endswith("?") or _IN_SESSION.search(plain) or len(plain.split()) < 5:
                continue
            condition = ""
            if match := re.match(r"^(if you [^,]+), (.+)$", plain, re.IGNORECASE):
                condition, plain = match.groups()
            verb = plain.split(" ", 1)[0].lower()
            if verb in _TASKS or (condition and w.is_base_verb(verb) and verb not in {"that", "it"} and "VERB" in w.forms(verb)):
                told = to_third_person(lower_first(plain), "clinician", self.client)
                told = f"Client will {told}" if not condition else f"{to_third_person(condition, 'clinician', self.client)}, client will {told}"
                found.append(Statement("plan", finish(told), exchange.lines, 3.5 + classify.weight(plain), exchange.position))
        return found

    def _assigned(self, plain: str) -> str:
        """ "You ask him on Thursday" → "Client will ask him on Thursday"; a noun phrase becomes planned homework."""
        match = re.match(r"^(?:and )?you(?:'ll| will| are going to|'re going to)? (.+)$", plain.rstrip(".!"), re.IGNORECASE)
        if match:
            told = to_third_person(re.sub(r"\band you (?=[a-z])", "and ", match.group(1)), "clinician", self.client)
            return finish(f"Client will {told}")
        return finish(f"Homework will be {lower_first(to_third_person(plain.rstrip('.!'), 'clinician', self.client))}")

    def interventions(self, exchanges: Sequence[Exchange], prompt: Prompt) -> list[Statement]:
        """One sentence for each intervention carried out, with what the clinician asked or instructed in it."""
        found: list[Statement] = []
        if len(self.bare) > 1:
            lines = tuple(x for _, e in self.bare for x in e.lines)
            text = f"Client's ratings during the exercise were {', then '.join(v.lower() for v, _ in self.bare)}"
            found.append(Statement("response", finish(text), lines, 6.0, self.bare[-1][1].position))
        verbs = {cue.name: cue.verb for cue in classify.cues()}
        for name, at in self.under_way.items():
            spoken = [e for e in (exchanges[i] for i in at) if e.asked]
            if len(at) == 1 and exchanges[at[0]].polarity == "no" and exchanges[at[0]].position > 0.2:
                continue
            if name in _GENERAL and len(self.under_way) > 2:
                continue
            cue = next((c for c in classify.cues() if c.name == name), None)
            known = _is_known(name, exchanges, prompt)
            detail = self._detail(exchanges, at, cue)
            lines = tuple(x for e in spoken for x in (e.asked.lines if e.asked else ()))
            text = f"Clinician {cue.verb if cue else 'used'} {_article(name)}{name}{detail}"
            if not known:  # what was done is told without a name that nobody used
                if not detail:
                    continue
                text = "Clinician " + detail.removeprefix(", ").replace("instructing", "instructed", 1).replace("asking", "asked" if detail.startswith(", asking") else "asking", 1)
            value = 3.0 + len(at) + (1.0 if detail else 0.0) - (2.0 if name in _GENERAL else 0.0)
            found.append(Statement("intervention", finish(text), lines, value, exchanges[at[0]].position))
        found += self._reflections(exchanges)
        topics = [e.question.text for e in exchanges if e.question and e.question.form in {"topic", "any"} and len(e.question.text.split()) <= 8 and e.answer]
        if topics:
            lines = tuple(x for e in exchanges if e.question and e.question.form in {"topic", "any"} for x in e.lines)
            found.append(Statement("intervention", finish(f"Clinician asked about {join(topics[:6])}"), lines, 2.0, 0.1))
        return found


    def _detail(self, exchanges: Sequence[Exchange], at: list[int], cue: classify.Cue | None) -> str:
        """What the clinician asked or told the client to do in an intervention."""
        asked: list[str] = []
        told: list[str] = []
        told_already = self.asked_already
        for i in range(at[0], min(at[-1] + 3, len(exchanges))):
            turn, q = exchanges[i].asked, exchanges[i].question
            if turn is None or (i > at[-1] and any(i in places for n, places in self.under_way.items() if places is not at)):
                continue
            if q and q.form == "wh" and 4 <= len(q.text.split()) <= 14 and q.text not in asked and q.text not in told_already and not _PLAN_QUESTION.search(q.asked):
                asked.append(q.text)
            if asked and re.match(r"^(?:and )?(?:the (?:evidence )?)?against", turn.sentences[-1] if turn.sentences else "", re.IGNORECASE):
                asked = [re.sub(r"\bevidence (?:is )?for\b", "evidence for and against", a) for a in asked]
            for sentence in turn.sentences:
                plain = strip_opener(sentence).rstrip(".!")
                verb = plain.split(" ", 1)[0].lower()
                if cue and cue.says.search(sentence) and verb in _IMPERATIVES and 4 < len(plain.split()) < 26 and not plain.endswith("?"):
                    told.append(to_third_person(lower_first(plain), "clinician", self.client))
        detail = f", instructing client to {told[0]}" if told else ""
        told_already.update(asked)
        return detail + (f", asking {join(asked[:4])}" if asked else "")

    def _reflections(self, exchanges: Sequence[Exchange]) -> list[Statement]:
        """What the clinician put into words about the client, told as reflected."""
        found = []
        for exchange in exchanges:
            if exchange.asked is None or exchange.position < 0.08:
                continue
            for sentence in exchange.asked.sentences:
                plain = strip_opener(sentence)
                if not _REFLECTS.search(plain) or plain.endswith("?") or not 5 < len(plain.split()) < 34:
                    continue
                if re.search(r"\bI(?:'m|'d|'ll|'ve)?\b|\byou said\b|\b(?:we'll|let's|homework|next time)\b", plain) or classify.is_small_talk(plain):
                    continue
                told = lower_first(to_third_person(plain.rstrip(".!"), "clinician", self.client))
                value = 1.5 + max(0.0, classify.weight(plain)) * 0.5
                found.append(Statement("intervention", finish(f"Clinician reflected that {told}"), exchange.asked.lines, value, exchange.position))
        return found


_IMPERATIVES = _TASKS | frozenset("breathe say notice imagine suppose close hold stay picture think name look place lift".split())
_GENERAL = frozenset({"reflection", "validation", "normalizing", "summarizing", "hierarchy"})
_REFLECTS = re.compile(r"^(?:so )?(?:you(?:'re|'ve)?|it (?:makes|sounds)|the (?:one|more|thing)|there(?:'s| is)|being|that(?:'s| is) your|as though|part of)\b.*\b(?:you|your|you're|sense|love)\b|^it makes|^you (?:can|have|did|caught|put)", re.IGNORECASE)


def _is_known(name: str, exchanges: Sequence[Exchange], prompt: Prompt) -> bool:
    """Whether the talk names an intervention, or the plan of treatment or the approach foresees it."""
    wanted = [x[:5] for x in re.findall(r"[a-z]+", name)]
    for e in exchanges:
        said = e.asked.raw.lower() if e.asked else ""
        if all(x in said for x in wanted):
            return True
    foreseen = " ".join(prompt.chart.all("planned intervention")).lower()
    own = [i for a in prompt.chart.all("approach") for i in lexicon().approach_interventions.get(a, ())]
    return name in own or name in foreseen


def _moved(before: str, after: str) -> str:
    if before.isdigit() and after.isdigit():
        return "fell" if int(after) < int(before) else "rose"
    return "went"


def _is_question(part: str) -> bool:
    """Statements of speech often rise at the end: only an inverted or wh-sentence asks."""
    first = part.split(" ", 1)[0].lower().strip(",")
    return part.endswith("?") and (first in w.AUXILIARIES | w.DO | {"what", "who", "why", "how", "when", "where", "which", "right"} or len(part.split()) < 3)


def _chunks(pairs: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Parts of an answer in statements of a readable length."""
    chunks: list[list[tuple[str, str]]] = []
    size = 0
    for pair in pairs:
        length = len(pair[1].split())
        if chunks and size + length <= _LONGEST and not re.match(r"(?:except|on) ", pair[1]):
            chunks[-1].append(pair)
            size += length
        else:
            chunks.append([pair])
            size = length
    return chunks


def as_response(text: str) -> str:
    """Reworded so that it tells a reaction and not a report: what an objective section may hold."""
    text = re.sub(r"^Client (?:reported|stated)\b", "Client noted", text)
    return re.sub(r", client (?:reported|stated)\b", ", client answered", text)


def units_of(clause: str) -> str:
    return lower_first(clause.strip())


def _article(name: str) -> str:
    head = name.split()[-1]
    if head not in COUNTED:
        return ""
    return "an " if name[0] in "aeiou" else "a "
