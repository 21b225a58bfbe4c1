"""Choice decoding gives a reference implementation's answers on real questions, at any batch size."""

import importlib.util
import os
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location(
    "agree_with_reference", Path(__file__).resolve().parents[2] / "benchmarks" / "agree_with_reference.py"
)
agree_with_reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(agree_with_reference)


@pytest.fixture(scope="module")
def golden():
    folder = os.environ.get("MEDINJECTION_GOLDEN")
    if not folder:
        pytest.skip("set MEDINJECTION_GOLDEN to run this test")
    return Path(folder)


@pytest.fixture(scope="module")
def results(golden):
    return agree_with_reference.compare_folder(golden, [1, 2, 7, 64])


def test_every_item_agrees_at_every_batch_size(results):
    assert {result["batch_size"] for result in results} == {1, 2, 7, 64}
    for result in results:
        assert result["items"] > 0
        assert result["agreeing"] == dict.fromkeys(result["agreeing"], result["items"]), result


def test_letter_probabilities_are_close(results):
    assert max(result["largest_probability_difference"] for result in results) < 1e-4


@pytest.mark.parametrize("batch_size", [7, 64])
def test_items_agree_where_other_orders_of_them_share_the_batch(golden, batch_size):
    """Each question twice more, with the same options under other letters: what the three begin with is read once."""
    from medinjection.models.base.loading import load_for_prediction

    model, tokenizer = load_for_prediction(golden / "model", None, "cpu", "float32")
    for task in ("mcq", "mcqu"):
        items = agree_with_reference.read_items(golden, task)[:30]
        prompts = [
            agree_with_reference.ChoicePrompt(item["id"], chat, item["letters"], task)
            for item in items
            for chat in (turned(item, 1), item["prompt_messages"], turned(item, 2))
        ]
        answers = agree_with_reference.answer_choice_prompts(model, tokenizer, prompts, batch_size)
        assert len({tuple(answer.letter_logprobs) for answer in answers}) > 2 * len(items)
        for item, answer in zip(items, answers[1::3], strict=True):
            compared = agree_with_reference.compare(item, task, answer)
            assert compared.pop("difference") < 1e-4
            assert all(compared.values()), (item["id"], compared)


def turned(item, by):
    """Return the chat of `item` with the texts of its options moved on by `by` letters."""
    (message,) = item["prompt_messages"]
    count = len(item["letters"])
    lines = message["content"].split("\n")
    options = [line.partition(") ")[2] for line in lines[-count:]]
    assert [line[:3] for line in lines[-count:]] == [f"({letter})" for letter in item["letters"]]
    shown = [f"({letter}) {options[(i + by) % count]}" for i, letter in enumerate(item["letters"])]
    return [{**message, "content": "\n".join(lines[:-count] + shown)}]


def test_a_folder_without_a_model_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["agree_with_reference.py", str(tmp_path / "missing")])
    assert agree_with_reference.main() == 2
    assert "expected a folder with model/" in capsys.readouterr().err


def test_a_difference_is_reported_per_comparison():
    item = {
        "id": "1",
        "letters": ["A", "B"],
        "greedy_output": "A",
        "greedy_prediction": ["A"],
        "constrained_output": "A",
        "constrained_prediction": ["A"],
        "first_step_letter_probabilities": {"A": 0.5, "B": 0.5},
    }
    answer = agree_with_reference.ChoiceAnswer("La", "A", (-0.6931472, -0.6931472))
    compared = agree_with_reference.compare(item, "mcqu", answer)
    assert compared.pop("difference") < 1e-6
    assert compared == {
        "greedy predictions": False,
        "greedy outputs": False,
        "constrained predictions": True,
        "constrained outputs": True,
        "letter probabilities": True,
    }
