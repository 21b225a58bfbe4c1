"""What all tests share: one thread a process, no test that fails for slowness, folders of real data."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from support.preloaded import Preloaded

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

# A busy machine may take any time for an example.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent
_PRELOADED = pytest.StashKey[Preloaded]()


def pytest_configure(config: pytest.Config) -> None:
    # Processes among which the tests are shared use those of the process that shares them out.
    if not hasattr(config, "workerinput"):
        config.stash[_PRELOADED] = Preloaded()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _PRELOADED in config.stash:
        config.stash[_PRELOADED].end()


def _folder_from(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"set {variable} to run this test")
    return Path(value)


@pytest.fixture
def real_data() -> Path:
    """Folder of real upstream files, one subfolder a source."""
    return _folder_from("MEDINJECTION_DATA")


@pytest.fixture
def root() -> Path:
    """Top of the checkout."""
    return ROOT
