import csv
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.choice_predictions import answered, prediction, table
from support.preloaded import run_program

from medinjection.records.errors import InputError
from medinjection.records.files import write_table
from medinjection.scoring.choice.chance import chance
from medinjection.scoring.choice.extras import EXTRA_COLUMNS
from medinjection.scoring.choice.intervals import INTERVAL_COLUMNS
from medinjection.scoring.choice.paired import ALL_PAIR_COLUMNS, PAIR_COLUMNS
from medinjection.scoring.choice.position import POSITION_COLUMNS
from medinjection.scoring.choice.scores import SCORE_COLUMNS, item_scores, score_choice
from medinjection.scoring.choice.spread import SPREAD_COLUMNS
from medinjection.scoring.files import read_predictions

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "score_choice.py"
subsets = st.lists(st.integers(0, 4), max_size=5)


def scored(pairs):
    items = item_scores(table(prediction(i, p, g) for i, (p, g) in enumerate(pairs)))
    return [(row["exact_match"], row["hamming"], row["parsed"]) for row in items.to_pylist()]


def test_item_scores_by_hand():
    assert scored([([1, 0], [0, 1]), ([0], [0, 1]), ([0, 1, 2], [1, 3]), ([], [2]), ([], []), ([4, 4], [4])]) == [
        (1, 1, 1),
        (0, pytest.approx(1 / 2), 1),
        (0, pytest.approx(1 / 4), 1),
        (0, 0, 0),
        (1, 1, 0),
        (1, 1, 1),
    ]


@settings(max_examples=50)
@given(st.lists(st.tuples(subsets, subsets), min_size=1, max_size=8))
def test_hamming_is_sklearns_jaccard_and_never_below_exact_match(pairs):
    from sklearn.metrics import jaccard_score

    def indicator(indices):
        return [int(i in indices) for i in range(5)]

    found = scored(pairs)
    for (predicted, gold), (exact, hamming, parsed) in zip(pairs, found, strict=True):
        expected = jaccard_score([indicator(gold)], [indicator(predicted)], average="samples", zero_division=1.0)
        assert hamming == pytest.approx(expected)
        assert exact == (set(predicted) == set(gold)) and exact <= hamming
        assert parsed == bool(predicted)


def test_scores_are_means_of_each_group_in_a_fixed_order():
    rows = [
        prediction(1, [0], [0, 1]),
        prediction(2, [0, 1], [0, 1]),
        prediction(2, [], [0, 1], order=1),
        prediction(3, [2], [2], task="mcqu", decoding="constrained"),
        prediction(4, [2], [2], model="base", source="other"),
    ]
    found = score_choice(item_scores(table(rows)), seed=1)
    assert [tuple(row) for row in found] == [SCORE_COLUMNS] * 4
    assert [tuple(row.values())[:9] for row in found] == [
        ("NAT", "src", "mcq", 0, "greedy", 2, 0.5, 0.75, 1.0),
        ("NAT", "src", "mcq", 1, "greedy", 1, 0.0, 0.0, 0.0),
        ("NAT", "src", "mcqu", 0, "constrained", 1, 1.0, 1.0, 1.0),
        ("base", "other", "mcq", 0, "greedy", 1, 1.0, 1.0, 1.0),
    ]
    assert score_choice(item_scores(table(reversed(rows))), seed=1)[1:] == found[:3]
    assert (found[0]["exact_match_ci_low"], found[0]["exact_match_ci_high"]) == (0.0, 1.0)
    assert (found[3]["hamming_ci_low"], found[3]["hamming_ci_high"]) == (1.0, 1.0)


def test_scores_agree_with_the_reference_program():
    folder = os.environ.get("MEDINJECTION_GOLDEN")
    if not folder:
        pytest.skip("set MEDINJECTION_GOLDEN to a folder with mcq.jsonl, mcqu.jsonl and scores.csv")
    published = list(csv.DictReader((Path(folder) / "scores.csv").open()))
    assert published
    for expected in published:
        task = {"qcm": "mcq", "qcmu": "mcqu"}[expected["type"]]
        lines = [json.loads(line) for line in (Path(folder) / f"{task}.jsonl").read_text().splitlines()]
        rows = [
            prediction(line["id"], *([line["letters"].index(x) for x in line[k]] for k in (p, "gold")), decoding=d)
            for line in lines
            for d, p in (("greedy", "greedy_prediction"), ("constrained", "constrained_prediction"))
        ]
        for row in score_choice(item_scores(table(rows)), seed=1):
            assert row["n"] == int(expected["n_items"])
            assert row["exact_match"] == pytest.approx(float(expected[f"em_{row['decoding']}"]), abs=1e-6)
            if expected[f"hamming_{row['decoding']}"]:
                assert row["hamming"] == pytest.approx(float(expected[f"hamming_{row['decoding']}"]), abs=1e-6)


def test_impossible_predictions_are_refused(tmp_path):
    with pytest.raises(InputError, match="record src:7: predicted_indices holds -1, expected an option index"):
        item_scores(table([prediction(6, [0], [0]), prediction(7, [1, -1], [0])]))
    with pytest.raises(InputError, match="record src:7: 3 options in option_order, expected more than .* right, 3"):
        item_scores(table([prediction(7, [0], [3], shown=[2, 1, 0])]))
    with pytest.raises(InputError, match="record src:7: 0 options in option_order"):
        item_scores(table([prediction(7, [], [], shown=[])]))
    with pytest.raises(InputError, match="record src:7 has 2 greedy predictions of NAT in order 0"):
        item_scores(table([prediction(7, [0], [0])] * 2))
    write_table(tmp_path / "a.parquet", table([prediction(1, [0], [0])]))
    write_table(tmp_path / "b.parquet", table([]))
    with pytest.raises(InputError, match=r"a\.parquet: model 'NAT' is already in"):
        list(read_predictions([tmp_path / "a.parquet", tmp_path / "a.parquet"]))
    with pytest.raises(InputError, match=r"b\.parquet: no predictions"):
        list(read_predictions([tmp_path / "b.parquet"]))


def test_the_lenient_reading_is_of_the_raw_output_and_the_order_shown():
    rows = [
        prediction(1, [], [2], task="mcqu", raw="Réponse : B", shown=[3, 2, 0, 1]),
        prediction(2, [], [2], task="mcqu", raw="Réponse : A", shown=[3, 2, 0, 1]),
        prediction(3, [], [0, 2], raw="Les bonnes réponses sont A et C"),
        prediction(4, [], [0], raw="Je ne sais pas"),
        prediction(5, [0, 1], [0, 2]),
    ]
    found = item_scores(table(rows)).to_pylist()
    assert [row["parsed"] for row in found] == [0, 0, 0, 0, 1]
    assert [row["parsed_lenient"] for row in found] == [1, 1, 1, 0, 1]
    assert [row["exact_match_lenient"] for row in found] == [1, 0, 1, 0, 0]
    assert [row["hamming_lenient"] for row in found] == [1, 0, 1, 0, pytest.approx(1 / 3)]


def test_chance_by_hand():
    assert chance("mcqu", 4, 1) == (0.25, 0.25)
    # 2 options, 1 right: the guesses {right}, {wrong}, {both} score 1, 0 and 1/2.
    assert chance("mcq", 2, 1) == pytest.approx((1 / 3, 1.5 / 3))
    assert chance("mcq", 2, 2) == pytest.approx((1 / 3, 2 / 3))
    assert chance("mcq", 3, 0) == (0.0, 0.0)


@given(st.integers(1, 7), st.data())
def test_chance_is_the_mean_score_of_all_guesses(options, data):
    gold = data.draw(st.sets(st.integers(0, options - 1), min_size=1))
    guesses = [{i for i in range(options) if bits >> i & 1} for bits in range(1, 2**options)]
    rows = [prediction(i, sorted(guess), sorted(gold), shown=range(options)) for i, guess in enumerate(guesses)]
    (row,) = score_choice(item_scores(table(rows)), seed=1)
    assert (row["exact_match"], row["hamming"]) == pytest.approx(chance("mcq", options, len(gold)))
    assert (row["chance_exact_match"], row["chance_hamming"]) == pytest.approx(chance("mcq", options, len(gold)))
    if len(gold) == 1:
        single = [prediction(i, [i], sorted(gold), shown=range(options), task="mcqu") for i in range(options)]
        (row,) = score_choice(item_scores(table(single)), seed=1)
        assert (row["exact_match"], row["hamming"]) == pytest.approx(chance("mcqu", options, 1))
        assert row["chance_exact_match"] == pytest.approx(1 / options)


FILES = {
    "choice": SCORE_COLUMNS,
    "choice_spread": SPREAD_COLUMNS,
    "choice_extras": EXTRA_COLUMNS,
    "choice_positions": POSITION_COLUMNS,
    "intervals": INTERVAL_COLUMNS,
    "paired": PAIR_COLUMNS,
    "paired_all": ALL_PAIR_COLUMNS,
}


def run_script(folder, *arguments):
    result = run_program([SCRIPT, *arguments], cwd=folder)
    assert result.returncode == 0, result.stderr


def test_program_writes_the_same_files_twice(tmp_path):
    rng = np.random.default_rng(4)
    for model in ("base", "NAT", "SYN"):
        rows = answered(model, rng.integers(0, 2, (12, 2)), (0, 1))
        write_table(tmp_path / model / "choice.parquet", table(rows))
    files = [f"{model}/choice.parquet" for model in ("base", "NAT", "SYN")]
    for run in ("one", "two"):
        run_script(
            tmp_path, "--predictions", *files, "--bases", "NAT=base", "SYN=base", "--seed=9", f"--output-folder={run}"
        )
    for name, columns in FILES.items():
        text = (tmp_path / "one" / f"{name}.csv").read_bytes()
        assert text == (tmp_path / "two" / f"{name}.csv").read_bytes() and b"\r" not in text
        assert text.decode().splitlines()[0] == ",".join(columns)
    models = [row["model"] for row in csv.DictReader((tmp_path / "one/choice.csv").open())]
    assert models == ["base"] * 2 + ["NAT"] * 2 + ["SYN"] * 2


def test_questions_that_were_too_long_count_as_wrong(tmp_path):
    """Three questions, of which the last was not asked: in every order, or in order 1 alone."""
    orders = ([0, 1, 2], [1, 2, 0], [2, 0, 1])

    def rows(model, unasked):
        for i in range(3):
            for order, shown in enumerate(orders):
                asked = i < 2 or order not in unasked
                logprobs = [math.log(0.8 if option == 0 else 0.1) for option in shown] if asked else []
                named = [0] if asked else []
                yield prediction(i, named, [0], model, order, task="mcqu", shown=shown, logprobs=logprobs)

    for model, unasked in (("NAT", (0, 1, 2)), ("once", (1,))):
        write_table(tmp_path / f"{model}.parquet", table(rows(model, unasked)))
    run_script(tmp_path, "--predictions", "NAT.parquet", "once.parquet", "--output-folder=scores")
    found = {name: list(csv.DictReader((tmp_path / f"scores/{name}.csv").open())) for name in FILES}
    shares = [(row["model"], row["order"], row["n"], row["exact_match"], row["parse_rate"]) for row in found["choice"]]
    assert shares == [
        *(("NAT", str(order), "3", "0.666667", "0.666667") for order in range(3)),
        ("once", "0", "3", "1", "1"),
        ("once", "1", "3", "0.666667", "0.666667"),
        ("once", "2", "3", "1", "1"),
    ]
    never, once = found["choice_extras"]
    for name in ("vote_exact_match", "vote_parse_rate", "average_exact_match", "prior_exact_match", "stable_share"):
        assert never[name] == "0.666667", name
    # Two of three orders suffice for a vote and an average; the published order of the third question was asked.
    for name in ("vote_exact_match", "average_exact_match", "prior_exact_match"):
        assert once[name] == "1", name
    assert once["stable_share"] == "0.666667"
    assert [row["shown"] for row in found["choice_positions"]] == ["6"] * 3 + ["8"] * 3
    assert {row["recall"] for row in found["choice_positions"]} == {"1"}
    assert {(row["rstd"], row["letter_distance"]) for row in (never, once)} == {("0", "0")}


def refused(folder, *rows, models=()):
    for place, of_file in enumerate(rows):
        write_table(folder / f"{place}.parquet", table(of_file))
    with pytest.raises(InputError) as error:
        list(read_predictions([folder / f"{place}.parquet" for place in range(len(rows))], models))
    return str(error.value)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"gold_indices": [1, 2]}, "right options [1, 2], but [0] in"),
        ({"task": "mcqu"}, "task 'mcqu', but 'mcq' in"),
        ({"source": "other"}, "source 'other', but 'src' in"),
        ({"option_order": [0, 1, 2, 3]}, "number of options 4, but 5 in"),
    ],
)
def test_another_question_under_the_same_id_is_refused(tmp_path, other, said):
    first = [prediction(i, [0], [0], "base") for i in range(3)]
    second = [prediction(i, [0], [0]) for i in range(3)]
    second[1] |= other
    message = refused(tmp_path, first, second)
    assert message.startswith(f"{tmp_path}/1.parquet: record src:1: {said} {tmp_path}/0.parquet; expected one question")
    assert f"{said} elsewhere in the file" not in message
    assert list(read_predictions([tmp_path / "0.parquet"], ["base"]))


def test_an_order_0_that_is_not_the_published_one_is_refused(tmp_path):
    rows = [prediction(1, [0], [0]), prediction(2, [0], [0], shown=[1, 0, 2])]
    said = "0.parquet: record src:2: option_order [1, 0, 2] in order 0, expected the published order [0, 1, 2]"
    assert said in refused(tmp_path, rows)


def test_a_file_stands_for_the_model_in_it(tmp_path):
    rows = [[prediction(1, [0], [0], model)] for model in ("base", "TRAD")]
    assert refused(tmp_path, *rows, models=["base", "foreign-x"]) == (
        f"{tmp_path}/1.parquet: holds answers of 'TRAD', but stands for foreign-x"
    )
    assert refused(tmp_path, *rows, models=["base"]) == "--models names 1, expected one for each of the 2 files"


def test_a_served_model_without_constrained_answers_is_scored(tmp_path):
    both = [r for d in ("greedy", "constrained") for r in answered("base", [[1, 0], [0, 1]], (0, 1), d)]
    served = [row | {"letter_logprobs": []} for row in answered("served", [[1, 1], [1, 1]], (0, 1))]
    for model, rows in (("base", both), ("served", served)):
        write_table(tmp_path / f"{model}.parquet", table(rows))
    run_script(tmp_path, "--predictions", "base.parquet", "served.parquet", "--output-folder=scores")
    assert (tmp_path / "scores/paired.csv").read_text().count("\n") == 1
    tests = list(csv.DictReader((tmp_path / "scores/paired_all.csv").open()))
    assert [(row["decoding"], row["n_items"]) for row in tests] == [("greedy", "2")] * 2 + [("constrained", "0")] * 2
    assert [row["p_holm"] == "" for row in tests] == [False, False, True, True]
    extras = list(csv.DictReader((tmp_path / "scores/choice_extras.csv").open()))
    assert [(row["model"], row["decoding"]) for row in extras] == [
        ("base", "greedy"),
        ("base", "constrained"),
        ("served", "greedy"),
    ]
    assert extras[2]["average_exact_match"] == extras[2]["prior_exact_match"] == ""
