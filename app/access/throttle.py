"""How often somebody may try to sign in: per login and per address, counted in the database.

An attempt is written down before the password is looked at, and struck out when it was right: of many at once, no more
than the limit get as far as a password, and a restart forgets none of them. The table holds keyed digests alone.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from app.database.base import new_id
from app.database.people import SignInAttempt
from app.database.scope import Principal, ScopedSession
from app.errors import RefusedError

if TYPE_CHECKING:
    from app.wiring import Service
    from app.work.unit import Work

WINDOW = timedelta(minutes=15)
KEPT = timedelta(hours=1)
PER_LOGIN, PER_ADDRESS = 5, 50
"""Failures within the window. An address may be a whole practice behind one router."""
_SYSTEM = Principal.system("sign-in")


@dataclass(frozen=True)
class Attempt:
    """An attempt that is counted: its rows, and whom each counts against."""

    rows: dict[str, str]
    login: str | None


def begin(service: Service, login: str | None, address: str) -> Attempt:
    """Count an attempt before it is made; without a login, where a provider knows who it is, for the address alone.

    Raises:
        RefusedError: too many failed of late, with this login or from this address.
    """
    key = service.vault.audit_key
    limits = {_subject(key, "address", network(address)): PER_ADDRESS}
    of_login = None if login is None else _subject(key, "login", login)
    if of_login:
        limits[of_login] = PER_LOGIN
    attempt = Attempt({new_id(): subject for subject in limits}, of_login)
    with service.work(_SYSTEM) as work:
        work.session.execute(delete(SignInAttempt).where(SignInAttempt.at < work.now - KEPT))
        work.session.add_all(SignInAttempt(id=row, subject=of, at=work.now) for row, of in attempt.rows.items())
    with service.reading(_SYSTEM) as session:  # after the commit: whoever else tries just now is counted too
        since = service.clock() - WINDOW
        full = any(_count(session, subject, since) > limit for subject, limit in limits.items())
    if full:
        with service.work(_SYSTEM) as work:
            strike_out(work, attempt)  # whoever is refused does not lengthen the wait
        minutes = int(WINDOW.total_seconds() // 60)
        raise RefusedError("throttled", f"Too many sign-ins failed. Wait {minutes} minutes, then try again.")
    return attempt


def strike_out(work: Work, attempt: Attempt) -> None:
    """The attempt was none, or was refused: it counts no more."""
    work.session.execute(delete(SignInAttempt).where(SignInAttempt.id.in_(attempt.rows)))


def succeeded(work: Work, attempt: Attempt) -> None:
    """Forget what failed before with this login; what failed from the address with other logins still counts."""
    strike_out(work, attempt)
    work.session.execute(delete(SignInAttempt).where(SignInAttempt.subject == attempt.login))


def network(address: str) -> str:
    """What counts as one address: one of IPv4, a /64 of IPv6, of which everybody has as many as they like."""
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ipaddress.ip_network((ip, 64), strict=False))
        ip = ip.ipv4_mapped
    return str(ip)


def _subject(key: bytes, kind: str, value: str) -> str:
    """Keyed: an address, or a login, could be found by trying them all."""
    return hmac.new(key, f"sign-in attempt|{kind}|{value}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _count(session: ScopedSession, subject: str, since: object) -> int:
    query = select(func.count()).select_from(SignInAttempt)
    return session.scalar(query.where(SignInAttempt.subject == subject, SignInAttempt.at > since)) or 0
