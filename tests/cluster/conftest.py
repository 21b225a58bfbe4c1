"""One Slurm for all tests, and one small run on it that several tests look at or go on from."""

import pytest
from support.slurm import Slurm, Submitted, started_slurm, tiny_checkout


@pytest.fixture(scope="session")
def slurm() -> Slurm:
    """A real Slurm on this machine."""
    with started_slurm() as started:
        yield started


@pytest.fixture
def checkout(slurm, tmp_path) -> Submitted:
    """A checkout of the tiny demonstration, nothing of which has run."""
    return tiny_checkout(tmp_path / "checkout", slurm)


@pytest.fixture(scope="session")
def local(slurm, tmp_path_factory) -> Submitted:
    """The tiny demonstration, run to its end on this machine without Slurm. Not to be changed: copy it."""
    checkout = tiny_checkout(tmp_path_factory.mktemp("local") / "checkout", slurm)
    checkout.run()
    return checkout


@pytest.fixture(scope="session")
def finished(slurm, tmp_path_factory) -> Submitted:
    """The tiny demonstration, run to its end on the cluster. Not to be changed: copy it."""
    checkout = tiny_checkout(tmp_path_factory.mktemp("finished") / "checkout", slurm)
    checkout.submit()
    return checkout
