"""The English originals of translated questions, asked beside what was asked in French."""

import pytest
from support.checkout import SMALL_RUN

from medinjection.prediction.schema import CHOICE_SCHEMA
from medinjection.records.files import read_records, read_table
from medinjection.scoring.slices.languages import language_rows

pytestmark = pytest.mark.workflow


def test_originals_are_asked_beside_and_nothing_is_asked_again(changeable):
    run = changeable.folder / SMALL_RUN
    changeable.edit("tests/workflow/small.yaml", "prediction:", "prediction:\n  english_originals: true")
    assert changeable.planned() == {
        "select_english": 1,
        "predict_english": 3,
        "score_languages": 1,
        "report_leaderboard": 1,
    }
    changeable.run(f"{SMALL_RUN}/predictions_english/base/choice.parquet")
    french = {record.id: record for record in read_records(run / "evaluation/choice.parquet")}
    english = read_records(run / "evaluation_english/choice.parquet")
    assert [record.id for record in english] == [i for i, record in french.items() if record.component == "translated"]
    assert all(record.answer_indices == french[record.id].answer_indices for record in english)
    assert all(record.question != french[record.id].question for record in english)
    answers = (
        read_table(run / f"{name}/base/choice.parquet", CHOICE_SCHEMA)
        for name in ("predictions", "predictions_english")
    )
    (overall,) = (
        row for row in language_rows(*answers, seed=1) if (row["source"], row["decoding"]) == ("all", "greedy")
    )
    assert (overall["n"], overall["not_in_english"]) == (len(english), len(french) - len(english))
