"""Why a use case was not carried out. Every message is a sentence for the person who asked; none holds content."""

from __future__ import annotations


class WorkError(Exception):
    """`code` is stable, for callers; the message says what happened and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotFoundError(WorkError):
    """There is no such thing, or it is not theirs: nobody learns which."""

    def __init__(self, kind: str) -> None:
        super().__init__("not_found", f"There is no such {kind}.")


class ForbiddenError(WorkError):
    """The role may not do this at all."""

    def __init__(self, message: str = "Your role does not allow this.") -> None:
        super().__init__("forbidden", message)


class RefusedError(WorkError):
    """A rule of the work stands against it as things are now; the message says which, and the way out."""


class InvalidError(WorkError):
    """What was given is not valid; `field` names the place."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__("invalid", message)
        self.field = field


class ConflictError(WorkError):
    """Somebody else, or another tab, changed it meanwhile."""

    def __init__(self, kind: str) -> None:
        super().__init__("conflict", f"This {kind} was changed elsewhere meanwhile. Load it again; both are kept.")


class GoneError(WorkError):
    """It was deleted for ever, as it should be."""


class TooLargeError(WorkError):
    """It is larger than it may be."""

    def __init__(self, message: str) -> None:
        super().__init__("too_large", message)


class WrongTypeError(WorkError):
    """It is not of a kind that can be used here."""

    def __init__(self, message: str) -> None:
        super().__init__("wrong_type", message)


class NoRoomError(WorkError):
    """The disk of the service is full. What was sent can be sent again once there is room."""

    def __init__(self) -> None:
        super().__init__("no_room", "The service has no room left. Keep this and send it again: nothing else is lost.")


class BusyError(WorkError):
    """It cannot be done just now, and may be asked for again in a moment."""

    def __init__(self) -> None:
        super().__init__("busy", "This is in use just now. Try again in a moment.")
