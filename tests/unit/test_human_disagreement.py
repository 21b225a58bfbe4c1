"""Answers drawn by disagreement of judges: probabilities, sizes, and estimates that stay right, by simulation."""

import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.agreement import judgements_file
from support.plans import plan_of
from support.records import open_record

from medinjection.plan.notices.differences import difference_flags
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import read_table, write_records, write_table
from medinjection.scoring.agreement.powered import Stratum, best_power, powered_mean
from medinjection.scoring.human.disagreement import (
    EVEN_SHARE,
    disagreement,
    draw_by_disagreement,
    drawing_probabilities,
)
from medinjection.scoring.human.sampling import OpenAnswer
from medinjection.scoring.human.schema import SAMPLE_SCHEMA


def answers_of(counts, models=("base", "NAT")):
    return [
        OpenAnswer(model, f"{source}:{n}", source, "")
        for model in models
        for source, count in counts.items()
        for n in range(count)
    ]


def differing(answers, every=3):
    """Judges differ about every third answer."""
    return {answer: float(place % every == 0) for place, answer in enumerate(answers)}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1, 1], 0),
        ([0, 0, 0], 0),
        ([0, 1], 1),
        ([0, 1, 0, 1], 1),
        ([1, 1, 1, 0], 3**0.5 / 2),
        ([1, None], 3**0.5 / 2),
        ([None, None], 1),
        ([0, None, 1], 1),
    ],
)
def test_disagreement_is_the_spread_of_verdicts(scores, expected):
    assert disagreement(scores) == pytest.approx(expected)


def test_probabilities_by_hand():
    # 4 of 10, two of them disputed: half of 0.4 for all, and half of 4 shared by the two.
    assert drawing_probabilities([1, 1] + [0] * 8, 2) == pytest.approx([0.1 + 0.5] * 2 + [0.1] * 8)
    # They would have 0.2 + 1 each, so that both are sure and the others share 2 evenly.
    assert drawing_probabilities([1, 1] + [0] * 8, 4) == pytest.approx([1.0] * 2 + [0.25] * 8)
    assert drawing_probabilities([0, 0, 0, 0], 1) == [0.25] * 4
    assert drawing_probabilities([0, 1], 5) == [1, 1]


@given(st.lists(st.sampled_from([0.0, 0.5, 0.9, 1.0]), min_size=1, max_size=40), st.data())
def test_probabilities_add_up_grow_and_leave_nobody_out(values, data):
    number = data.draw(st.integers(1, len(values)))
    found = drawing_probabilities(values, number)
    assert sum(found) == pytest.approx(number)
    assert all(EVEN_SHARE * number / len(values) - 1e-9 <= chance <= 1 for chance in found)
    of_value = sorted(zip(values, found, strict=True))
    assert all(before[1] <= after[1] + 1e-12 for before, after in pairwise(of_value))


def test_sizes_are_fixed_by_kind_and_model_and_probabilities_add_up_to_them():
    answers = answers_of({"mediqal": 40, "wmt": 20}, ("base", "NAT", "ALL"))
    for seed in range(5):
        drawn = draw_by_disagreement(answers, differing(answers), 30, seed, translation_sources=["wmt"])
        assert Counter(a.source for a in drawn) == {"mediqal": 20, "wmt": 10}
        numbers = Counter((a.model, a.source) for a in drawn)
        # A third of 20 and of 10, rounded up or down.
        assert all(number in ((6, 7) if source == "mediqal" else (3, 4)) for (_, source), number in numbers.items())
        assert len(numbers) == 6
    few = draw_by_disagreement(answers, differing(answers), 30, 1, 0.1, ["wmt"])
    assert sum(a.source == "wmt" for a in few) == 3 and len(few) == 30
    none = draw_by_disagreement(answers, differing(answers), 30, 1, 0, ["wmt"])
    assert {a.source for a in none} == {"mediqal"} and len(none) == 30
    every = draw_by_disagreement(answers, differing(answers), 1000, 1, translation_sources=["wmt"])
    assert set(every) == set(answers) and set(every.values()) == {1.0}


def test_the_same_seed_draws_the_same_in_any_order_of_the_answers():
    answers = answers_of({"mediqal": 60})
    drawn = draw_by_disagreement(answers, differing(answers), 20, 1)
    assert list(draw_by_disagreement(answers[::-1], differing(answers), 20, 1).items()) == list(drawn.items())
    assert set(draw_by_disagreement(answers, differing(answers), 20, 2)) != set(drawn)
    models = [a.model for a in drawn]
    assert models != sorted(models), "items of one model do not stand together"


def test_a_sample_in_which_a_model_would_have_no_chance_is_refused():
    answers = answers_of({"mediqal": 40, "wmt": 2}, ("base", "NAT", "ALL"))
    with pytest.raises(InputError, match="human_review.size is 12: .* of translations no answer of .* would be"):
        draw_by_disagreement(answers, differing(answers), 12, 1, translation_sources=["wmt"])
    with pytest.raises(InputError, match="no open answers"):
        draw_by_disagreement([], {}, 12, 1)


def test_every_answer_is_drawn_as_often_as_its_probability_says():
    answers = answers_of({"s": 12})
    differences = {answer: (0.0, 0.5, 1.0)[place % 3] for place, answer in enumerate(answers)}
    draws, counts, chances = 2000, Counter(), {}
    for seed in range(draws):
        drawn = draw_by_disagreement(answers, differences, 8, seed)
        assert len(drawn) == 8
        counts.update([*drawn])
        chances |= drawn
    assert set(chances) == set(answers)
    for answer, chance in chances.items():
        error = (chance * (1 - chance) / draws) ** 0.5
        assert abs(counts[answer] / draws - chance) < 4.5 * error


@pytest.fixture(scope="module")
def simulated():
    """Estimates of the same 400 answers from 400 draws by disagreement and from 400 even ones, 60 ratings each.

    Three judges err more often on some answers; the first one's scores are used, and it is kinder than physicians.
    """
    rng = np.random.default_rng(3)
    answers = answers_of({"s": 400}, ["base"])
    truth = (rng.random(400) < 0.35).astype(float)
    hard = rng.random(400) < 0.25
    scores = [np.where(rng.random(400) < np.where(hard, wrong, 0.03), 1 - truth, truth) for wrong in (0.3, 0.35, 0.4)]
    place = {answer: number for number, answer in enumerate(answers)}
    differences = {answer: disagreement([judge[place[answer]] for judge in scores]) for answer in answers}
    found = {}
    for name, by in (("active", differences), ("even", dict.fromkeys(answers, 0.0))):
        for seed in range(400):
            drawn = draw_by_disagreement(answers, by, 60, seed)
            rated = np.array([place[answer] for answer in drawn])
            others = np.delete(scores[0], rated)
            one = [Stratum(truth[rated], scores[0][rated], others, np.array([*drawn.values()]))]
            for method, power in (("plain", 0.0), ("ppi", 1.0), ("tuned", best_power(one))):
                found.setdefault((name, method), []).append(powered_mean(one, power))
    return truth.mean(), found


@pytest.mark.parametrize("method", ["plain", "ppi", "tuned"])
def test_estimates_of_a_draw_by_disagreement_are_right_on_average_and_say_how_sure_they_are(simulated, method):
    truth, found = simulated
    means = [estimate.mean for estimate in found["active", method]]
    error = np.std(means, ddof=1) / len(means) ** 0.5
    assert abs(np.mean(means) - truth) < 3 * error
    covered = sum(
        estimate.interval is not None and estimate.interval[0] <= truth <= estimate.interval[1]
        for estimate in found["active", method]
    )
    # 95 % of 400, less what the normal approximation lacks.
    assert covered >= 368


def test_the_same_number_of_ratings_tells_more_when_they_are_drawn_by_disagreement(simulated):
    _, found = simulated
    for method in ("ppi", "tuned"):
        active, even = (np.var([estimate.mean for estimate in found[name, method]]) for name in ("active", "even"))
        assert active < 0.7 * even
    # Without a judge's scores the same draw tells less: what the weights cost is not paid back.
    assert np.var([e.mean for e in found["active", "plain"]]) > np.var([e.mean for e in found["even", "plain"]])


def test_the_program_draws_by_the_judgements_it_is_given(tmp_path, root):
    records = [open_record(n, source="kqa", split="test") for n in range(1, 21)]
    write_records(tmp_path / "open.parquet", records)
    more = {
        "model": "base",
        "source": "kqa",
        "output": "x",
        "output_tokens": 1,
        "reference_tokens": 1,
        "finished": True,
    }
    rows = [{**more, "record_id": record.id} for record in records]
    write_table(tmp_path / "base.parquet", pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
    judgements_file(tmp_path / "a", "base", {record.id: 1 for record in records})
    judgements_file(tmp_path / "b", "base", {record.id: int(n > 2) for n, record in enumerate(records)})
    command = [sys.executable, root / "workflow/scripts/sample_answers.py", "--predictions", tmp_path / "base.parquet"]
    command += ["--records", tmp_path / "open.parquet", "--size", "6", "--seed", "1"]
    judges = ["--judgements", f"a={tmp_path / 'a'}", f"b={tmp_path / 'b'}"]

    def drawn(*words):
        subprocess.run([*command, *words, "--output", tmp_path / "sample.parquet"], check=True)
        return read_table(tmp_path / "sample.parquet", SAMPLE_SCHEMA).to_pylist()

    assert {row["probability"] for row in drawn()} == {None}
    sample = drawn(*judges)
    chances = {row["record_id"]: row["probability"] for row in sample}
    disputed = {record.id for record in records[:3]}
    # Of 6: half evenly over 20, half over the three that are disputed, which is more than 1 for each.
    assert len(sample) == 6 and disputed < set(chances)
    assert {chances[record] for record in disputed} == {1.0}
    assert {round(chances[record], 9) for record in set(chances) - disputed} == {round(3 / 17, 9)}


def test_two_judges_are_needed_and_the_audit_is_told():
    plan = plan_of(human_review={"draw": "disagreement"})
    assert list(plan.human_review.judges) == ["scripted-judge-a", "scripted-judge-b"]
    assert plan.human_review.judgement_files[0] == "results/demo/judgements/scripted-judge-a/base.parquet"
    assert "--ratings-differ 'rated answers drawn by disagreement of judges (human_review.draw)'" in difference_flags(
        plan, []
    )
    assert "--ratings-differ" not in difference_flags(plan_of(), []) and plan_of().human_review.judges == {}
    with pytest.raises(
        InputError, match="draw is 'disagreement', expected two or more judges .*, found scripted-judge-a"
    ):
        plan_of(human_review={"draw": "disagreement"}, judging={"judges": ["scripted-judge-a"]})
