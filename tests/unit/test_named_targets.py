"""Targets that a person names: a misspelt one, or one of another run, is told in one sentence."""

import pytest

from medinjection.plan.notices.targets import check_targets, named_targets
from medinjection.records.errors import InputError

RULES = ["all", "components", "tables", "score_choice"]


def check(*named):
    check_targets(named, RULES, ["all", "components", "tables"], "results/demo")


def test_rules_and_files_of_the_run_are_right(tmp_path):
    (tmp_path / "there").touch()
    check("components", "score_choice", "results/demo/tables/table5.csv", str(tmp_path / "there"))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (
            "componets",
            "componets: no such target; components is one. Expected a file below results/demo, or one of all, "
            "components, tables",
        ),
        ("zzz", "zzz: no such target. Expected a file below results/demo, or one of all, components, tables"),
        (
            "results/paper/cost.csv",
            "results/paper/cost.csv: this configuration makes files in results/demo only: name the configuration of "
            "the other run by --configfile",
        ),
        (
            "results/demo2/cost.csv",
            "results/demo2/cost.csv: this configuration makes files in results/demo only: name the configuration of "
            "the other run by --configfile",
        ),
    ],
)
def test_any_other_is_told(target, expected):
    with pytest.raises(InputError) as told:
        check("tables", target)
    assert str(told.value) == expected


def test_targets_are_told_from_the_values_of_flags():
    command = "snakemake tables --cores 2 --config run=b --configfile config/demo.yaml -n --forcerun score_choice"
    assert named_targets(command.split()) == ["tables"]
    assert named_targets(["/bin/snakemake", "-n", "--", "a", "b"]) == ["a", "b"]
    assert named_targets(["pytest", "tests/unit"]) == []
