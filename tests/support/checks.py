"""The Python in which programs of others lie that check what the project writes."""

import os
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[2] / ".venv/checks/bin/python"


def checks_python() -> Path:
    """Return it; without it tests are skipped, or fail where REQUIRE_CHECKS is set."""
    if not PYTHON.with_name("rocrate-validator").exists():
        said = "no environment for checks: make checks makes it"
        if os.environ.get("REQUIRE_CHECKS"):
            pytest.fail(said)
        pytest.skip(said)
    return PYTHON
