"""What every command-line program of the workflow shares: logging, flags, and errors that end in a sentence."""

import argparse
import errno
import gc
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from medinjection.records.errors import InputError

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
# No space on the disk, or none that this user may take.
_FULL = (errno.ENOSPC, errno.EDQUOT)
# The status with which a shell reports a program that Ctrl-C has ended.
_INTERRUPTED = 130


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser whose help shows a program's docstring as it is written, with its example."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_field_flags(parser: argparse.ArgumentParser, defaults: object) -> None:
    """Add a flag for each field of a dataclass that is `Annotated[type, sentence]`; the sentence is its help."""
    for name, annotation in get_type_hints(type(defaults), include_extras=True).items():
        if get_origin(annotation) is not Annotated:
            continue
        hint, sentence = get_args(annotation)
        default = getattr(defaults, name)
        text = f"{sentence.rstrip('.')} (default: {default})".replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", default=default, help=text, **_how_to_read(hint))


def run_program(main: Callable[[], None]) -> None:
    """Run `main`; an InputError, a full disk or Ctrl-C ends the process with a sentence, without a traceback."""
    # Large libraries make a million objects while they are imported and give none back: looking for rubbish among them
    # every 700 objects takes a tenth of the CPU time of a short job.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    _leave_out_pandas()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in _FULL:
            raise
        sys.exit(f"error: the disk is full ({error}): free space, then run again; what is finished is kept")
    except KeyboardInterrupt:
        logging.error("interrupted; what is finished is kept")
        sys.exit(_INTERRUPTED)


def _leave_out_pandas() -> None:
    """Keep pyarrow from importing pandas, which it does to see whether the first list it reads is a data frame.

    The import takes a quarter of a second of each job, and no program hands a data frame over. Who imports pandas can.
    """
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None or "pandas" in sys.modules:
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    # Its Python part looks once and its C++ part looks once; no version is as good to it as no pandas.
    for _ in range(2):
        with suppress(AttributeError, ImportError):
            pyarrow.array([0])
    del sys.modules["pandas"]


def _how_to_read(hint: Any) -> dict[str, Any]:
    """Return the options of `add_argument` for a value of the type `hint`."""
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    if get_origin(hint) is tuple:
        return {"nargs": "*", **_how_to_read(get_args(hint)[0])}
    if NoneType in get_args(hint):
        return _how_to_read(next(part for part in get_args(hint) if part is not NoneType))
    return {"type": _true_or_false if hint is bool else hint}


def _true_or_false(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"
