"""Faults of real teachers and their servers, on request: which requests are hit follows from their text.

    prose           chatty text without the JSON or the score that was asked for
    truncated       the first half of the answer, with the finish reason "length"
    refusal         a polite refusal
    wrong_schema    JSON with other keys than those asked for
    rate_limit      a rate limit error; the scripted teacher's comes at the first try in a process, and then an answer

Faults that only the scripted server has stand in `demo.server.http_server`. A fault of the transport is drawn from the
request's bytes and the number of the try, so that runs repeat and a request gets through at a later try; a fault of the
content is drawn from the messages alone, so that the same question always gets the same answer and only other words,
such as the reason why the answer could not be used, may get a better one.
"""

from collections.abc import Mapping, Sequence

from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval

# Those of one row exclude one another for a request; where a share falls depends on their order.
TEACHER_FAULTS = ("prose", "truncated", "refusal", "wrong_schema", "rate_limit")
TRANSPORT_FAULTS = ("rate_limit", "rate_limit_bare", "server_error", "hang", "slow", "cut", "invalid_json")
AUTHENTICATION_FAULTS = ("unauthorized",)
CONTENT_FAULTS = ("prose", "wrong_schema", "truncated", "refusal", "content_filter")
BATCH_FAULTS = ("batch_failed", "batch_expired")
LINE_FAULTS = ("batch_error_line",)
SERVER_FAULTS = TRANSPORT_FAULTS + AUTHENTICATION_FAULTS + CONTENT_FAULTS + BATCH_FAULTS + LINE_FAULTS

_PROSE = (
    "Bien sûr ! Voici ce que je peux en dire : c'est une question intéressante, qui mérite une réponse nuancée. "
    "N'hésitez pas à me demander des précisions."
)
_REFUSAL = "Je suis désolé, mais je ne peux pas répondre à cette demande d'ordre médical."
_WRONG_SCHEMA = '{"resultat": {"statut": "ok", "contenu": "voir ci-joint"}}'
_CANNED = {"prose": _PROSE, "refusal": _REFUSAL, "wrong_schema": _WRONG_SCHEMA}


class RateLimited(Exception):
    """The request comes too soon, as a busy provider says."""


def check_shares(shares: Mapping[str, float], *rows: Sequence[str]) -> None:
    """Refuse shares of requests by fault that make no sense.

    Args:
        rows: the faults that may be asked for; the shares of one row sum to at most 1.

    Raises:
        InputError: a name is in no row, or a share or a sum is out of range.
    """
    known = [name for row in rows for name in row]
    for name, share in shares.items():
        if name not in known:
            raise InputError(f"faults: {name!r} is unknown, expected one of {', '.join(known)}")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise InputError(f"faults: {name} is {share!r}, expected a share from 0 to 1")
    for row in rows:
        if (total := sum(shares.get(name, 0.0) for name in row)) > 1:
            raise InputError(f"faults: the shares of {', '.join(row)} sum to {total:g}, expected at most 1")


def drawn_fault(row: Sequence[str], shares: Mapping[str, float], label: str, key: str) -> str | None:
    """Return which fault of a row hits what `key` stands for, None for none; `label` sets draws of one key apart."""
    place = unit_interval(label, key)
    for name in row:
        share = shares.get(name, 0.0)
        if place < share:
            return name
        place -= share
    return None


def spoiled(text: str, fault: str | None) -> tuple[str, str]:
    """Return the text and the finish reason of an answer that a fault of its content hits."""
    if fault == "truncated":
        return text[: len(text) // 2], "length"
    return _CANNED.get(fault or "", text), "stop"


class TeacherFaults:
    """The faults of one scripted teacher; remembers only which requests it has put off."""

    def __init__(self) -> None:
        self._put_off: set[str] = set()

    def fault_of(self, digest: str, shares: Mapping[str, float]) -> str | None:
        """Return what hits the request with this digest.

        Raises:
            InputError: a name is none of TEACHER_FAULTS, or the shares are none that sum to at most 1.
            RateLimited: the request is hit by `rate_limit` and comes for the first time.
        """
        check_shares(shares, TEACHER_FAULTS)
        fault = drawn_fault(TEACHER_FAULTS, shares, "scripted faults", digest)
        if fault == "rate_limit" and digest not in self._put_off:
            self._put_off.add(digest)
            raise RateLimited("scripted rate limit: ask again")
        return fault
