"""The words in which a client is asked for consent to record, where the practice has not written its own."""

DEFAULT = """\
Your clinician would like to record the sound of this session so that a program can write it down and draft the note.

What is recorded: the sound of this session, yours and your clinician's. The picture is never recorded.
What happens to it: a program that your practice runs writes down what was said. The sound is then deleted. If it \
cannot be written down, the sound is deleted after 7 days at the latest.
What was written down is deleted when your clinician has signed the note, after 7 days at the latest.
Your clinician reads, corrects and signs the note. It becomes part of your record, as it would without a recording.

You are free to say no. Your care does not depend on it, and you need not say why.
You may change your mind at any time, also during the session: the recording then stops at once. You may also ask your \
clinician to delete what was recorded until then.
"""
"""True whatever a practice has set: a shorter time to keep what was written down is within "7 days at the latest"."""
