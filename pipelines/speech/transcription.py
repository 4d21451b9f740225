"""From the audio of an encounter to its transcript: channel by channel, then merged by time. Knows no pool."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pipelines.records import Encounter, Failure, Speaker, Transcript, Utterance, VoicedGap
from pipelines.speech.audio import AudioError, Sound, load
from pipelines.speech.engine import ChannelTranscript, SpeechEngine
from pipelines.speech.vocabulary import words_of_chart, words_to_listen_for

TURN_PAUSE = 1.0
"""Seconds. A speaker who goes on after a shorter pause, with nobody else speaking in it, is still in the same turn."""
SENTENCE_PAUSE = 2.0
"""Seconds. The same where the sentence is not finished."""
Timed = TypeVar("Timed", Utterance, VoicedGap)


@dataclass(frozen=True)
class Channel:
    """One audio file of one encounter: the unit of work."""

    encounter_id: str
    speaker: Speaker
    path: Path
    listen_for: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    """Those of `listen_for` that the chart names."""


def channels_of(encounter: Encounter, folder: Path, extra_words: Iterable[str] = ()) -> list[Channel]:
    """The channels of an encounter; none where it has no audio. Paths are relative to `folder`, the data folder."""
    if encounter.audio is None:
        return []
    words = tuple(words_to_listen_for(encounter, extra_words))
    files = encounter.audio.files().items()
    expected = tuple(words_of_chart(encounter))
    return [Channel(encounter.id, speaker, folder / file, words, expected) for speaker, file in files]


def transcribe_channel(channel: Channel, engine: SpeechEngine) -> ChannelTranscript:
    """Decode and write down one channel.

    Raises:
        AudioError: the file gives no sound.
    """
    began = time.process_time()
    sound = load(channel.path)
    loading = time.process_time() - began
    heard = transcribe_sound(sound, channel, engine)
    return replace(heard, seconds=heard.seconds + loading)


def transcribe_sound(sound: Sound, channel: Channel, engine: SpeechEngine) -> ChannelTranscript:
    """Write down the sound of a channel that is decoded already; of the path, its name alone is used."""
    heard = engine.transcribe(sound.samples, channel.speaker, channel.listen_for, channel.expected)
    silent = [] if heard.utterances else [f"{channel.path.name}: no words were heard in it; check the recording"]
    return replace(heard, warnings=[*sound.warnings, *heard.warnings, *silent])


def placed_at(heard: ChannelTranscript, offset: float) -> ChannelTranscript:
    """A stretch of a channel that began `offset` seconds into the session, in the session's time."""

    def later(record: Timed) -> Timed:
        moved = {name: round(at + offset, 2) for name in ("start", "end") if (at := getattr(record, name)) is not None}
        return record.model_copy(update=moved)

    return replace(
        heard,
        utterances=[later(utterance) for utterance in heard.utterances],
        voiced_gaps=[later(gap) for gap in heard.voiced_gaps],
        audio_seconds=heard.audio_seconds + offset,
    )


def transcribe_encounter(encounter: Encounter, folder: Path, engine: SpeechEngine) -> Transcript | Failure:
    """Transcribe all channels of an encounter in this process."""
    heard = []
    for channel in channels_of(encounter, folder):
        try:
            heard.append(transcribe_channel(channel, engine))
        except AudioError as error:
            return audio_failure(encounter.id, error)
    return merge(encounter.id, heard, engine.name, words_to_listen_for(encounter))


def audio_failure(encounter_id: str, error: AudioError) -> Failure:
    return Failure(
        encounter_id=encounter_id, stage="transcribe", type="AudioError", message=str(error), remedy=error.remedy
    )


def merge(
    encounter_id: str, heard: Sequence[ChannelTranscript], engine: str, listened_for: Sequence[str] = ()
) -> Transcript:
    """The transcript of an encounter from its channels, in order of time."""
    return Transcript(
        encounter_id=encounter_id,
        utterances=turns([utterance for channel in heard for utterance in channel.utterances]),
        engine=engine,
        audio_seconds=max((channel.audio_seconds for channel in heard), default=0.0),
        seconds=sum(channel.seconds for channel in heard),
        voiced_gaps=sorted((gap for channel in heard for gap in channel.voiced_gaps), key=lambda gap: gap.start),
        listened_for=list(listened_for),
        warnings=[warning for channel in heard for warning in channel.warnings],
    )


def turns(stretches: Sequence[Utterance]) -> list[Utterance]:
    """Join stretches of speech into turns, ordered by when they start.

    A speaker's stretches are one turn while the pause between them is short and nobody else begins to speak in it: what
    the other says across a longer stretch ("mm-hmm") comes after it and does not tear a sentence apart.
    """
    joined: list[Utterance] = []
    latest: dict[Speaker, int] = {}
    for stretch in sorted(stretches, key=lambda u: (_start(u), _end(u))):
        at = latest.get(stretch.speaker)
        if at is not None and _same_turn(joined[at], stretch, joined[at + 1 :]):
            text = f"{joined[at].text} {stretch.text}"
            joined[at] = joined[at].model_copy(update={"end": stretch.end, "text": text})
            continue
        latest[stretch.speaker] = len(joined)
        joined.append(stretch)
    return joined


def _same_turn(before: Utterance, after: Utterance, between: Sequence[Utterance]) -> bool:
    finished = before.text.rstrip('"').endswith((".", "?", "!"))
    pause = _start(after) - _end(before)
    if pause >= (TURN_PAUSE if finished else SENTENCE_PAUSE):
        return False
    return not any(_start(other) >= _end(before) or _end(other) > _end(before) + pause / 2 for other in between)


def _start(utterance: Utterance) -> float:
    return utterance.start or 0.0


def _end(utterance: Utterance) -> float:
    return utterance.end if utterance.end is not None else _start(utterance)
