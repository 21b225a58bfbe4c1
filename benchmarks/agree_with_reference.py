"""Compare our answers to choice questions with a reference's, item by item, at several batch sizes.

    python benchmarks/agree_with_reference.py FOLDER --batch-sizes 1,7,64

reads   FOLDER/model/ (a Hugging Face model folder), FOLDER/mcq.jsonl, FOLDER/mcqu.jsonl; each line has id,
        prompt_messages, letters, greedy_output, greedy_prediction, constrained_output, constrained_prediction and
        first_step_letter_probabilities
prints  a table, and as its last line one JSON object; status 1 on any difference, 2 without a usable folder

Predictions must be the same for every item, raw outputs too (outer white space aside), letter probabilities within
1e-4. The model runs on the processor in float32 through the library's own prediction code.
"""

import argparse
import json
import logging
import math
import sys
import time
from pathlib import Path
from typing import Any

from medinjection.models.base.loading import load_for_prediction
from medinjection.prediction.decoding import ChoiceAnswer, ChoicePrompt, answer_choice_prompts
from medinjection.prediction.parsing import parse_letters
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS

TOLERANCE = 1e-4
_logger = logging.getLogger("agree_with_reference")


def read_items(folder: Path, task: str) -> list[dict[str, Any]]:
    """Return the reference's items of `task`, none where it has no such file."""
    path = folder / f"{task}.jsonl"
    if not path.is_file():
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def compare(item: dict[str, Any], task: str, answer: ChoiceAnswer) -> dict[str, bool | float]:
    """Return, for one item, what agrees, and the largest difference of a letter's probability."""
    letters = item["letters"]
    result: dict[str, bool | float] = {}
    for decoding in ("greedy", "constrained"):
        raw = getattr(answer, decoding)
        predicted = [letters[i] for i in parse_letters(raw, letters, task)]
        result[f"{decoding} predictions"] = predicted == sorted(item[f"{decoding}_prediction"])
        result[f"{decoding} outputs"] = raw.strip() == item[f"{decoding}_output"].strip()
    reference = item["first_step_letter_probabilities"]
    ours = [math.exp(value) for value in answer.letter_logprobs]
    difference = max(abs(p - reference[letter]) for p, letter in zip(ours, letters, strict=True))
    return result | {"letter probabilities": difference <= TOLERANCE, "difference": difference}


def agreement(model: Any, tokenizer: Any, items: list[dict[str, Any]], task: str, batch_size: int) -> dict[str, Any]:
    """Return how many of `items` agree at `batch_size`, by what is compared, and name those that do not."""
    prompts = [ChoicePrompt(item["id"], item["prompt_messages"], item["letters"], task) for item in items]
    started = time.perf_counter()
    answers = answer_choice_prompts(model, tokenizer, prompts, batch_size, f"{task}, batch size {batch_size}")
    seconds = time.perf_counter() - started
    compared = [compare(item, task, answer) for item, answer in zip(items, answers, strict=True)]
    largest = max(row.pop("difference") for row in compared)
    for item, row, answer in zip(items, compared, answers, strict=True):
        if wrong := [name for name, agrees in row.items() if not agrees]:
            _logger.warning("%s %s differs in %s: %s", task, item["id"], ", ".join(wrong), answer)
    return {
        "task": task,
        "batch_size": batch_size,
        "items": len(items),
        "agreeing": {name: sum(row[name] for row in compared) for name in compared[0]},
        "largest_probability_difference": round(largest, 7),
        "seconds": round(seconds, 2),
    }


def compare_folder(folder: Path, batch_sizes: list[int]) -> list[dict[str, Any]]:
    """Return the agreement of every task and batch size. Raises InputError where the folder is not usable."""
    items = {task: found for task in CHOICE_TASKS if (found := read_items(folder, task))}
    if not (folder / "model").is_dir() or not items:
        raise InputError(f"{folder}: expected a folder with model/ and mcq.jsonl or mcqu.jsonl")
    model, tokenizer = load_for_prediction(folder / "model", None, "cpu", "float32")
    return [agreement(model, tokenizer, items[task], task, batch_size) for task in items for batch_size in batch_sizes]


def sizes(text: str) -> list[int]:
    """Return the numbers of a list such as 1,7,64."""
    return [int(size) for size in text.split(",")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the reference's model and answers")
    parser.add_argument(
        "--batch-sizes", default="1,7,64", type=sizes, help="batch sizes, joined by commas (default: 1,7,64)"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")

    try:
        results = compare_folder(arguments.folder, arguments.batch_sizes)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{'task':5} {'batch':>5} {'what':25} {'agree':>11}")
    for result in results:
        for name, count in result["agreeing"].items():
            print(f"{result['task']:5} {result['batch_size']:5} {name:25} {count:5}/{result['items']:5}")
    same = all(count == result["items"] for result in results for count in result["agreeing"].values())
    print(json.dumps({"agreement": same, "tolerance": TOLERANCE, "results": results}))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
