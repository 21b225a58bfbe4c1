"""The tiny demonstration from its corpora to the report, by `snakemake --profile slurm` as a person types it."""

import pytest
from support.run_content import content_of_run
from support.slurm import TINY_RUN

pytestmark = pytest.mark.cluster


def test_every_job_went_through_slurm_and_left_no_note(finished, slurm):
    jobs = slurm.jobs(finished.folder)
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert {"rule_train_mix_wildcards_ALL", "rule_predict_answers_wildcards_ALL"} <= {job.comment for job in jobs}
    assert (finished.folder / TINY_RUN / "report.html").is_file()
    assert not list((finished.folder / TINY_RUN / "heads").iterdir())


def test_models_that_the_run_pre_trains_take_no_gpu(finished, slurm):
    assert {job.partition for job in slurm.jobs(finished.folder)} == {"cpu"}


def test_numbers_are_those_of_a_local_run(finished, local):
    assert content_of_run(local.folder / TINY_RUN) == content_of_run(finished.folder / TINY_RUN)
