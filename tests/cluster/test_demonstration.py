"""The tiny demonstration from its corpora to the report, by `snakemake --profile slurm` as a person types it."""

import pytest
from support.checkout import copy_checkout
from support.run_content import content_of_run
from support.slurm import TINY_RUN

pytestmark = pytest.mark.cluster


def test_every_job_went_through_slurm_and_left_no_note(finished, slurm):
    jobs = slurm.jobs(finished.folder)
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert {"rule_train_mix_wildcards_ALL", "rule_predict_answers_wildcards_ALL"} <= {job.comment for job in jobs}
    assert (finished.folder / TINY_RUN / "report.html").is_file()
    assert not list((finished.folder / TINY_RUN / "heads").iterdir())


def test_jobs_with_gpus_went_where_gpus_are(finished, slurm):
    partitions = {job.comment.split("_wildcards_")[0]: job.partition for job in slurm.jobs(finished.folder)}
    on_gpus = {rule for rule, partition in partitions.items() if partition == "gpu"}
    assert {"rule_train_mix", "rule_predict_answers"} <= on_gpus
    assert {"rule_render_corpora", "rule_translate_source"}.isdisjoint(on_gpus)


def test_numbers_are_those_of_a_local_run(finished, tmp_path):
    local = copy_checkout(tmp_path / "local", *finished.configfiles)
    (local.folder / "tiny.yaml").write_bytes((finished.folder / "tiny.yaml").read_bytes())
    local.run()
    assert content_of_run(local.folder / TINY_RUN) == content_of_run(finished.folder / TINY_RUN)
