"""A client of NCBI's E-utilities, for one thing: the citations of PubMed behind a list of PMIDs.

It keeps to NCBI's rules ("Entrez Programming Utilities Help", NBK25497 and NBK25499; knowledge base KA-05510): at most
three requests a second, ten with a key; the names of the program and of a person to write to in each request; lists of
more than about 200 PMIDs by POST. Biopython has such a client, too; it cannot be pointed at another address, and parses
with DTDs that it must download.
"""

import io
import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from medinjection.records.errors import InputError
from medinjection.sources.pubmed.citations import read_citations

# PMIDs of a request: "about 200" may be named without the history server.
BATCH_SIZE = 200

BASE_VARIABLE = "NCBI_EUTILS_URL"
EMAIL_VARIABLE = "NCBI_EMAIL"
KEY_VARIABLE = "NCBI_API_KEY"

_BASE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
_TOOL = "medinjection-fr"
_PER_SECOND, _PER_SECOND_WITH_KEY = 3, 10
_ATTEMPTS = 8
# Least share of the citations asked for that an answer holds: PMIDs are hardly ever withdrawn.
_LEAST_SHARE = 0.5
_LONGEST_PAUSE_SECONDS = 300.0
_TIMEOUT_SECONDS = (15, 180)

_logger = logging.getLogger(__name__)


class _Passing(Exception):
    """A request failed for a reason that may pass; `seconds` is the pause that the server asks for, if any."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Pace:
    """Lets at most `per_second` requests a second start, evenly spaced."""

    def __init__(
        self,
        per_second: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._now, self._sleep = now, sleep
        self._next = now()

    def wait(self) -> None:
        """Return when the next request may start."""
        pause = self._next - self._now()
        if pause > 0:
            self._sleep(pause)
        self._next = max(self._next, self._now()) + self._interval


class EUtilities:
    """Asks the E-utilities for citations.

    Args:
        email: of the person who runs this; NCBI writes to it before it blocks an address.
        api_key: of an NCBI account; allows more requests a second.
        base: address that the names of the utilities are appended to.
        retry_seconds: pause before the second attempt; it doubles from one attempt to the next.
    """

    def __init__(self, email: str, api_key: str | None = None, base: str = _BASE, retry_seconds: float = 2.0) -> None:
        self._identity = {"tool": _TOOL, "email": email, **({"api_key": api_key} if api_key else {})}
        self._address = f"{base.rstrip('/')}/efetch.fcgi"
        self._secrets = [secret for secret in (api_key, email) if secret]
        self._retry_seconds = retry_seconds
        self._pace = Pace(_PER_SECOND_WITH_KEY if api_key else _PER_SECOND)

    @classmethod
    def from_environment(cls, retry_seconds: float = 2.0) -> "EUtilities":
        """Return the client that NCBI_EMAIL, NCBI_API_KEY and NCBI_EUTILS_URL describe.

        Raises:
            InputError: there is no e-mail address.
        """
        email, key, base = (os.environ.get(n, "").strip() for n in (EMAIL_VARIABLE, KEY_VARIABLE, BASE_VARIABLE))
        if "@" not in email or any(character.isspace() for character in email):
            raise InputError(
                f"{EMAIL_VARIABLE} is {'no e-mail address' if email else 'not set'}: NCBI asks whoever downloads from "
                "PubMed by a program to name an address, and writes to it before it blocks one. Set it in the "
                f"environment; with {KEY_VARIABLE}, a key of an NCBI account, ten requests a second are allowed "
                "instead of three"
            )
        return cls(email, key or None, base or _BASE, retry_seconds)

    def citations(self, pmids: Sequence[str]) -> bytes:
        """Return the XML of the citations with these PMIDs, as PubMed sent it; it is whole.

        PubMed leaves out PMIDs that it does not know; where it leaves out more than half, that is a fault. What may
        pass (no connection, too many requests, an error of the server, an answer cut short) is tried again, after the
        pause that the server asks for or a growing one.

        Raises:
            InputError: PubMed refuses, or gave no whole answer in eight attempts.
        """
        import requests
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        policy = Retrying(
            retry=retry_if_exception_type(
                (_Passing, requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
            ),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=self._pause,
            before_sleep=lambda state: _logger.warning(
                "PubMed: %s; trying again", self._reason(state.outcome.exception() if state.outcome else None)
            ),
            reraise=True,
        )
        try:
            return policy(self._ask, pmids)
        except (_Passing, requests.RequestException) as error:
            raise InputError(f"PubMed gives no citations: {self._reason(error)}") from None

    def _ask(self, pmids: Sequence[str]) -> bytes:
        import requests

        self._pace.wait()
        form = {"db": "pubmed", "retmode": "xml", "retmax": str(len(pmids)), "id": ",".join(pmids), **self._identity}
        # Followed nowhere: the key is for this address alone.
        with requests.post(self._address, data=form, timeout=_TIMEOUT_SECONDS, allow_redirects=False) as response:
            status = response.status_code
            if status == requests.codes.too_many_requests or status >= 500:
                raise _Passing(f"the server answered {status}", _seconds_asked(response.headers.get("Retry-After")))
            if status != requests.codes.ok:
                key = "api_key" in self._identity
                raise InputError(
                    f"PubMed refuses the request: the server answered {status} ({self._without_secrets(response.text)})"
                    f"{f'; is {KEY_VARIABLE} the key of an NCBI account?' if key else ''}"
                )
            content = response.content
        # A limit that was passed may come as a short JSON text with the status of success.
        if content.lstrip().startswith(b"{"):
            raise _Passing(f"the server answered {content[:200].decode('utf-8', 'replace')}")
        try:
            found = sum(1 for _ in read_citations(io.BytesIO(content), "its answer"))
        except InputError as error:
            raise _Passing(str(error)) from error
        if found < len(pmids) * _LEAST_SHARE:
            raise _Passing(f"its answer holds {found} of {len(pmids)} citations")
        if found < len(pmids):
            _logger.info("PubMed has no citation for %d of %d PMIDs", len(pmids) - found, len(pmids))
        return content

    def _pause(self, state: Any) -> float:
        error = state.outcome.exception()
        asked = error.seconds if isinstance(error, _Passing) else None
        growing = self._retry_seconds * 2 ** (state.attempt_number - 1)
        return min(growing if asked is None else asked, _LONGEST_PAUSE_SECONDS)

    def _reason(self, error: BaseException | None) -> str:
        import requests

        if isinstance(error, requests.Timeout):
            return "the server does not answer in time"
        if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
            return "no connection, or one that broke"
        if isinstance(error, requests.RequestException):
            return f"the request cannot be made ({type(error).__name__})"
        return self._without_secrets(str(error))

    def _without_secrets(self, text: str) -> str:
        """Return the beginning of what a server said in one line, which may quote what it was sent."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split())[:300]


def _seconds_asked(value: str | None) -> float | None:
    """Return the pause that a Retry-After header asks for, in seconds or until a date; None where it says nothing."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return Retry().parse_retry_after(value) if value else None
    except InvalidHeader:
        return None
