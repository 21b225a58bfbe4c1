"""What a run is told of language models that their providers switch off."""

from datetime import date

import pytest
from support.plans import plan_of

from medinjection.plan.notices.switch_offs import switch_off_warnings
from medinjection.records.errors import InputError

OFF = {"model": "openai/x-2025-01-01", "switch_off": {"date": "2026-06-01", "successor": "openai/y"}}


def warnings(today, **changes):
    return switch_off_warnings(plan_of(llms={"old": OFF}, **changes), today)


def test_a_run_is_told_of_a_model_that_it_would_ask_and_of_its_successor():
    used = {"judging": {"judges": ["old"]}, "quality": {"judges": ["old", "scripted"]}}
    (said,) = warnings(date(2026, 6, 1), **used)
    assert said.startswith(
        "llms.old: openai/x-2025-01-01 is switched off since 2026-06-01; judge_quality, judge_answers, "
        "judge_consistency "
    )
    assert "openai/y, whose answers are not those of the model that the paper used" in said
    (said,) = warnings(date(2026, 5, 31), **used)
    assert "will be switched off on 2026-06-01" in said


def test_nothing_is_said_of_models_that_nobody_asks(tmp_path):
    assert warnings(date(2026, 7, 1)) == []
    (tmp_path / "predictions" / "base").mkdir(parents=True)
    (tmp_path / "predictions" / "base" / "choice.parquet").touch()
    given = {"predictions": str(tmp_path / "predictions"), "run": "again"}
    assert warnings(date(2026, 7, 1), judging={"judges": ["old"]}, **given) == []


@pytest.mark.parametrize(
    "wrong", [{"date": "June", "successor": "openai/y"}, {"date": "2026-06-01"}, {"date": "2026-06-01", "since": 1}]
)
def test_a_switch_off_has_a_date_and_a_successor(wrong):
    with pytest.raises(InputError, match=r"llms\.old\.switch_off\.\w+"):
        plan_of(llms={"old": OFF | {"switch_off": wrong}})
