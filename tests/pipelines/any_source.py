"""Generated sources for the writer: whatever a record, a decoder or a keyboard can put where a session should stand."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipelines.records import Appointment, Chart, Client, Diagnosis, Goal, TreatmentPlan
from pipelines.source import Source, Unit

_PHRASES = [
    "I slept five hours, maybe six.",
    "No.",
    "Um, I, I don't know.",
    "Any thoughts of suicide?",
    "No, nothing like that.",
    "GAD-7 12, was 16.",
    "Sertraline 50 mg every morning.",
    "Let's do a thought record.",
    "Eighty. No, 85.",
    "Next Wednesday at 3?",
    'She said, "I can\'t do this." And I left—',
    "Denied SI/HI, plan, intent.",
    "Yeah, three works.",
    "Homework: two thought records.",
    "I want to be dead sometimes.",
    "My mom takes lorazepam.",
    "Mm-hmm.",
    "…",
    "?",
]
_SCRIPTS = [
    "No dormí nada esta semana.",
    "Ich schlafe schlecht.",
    "我睡得不好。你呢？",
    "لم أنم جيدا هذا الأسبوع",
    "Я плохо сплю.",
    "眠れません。",
    "잠을 못 자요.",
    "मुझे नींद नहीं आती।",
    "Δεν κοιμάμαι.",
    "לא ישנתי",
    "ไม่ได้นอน",
    "Không ngủ được",
    "🙂🙃😭",
    "👩‍👩‍👧 ok 👍🏽",
    "é́́́́",
]
_ODD = [
    "",
    " ",
    "\n\n\n",
    "\t",
    "\x00",
    "\x07\x1b[31mred",
    "\ud800",
    "a\udfffb",
    "\u202eabc",
    "\ufeff",
    "((((((((",
    "[[ ## plan ## ]]",
    "\\",
    "%s %d {x} {{y}}",
    "'; DROP TABLE notes;--",
    "<b>&amp;</b>",
    "a" * 5_000,
    "ab " * 400,
    "1" * 400,
    "1e309 mg",
    "½ ¾ ² Ⅷ ٣",
    "." * 800,
    "no, " * 300,
    "I " * 300,
    '"' * 301,
    "—" * 200,
    "one hundred and and and two",
    "12:99 pm on 31/31/0000",
    "-0 mg",
    "I… I— I... I-",
    "Q: A: Q: A:",
    "?!?!?!",
    "https://x.y/z?q=1#f",
    "C:\\x\\y",
    "0" * 30 + " percent",
    "twenty-twenty-twenty",
]

words = st.one_of(
    st.sampled_from(_PHRASES),
    st.sampled_from(_SCRIPTS),
    st.sampled_from(_ODD),
    st.text(max_size=60),
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.text("aeI .,?!'\"—-0123456789", max_size=80),
)
texts = st.one_of(
    words, st.lists(words, min_size=2, max_size=6).map(" ".join), st.lists(words, max_size=4).map("\n".join)
)
times = st.one_of(
    st.none(), st.floats(), st.floats(0, 4_000), st.sampled_from([float("nan"), float("inf"), -1.0, 1e308])
)
speakers = st.sampled_from(["clinician", "client", "unknown"])
moments = st.one_of(
    st.none(),
    words,
    st.sampled_from(["2026-03-02T15:00:00-05:00", "2026-03-02T15:45:00-05:00", "2026-03-02", "9999-12-31T23:59"]),
)
maybe = st.one_of(st.none(), words)


@st.composite
def units(draw: st.DrawFn) -> tuple[Unit, ...]:
    """No turn, one, one speaker's, many, or the same few over and over up to about 2,000 words."""
    drawn = draw(st.lists(st.tuples(speakers, texts, times, times), max_size=14))
    if draw(st.booleans()) and drawn:
        drawn = [(drawn[0][0], *turn[1:]) for turn in drawn]
    if draw(st.integers(0, 19)) == 0:
        drawn *= 20
    return tuple(Unit(i, *turn) for i, turn in enumerate(drawn))  # type: ignore[arg-type]


@st.composite
def charts(draw: st.DrawFn) -> Chart:
    """A chart as a program could hold it, fields of any text and number."""
    listed = st.lists(words, max_size=3)
    # `model_construct`: pydantic refuses halves of surrogate pairs, and a writer must bear what a program hands it
    return Chart.model_construct(
        client=Client.model_construct(name=draw(maybe), pronouns=draw(maybe), date_of_birth=draw(maybe)),
        diagnoses=[
            Diagnosis.model_construct(code=c, name=n) for c, n in draw(st.lists(st.tuples(words, words), max_size=2))
        ],
        treatment_plan=TreatmentPlan.model_construct(
            goals=[
                Goal.model_construct(goal=draw(words), objectives=draw(listed), interventions=draw(listed))
                for _ in range(draw(st.integers(0, 2)))
            ]
        ),
        medications=draw(st.one_of(listed, st.just(["sertraline 50 mg"]))),
        previous_note=draw(maybe),
    )


@st.composite
def sources(draw: st.DrawFn) -> Source:
    """Any source: what comes out of the reader of records, and what a program could make beside it."""
    appointment = Appointment.model_construct(
        start=draw(moments),
        end=draw(moments),
        cpt=draw(st.one_of(maybe, st.just("90834"))),
        telehealth=draw(st.none() | st.booleans()),
    )
    return Source(
        draw(st.sampled_from(["transcript", "summary"])),
        draw(units()),
        draw(st.one_of(st.builds(Chart), charts())),
        draw(st.one_of(st.builds(Appointment), st.just(appointment))),
        tuple(draw(st.lists(words, max_size=2))),
    )


def records() -> st.SearchStrategy[dict[str, Any]]:
    """A record of an encounter as JSON could hold it, right or wrong."""
    turn = st.fixed_dictionaries({"speaker": speakers | words, "text": texts}, optional={"start": times, "end": times})
    return st.fixed_dictionaries(
        {"id": st.one_of(st.just("e1"), words)},
        optional={
            "transcript": st.lists(turn, max_size=6),
            "summary": texts,
            "approaches": st.lists(words, max_size=2),
            "appointment": st.fixed_dictionaries({}, optional={"start": moments, "end": moments, "cpt": maybe}),
            "chart": st.fixed_dictionaries(
                {}, optional={"medications": st.lists(words, max_size=2), "previous_note": maybe}
            ),
        },
    )


def of_words(count: int) -> tuple[Unit, ...]:
    """A conversation of so many words, turns of about twelve."""
    said = [p for p in _PHRASES if len(p.split()) > 2]
    found: list[Unit] = []
    left = count
    while left > 0:
        text = " ".join(said[(len(found) * 3 + k) % len(said)] for k in range(3))
        found.append(
            Unit(len(found), ("clinician", "client")[len(found) % 2], text, 2.0 * len(found), 2.0 * len(found) + 1)
        )  # type: ignore[arg-type]
        left -= len(text.split())
    return tuple(found)
