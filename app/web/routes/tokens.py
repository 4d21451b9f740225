"""Tokens of machines: made, listed and ended by people. Each acts for the one who made it, within its scopes."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.access import tokens
from app.access.tokens import TokenView
from app.web.dependencies import Person
from app.web.forms import Body, Moment, PathId

router = APIRouter(prefix="/tokens", tags=["tokens"])


class NewToken(Body):
    name: str = Field(max_length=100, examples=["front desk"])
    scopes: list[str] = Field(max_length=len(tokens.SCOPES), examples=[["appointments:read"]])
    expires: Moment | None = Field(default=None, description="None: in 90 days.")


class MadeToken(BaseModel):
    id: str
    token: str = Field(description="Shown this once, kept nowhere.")


@router.get("")
def list_tokens(caller: Person) -> list[TokenView]:
    """One's own, the newest first; for an administrator the practice's."""
    with caller.work() as work:
        return tokens.list_tokens(work)


@router.post("", status_code=201)
def create_token(caller: Person, new: NewToken) -> MadeToken:
    expires: datetime | None = new.expires
    with caller.work() as work:
        made, token = tokens.create(work, new.name, new.scopes, expires)
    return MadeToken(id=made, token=token)


@router.delete("/{token_id}", status_code=204)
def revoke_token(caller: Person, token_id: PathId) -> None:
    """End a token at once."""
    with caller.work() as work:
        tokens.revoke(work, token_id)
