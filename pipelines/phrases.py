"""The fixed sentences of a note: what is written where neither source nor chart says anything."""

from __future__ import annotations

NOT_ADDRESSED = "Not addressed in this session."
FOR_CLINICIAN = "For the clinician to complete."
RISK_NOT_ASSESSED = "Risk was not assessed in this session."
RISK_TO_REVIEW = (
    "For the clinician to review: risk was raised in this session and the answer could not be read with certainty."
)
ABSENCES = (NOT_ADDRESSED, FOR_CLINICIAN, RISK_NOT_ASSESSED)

DRAFT = "DRAFT - review before signing"
