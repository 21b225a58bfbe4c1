"""What a run is told of folders that are not there, and of having no model."""

import pytest
from support.plans import plan_of

from medinjection.plan.notices.missing_parts import missing_folder_warnings, no_model_warnings


def test_folders_of_sources_and_base_models_that_are_not_there_are_named(tmp_path):
    plan = plan_of(
        sources={"mediqal": {"path": f"{tmp_path}/mediqal"}, "frenchmedmcqa": {"path": str(tmp_path)}},
        base_models=[{"path": f"{tmp_path}/llama"}],
    )
    assert missing_folder_warnings(plan) == [
        f"sources.mediqal.path is '{tmp_path}/mediqal': no such folder; the job that reads it will fail.",
        f"base_models[0].path is '{tmp_path}/llama': no such folder; the job that reads it will fail.",
    ]
    (tmp_path / "mediqal").mkdir()
    (tmp_path / "llama").mkdir()
    assert missing_folder_warnings(plan) == []


def test_folders_that_the_run_makes_itself_are_not_missed():
    assert missing_folder_warnings(plan_of()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"base_models": [], "mixes": {"recipes": {}}, "model": "openai/any"}, []),
        (
            {"base_models": [], "mixes": {"recipes": {}}},
            ["No model is named: no question is answered and no report written. To evaluate one: --config model=NAME."],
        ),
    ],
)
def test_a_run_without_a_model_is_told(changes, said):
    assert no_model_warnings(plan_of(**changes)) == said
