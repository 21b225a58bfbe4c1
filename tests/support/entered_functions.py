"""Run a script of the workflow and write which functions of the package it entered, each as file and first line.

    python tests/support/entered_functions.py entered.json workflow/scripts/count_records.py --components ...

What runs while a module is loaded is left out.
"""

import json
import runpy
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGE = f"{Path(__file__).parents[2] / 'src'}/"
_FUNCTION = 1  # CO_OPTIMIZED: bodies of modules and classes are not
_entered: set[tuple[str, int]] = set()


def _note(frame: FrameType, event: str, _: Any) -> None:
    code = frame.f_code
    if event != "call" or not code.co_filename.startswith(PACKAGE) or not code.co_flags & _FUNCTION:
        return
    place = (code.co_filename.removeprefix(PACKAGE), code.co_firstlineno)
    if place not in _entered and not _is_loading(frame):
        _entered.add(place)


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(PACKAGE):
            return True
        frame = frame.f_back
    return False


def main() -> None:
    output, script, *arguments = sys.argv[1:]
    sys.argv = [script, *arguments]
    threading.setprofile(_note)
    sys.setprofile(_note)
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        sys.setprofile(None)
        Path(output).write_text(json.dumps(sorted(_entered)), encoding="utf-8")


if __name__ == "__main__":
    main()
