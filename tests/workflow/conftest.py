"""Runs that several tests look at, and copies of them to change."""

import pytest
from support.checkout import Checkout, copy_checkout, finished_checkout


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id) -> Checkout:
    """A small demonstration that has run to its end. Not to be changed: use `changeable`."""
    # Processes that share out the tests share the run as well.
    base = tmp_path_factory.getbasetemp()
    return finished_checkout((base if worker_id == "master" else base.parent) / "finished")


@pytest.fixture
def changeable(finished, tmp_path) -> Checkout:
    """A copy of the finished run, times and Snakemake's memory included, for one test to change."""
    return finished.copied_to(tmp_path / "checkout")


@pytest.fixture
def fresh(tmp_path):
    """A function that makes a checkout without results, for the configuration files given; its jobs are preloaded."""
    return lambda *configfiles: copy_checkout(tmp_path / "fresh", *configfiles, preloaded=True)
