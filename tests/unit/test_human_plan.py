"""Whose answers are drawn and which raters there are, from the configuration and the files that are there."""

import pytest
from support.plans import plan_of, settings_of

from medinjection.plan.evaluation.human_review import plan_human_review
from medinjection.plan.folders import Folders
from medinjection.records.errors import InputError


def review_of(tmp_path, simulated=(), **changes):
    settings = settings_of(human_review=changes)
    return plan_human_review(settings.human_review, simulated, Folders(str(tmp_path / "run")), plan_of().answers)


def test_the_demonstration_has_two_simulated_raters_in_its_own_folder():
    plan = plan_of()
    assert plan.human_review.simulated == ("simulated-a", "simulated-b")
    assert plan.human_review.raters == {
        name: f"results/demo/human/ratings/{name}.csv" for name in ("simulated-a", "simulated-b")
    }
    assert plan.human_review.models == plan.answers.open_models


def test_ratings_are_found_in_folders_and_files(tmp_path):
    folder = tmp_path / "run/human/ratings"
    assert review_of(tmp_path).raters == {}, "nobody has rated yet"
    folder.mkdir(parents=True)
    for name in ("dr-b.csv", "dr-a.CSV", "notes.txt", ".~lock.dr-b.csv"):
        (folder / name).touch()
    other = tmp_path / "dr-c.csv"
    other.touch()
    plan = review_of(tmp_path, ["bot"], ratings=["{run_folder}/human/ratings", str(other)])
    assert plan.raters == {
        "bot": str(folder / "bot.csv"),
        "dr-a": str(folder / "dr-a.CSV"),
        "dr-b": str(folder / "dr-b.csv"),
        "dr-c": str(other),
    }
    assert list(plan.raters) == sorted(plan.raters)
    assert plan.simulated == ("bot",)


def test_chosen_models_only(tmp_path):
    assert review_of(tmp_path, models=["NAT"]).models == ("NAT",)


@pytest.mark.parametrize(
    ("changes", "files", "said"),
    [
        (
            {"models": ["NAT", "no"]},
            [],
            r"human_review.models\[1\] is 'no', which has no open answers; models that do: ba",
        ),
        ({"ratings": ["TMP/none.csv"]}, [], r"human_review.ratings\[0\]: .*none.csv: no such file"),
        ({"ratings": ["TMP/none"]}, [], r"human_review.ratings\[0\]: .*none: no such folder"),
        (
            {"ratings": ["TMP/r"]},
            ["r/dr a (1).csv"],
            r"dr a \(1\).csv: expected <rater>.csv, a name of letters, digits",
        ),
        (
            {"ratings": ["TMP/r", "TMP/s"]},
            ["r/a.csv", "s/a.csv"],
            r"ratings\[1\]: .*s/a.csv: rater a has .*r/a.csv too",
        ),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, changes, files, said):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    if "ratings" in changes:
        changes = {"ratings": [path.replace("TMP", str(tmp_path)) for path in changes["ratings"]]}
    with pytest.raises(InputError, match=said):
        review_of(tmp_path, **changes)
