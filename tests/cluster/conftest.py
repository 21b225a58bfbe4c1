"""One Slurm for all tests of a process, and one small run with and one without it that tests look at or go on from."""

import pytest
from support.checkout import run_once
from support.slurm import TINY, Slurm, Submitted, started_slurm, tiny_checkout


@pytest.fixture(scope="session")
def slurm() -> Slurm:
    """A real Slurm on this machine."""
    with started_slurm() as started:
        yield started


@pytest.fixture(scope="session")
def local(slurm, tmp_path_factory, worker_id) -> Submitted:
    """The tiny demonstration, run to its end on this machine without Slurm. Not to be changed: copy it."""
    # Processes that share out the tests share the run as well.
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "local"
    checkout = Submitted(shared / "checkout", TINY, slurm)
    run_once(checkout, lambda: tiny_checkout(checkout.folder, slurm))
    return checkout


@pytest.fixture(scope="session")
def finished(slurm, tmp_path_factory) -> Submitted:
    """The tiny demonstration, run to its end on the cluster. Not to be changed: copy it."""
    checkout = tiny_checkout(tmp_path_factory.mktemp("finished") / "checkout", slurm)
    checkout.submit()
    return checkout
