"""Faults of real teachers, on request: which requests are hit follows from their text, so runs repeat exactly.

    prose         chatty text without the JSON or the score that was asked for
    truncated     the first half of the answer, with the finish reason "length"
    refusal       a polite refusal
    wrong_schema  JSON with other keys than those asked for
    rate_limit    no answer at the first try in this process, but a rate limit error

A request that is put again in other words (with the reason why its answer could not be used) is another request, and
may be answered well.
"""

from collections.abc import Callable, Mapping

from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval

FAULTS = ("prose", "truncated", "refusal", "wrong_schema", "rate_limit")

_PROSE = (
    "Bien sûr ! Voici ce que je peux en dire : c'est une question intéressante, qui mérite une réponse nuancée. "
    "N'hésitez pas à me demander des précisions."
)
_REFUSAL = "Je suis désolé, mais je ne peux pas répondre à cette demande d'ordre médical."
_WRONG_SCHEMA = '{"resultat": {"statut": "ok", "contenu": "voir ci-joint"}}'


class RateLimited(Exception):
    """The request comes too soon, as a busy provider says."""


class Faults:
    """Spoils the answers of one scripted teacher."""

    def __init__(self) -> None:
        self._put_off: set[str] = set()

    def spoil(self, digest: str, reply: Callable[[], str], rates: Mapping[str, float]) -> tuple[str, str]:
        """Return text and finish reason for the request with this digest.

        Raises:
            InputError: a name is none of FAULTS, or the rates are no shares that sum to at most 1.
            RateLimited: the request is hit by `rate_limit` and comes for the first time.
        """
        _check(rates)
        fault = _fault_of(digest, rates)
        if fault == "rate_limit" and digest not in self._put_off:
            self._put_off.add(digest)
            raise RateLimited("scripted rate limit: ask again")
        if fault == "truncated":
            text = reply()
            return text[: len(text) // 2], "length"
        canned = {"prose": _PROSE, "refusal": _REFUSAL, "wrong_schema": _WRONG_SCHEMA}
        return canned[fault] if fault in canned else reply(), "stop"


def _fault_of(digest: str, rates: Mapping[str, float]) -> str | None:
    place = unit_interval("scripted faults", digest)
    for fault in FAULTS:
        if place < rates.get(fault, 0.0):
            return fault
        place -= rates.get(fault, 0.0)
    return None


def _check(rates: Mapping[str, float]) -> None:
    for name, rate in rates.items():
        if name not in FAULTS:
            raise InputError(f"faults: {name!r} is unknown, expected one of {', '.join(FAULTS)}")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise InputError(f"faults: {name} is {rate!r}, expected a share from 0 to 1")
    if sum(rates.values()) > 1:
        raise InputError(f"faults: the shares sum to {sum(rates.values()):g}, expected at most 1")
