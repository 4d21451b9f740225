"""The fixed sentences of a note: what is written where neither source nor chart says anything."""

from __future__ import annotations

import re
from collections.abc import Sequence

NOT_ADDRESSED = "Not addressed in this session."
FOR_CLINICIAN = "For the clinician to complete."
RISK_NOT_ASSESSED = "Risk was not assessed in this session."
RISK_TO_REVIEW = (
    "For the clinician to review: risk was raised in this session and the answer could not be read with certainty."
)
ABSENCES = (NOT_ADDRESSED, FOR_CLINICIAN, RISK_NOT_ASSESSED)

DRAFT = "DRAFT - review before signing"

# The lines that leave risk to the clinician: they name what was raised and state nothing.
RISK_REVIEW = re.compile(
    r"^For the clinician to review: (?:client was asked about )?(?:[\w'-]+,? ){1,24}"
    r"(?:and the answer could not be read|and could not be stated) with certainty\.$"
)


def risk_to_review(named: Sequence[str]) -> str:
    """The line for the clinician about topics of risk, by their names."""
    if not named:
        return RISK_TO_REVIEW
    what = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    raised = "were raised" if len(named) > 1 or named[0].startswith("thoughts") else "was raised"
    return f"For the clinician to review: {what} {raised} in this session and could not be stated with certainty."
