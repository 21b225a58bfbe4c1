"""What a folder of precomputed predictions holds, and what is said of one that is not what it should be."""

import pytest

from medinjection.plan.evaluation.precomputed import check_run, precomputed_answers
from medinjection.records.errors import InputError

PLANNED = ["base", "NAT", "TRAD"]


@pytest.fixture
def place(tmp_path):
    """A function that writes empty files below the folder of the test and returns the folder."""

    def write(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        return tmp_path

    return write


def both(*models):
    return [f"predictions/{model}/{kind}.parquet" for model in models for kind in ("choice", "open")]


def test_models_come_in_the_order_of_the_plan_then_by_name(place):
    top = place(
        *both("zeta", "NAT", "alpha@x", "base"),
        "predictions/.cache/x",
        "predictions/README.md",
        "predictions/NAT.chunks/1",
    )
    given = precomputed_answers(f"{top}/predictions/", None, PLANNED, [])
    assert given.models == given.choice_models == ("base", "NAT", "alpha@x", "zeta")
    assert given.predictions == f"{top}/predictions"
    assert (given.open_models, given.references, given.judges) == ((), None, ())


def test_open_answers_need_their_references(place):
    top = place(*both("base"), "predictions/NAT/choice.parquet", "evaluation/open.parquet")
    given = precomputed_answers(f"{top}/predictions", None, PLANNED, [])
    assert given.choice_models == ("base", "NAT")
    assert given.open_models == ("base",)
    assert given.references == f"{top}/evaluation/open.parquet"
    assert given.questions is None
    place("evaluation/choice.parquet")
    assert precomputed_answers(f"{top}/predictions", None, PLANNED, []).questions == f"{top}/evaluation/choice.parquet"


def test_reasoning_is_known_of_the_models_that_have_some(place):
    top = place(*both("base", "NAT"), "predictions/NAT/reasoning.parquet")
    given = precomputed_answers(f"{top}/predictions", None, PLANNED, [])
    assert given.reasoning_files() == {"NAT": f"{top}/predictions/NAT/reasoning.parquet"}


def test_judges_come_in_the_order_of_the_configuration(place):
    judged = [f"judgements/{judge}/{model}.parquet" for judge in ("a", "b", "c") for model in ("base", "NAT")]
    top = place(*both("base", "NAT"), *judged, "evaluation/open.parquet")
    given = precomputed_answers(f"{top}/predictions", f"{top}/judgements", PLANNED, ["b", "unused"])
    assert given.judges == ("b", "a", "c")
    assert given.judgements == f"{top}/judgements"


@pytest.mark.parametrize(
    ("files", "folder", "said"),
    [
        ([], "predictions", "predictions: {top}/predictions: no such folder"),
        (["predictions/notes.txt"], "predictions", "predictions: {top}/predictions has no folder in it; expected"),
        (["predictions/base/answers.csv"], "predictions", "predictions: {top}/predictions/base holds no answers; exp"),
        (["predictions/base/open.parquet"], "predictions", "{top}/predictions holds no <model>/choice.parquet; expect"),
        (["run/predictions/base/choice.parquet"], "run", "as in results/<run>/predictions; did you mean {top}/run/pr"),
        (["predictions/a b/choice.parquet"], "predictions", "{top}/predictions/a b: expected a name of letters"),
    ],
)
def test_a_folder_that_is_not_one_of_predictions_is_refused(place, files, folder, said):
    top = place(*files)
    with pytest.raises(InputError) as refused:
        precomputed_answers(f"{top}/{folder}", None, PLANNED, [])
    assert said.format(top=top) in str(refused.value)


def test_the_tables_of_a_run_with_other_predictions_are_not_replaced(place):
    top = place(*both("base"), "results/a/predictions/base/choice.parquet", "results/b/scores/choice.csv")
    with pytest.raises(InputError, match=r"the run 'a' has predictions of its own in .*; name another run .* run=NAME"):
        check_run("a", f"{top}/results/a", f"{top}/predictions")
    check_run("b", f"{top}/results/b", f"{top}/predictions")
    check_run("a", f"{top}/results/a", f"{top}/results/b/../a/predictions/")


def test_judgements_of_nothing_are_refused(place):
    top = place(*both("base", "NAT"), "judgements/a/base.parquet")
    folders = (f"{top}/predictions", f"{top}/judgements", PLANNED, [])
    with pytest.raises(
        InputError, match="judgements is given, but Table 6 needs .* reference answers in .*/evaluation"
    ):
        precomputed_answers(*folders)
    place("evaluation/open.parquet")
    with pytest.raises(InputError, match=r"judgements/a/NAT\.parquet: no such file, .* open answers: base, NAT"):
        precomputed_answers(*folders)
    with pytest.raises(InputError, match="judgements: .*/elsewhere: no such folder"):
        precomputed_answers(f"{top}/predictions", f"{top}/elsewhere", PLANNED, [])
