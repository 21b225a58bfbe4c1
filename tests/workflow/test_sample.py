"""Real records through the whole workflow, when a folder of them is given."""

import csv

import pytest

from medinjection.records.files import read_records

pytestmark = pytest.mark.workflow


def test_real_questions_reach_the_tables(fresh, real_data):
    checkout = fresh("config/sample.yaml", "tests/workflow/small_sample.yaml")
    checkout.run("--config", f"data_folder={real_data}")
    run = checkout.folder / "results/sample"
    evaluated = read_records(run / "evaluation/choice.parquet")
    real = [record for record in evaluated if record.source == "frenchmedmcqa"]
    assert real
    published = "".join(path.read_text("utf-8") for path in sorted((real_data / "frenchmedmcqa").glob("*.json")))
    upstream_ids = [record.provenance.upstream_id for record in real]
    assert all(upstream_id in published for upstream_id in upstream_ids)
    for number in (5, 7):
        with open(run / f"tables/table{number}.csv", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
        assert [row["model"] for row in rows] == ["base", "NAT", "ALL"]
        assert all(row["mcq_constrained_em"] and row["mcqu_constrained_em"] for row in rows)
