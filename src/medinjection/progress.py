"""Progress of long work: a bar with rate and time left on a terminal, one line per minute in a log file."""

import logging
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

_LOG_SECONDS = 60.0
_logger = logging.getLogger(__name__)


class _LinePerMinute:
    """A text stream for tqdm that turns each refresh into a log line."""

    def write(self, text: str) -> None:
        if line := text.strip():
            _logger.info(line)

    def flush(self) -> None:
        """Nothing is held back."""


def progress_bar(total: int | None, description: str, unit: str = "rows", iterable: Iterable[Any] | None = None) -> Any:
    """Return a tqdm bar over `iterable` (or to be moved with `update`), fit for where standard error goes."""
    if sys.stderr.isatty():
        return tqdm(iterable, total=total, desc=description, unit=unit)
    return tqdm(
        iterable,
        total=total,
        desc=description,
        unit=unit,
        file=_LinePerMinute(),
        mininterval=_LOG_SECONDS,
        miniters=1,
        ascii=True,
        ncols=100,
    )
