"""How a request to a language model fails, under the same names whatever answers for the model."""


class TransientFailure(Exception):
    """The request failed for a reason that passes by itself: it may be answered when it is put again.

    Attributes:
        kind: what the failure is counted under.
        retry_after: seconds that the provider asks to wait, None where it asks for no wait.
    """

    def __init__(self, reason: str, kind: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.kind = kind or type(self).__name__
        self.retry_after = retry_after

    def after(self, tries: int) -> str:
        """Say what it means that so many tries all ended like this."""
        return f"still failing after {tries} tries: {self}"


class Busy(TransientFailure):
    """The model has no time for the request now."""


class Unreachable(TransientFailure):
    """Nothing answers at the address where the model should be."""

    def __init__(self, reason: str, address: str, kind: str | None = None) -> None:
        super().__init__(reason, kind)
        self._address = address

    def after(self, tries: int) -> str:
        """Say what it means that so many tries all ended like this."""
        return f"no connection to {self._address} in {tries} tries ({self})"


class Refused(Exception):
    """The provider refuses this one request, whatever is tried."""


class Stopped(Exception):
    """The request was given up, because another one has ended the work of all."""
