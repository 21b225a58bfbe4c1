"""Compare what answering choice questions costs with the released evaluation's algorithm and with ours.

    python benchmarks/choice_speed.py [--golden FOLDER] [--data FOLDER]
    python benchmarks/choice_speed.py --shape qwen3-4b --device cuda --prompts 100000
    python benchmarks/choice_speed.py --shape tiny --device cpu --prompts 200

reads   FOLDER/model of --golden (by default the folder in MEDINJECTION_GOLDEN), a tiny Qwen3, and FrenchMedMCQA under
        --data (MEDINJECTION_DATA). Without them: a tiny Qwen3 of random weights, and questions rendered from the
        knowledge base. No network
prints  a table, and as its last line one JSON object; status 1 when any parsed answer differs, 2 without questions

Both answer the same prompts, every question in --orders orders, in float32 on one thread of the CPU, in turns, --rounds
times in one process; the ratio of a round compares CPU time of runs beside each other, and the median is reported.
`released` (released_choice.py) gives each prompt to `generate` twice, alone. Tokens are counted in the model: every
place of a batch, padding included; `real` are those without padding. prefill_ratio is that of as many prompts, each of
another question; prefill_ratio_shared of every question in all orders: what these begin with is read once. growth is
our CPU time a prompt with all the questions, over that with half of them.

With --shape: answers to --prompts prompts by a model of random weights, batches halved until they fit. prefill_share is
the time that --peak-tflops needs for the forward products and attention of the tokens read, over the time taken.
With --lm-eval (a package that only this asks for): letters of the mcqu prompts scored by lm-evaluation-harness.
"""

import argparse
import json
import logging
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import training_variants as variants
from choice_material import (
    Tokens,
    counted,
    of_task,
    peak_gigabytes,
    prompts_of,
    read_questions,
    shaped_model,
    small_model,
)
from released_choice import answer_one_at_a_time

from medinjection.prediction.batch import end_token_ids
from medinjection.prediction.decoding import ChoicePrompt, answer_choice_prompts
from medinjection.prediction.parsing import parse_letters
from medinjection.prediction.run import Prediction
from medinjection.records.errors import InputError
from medinjection.records.schema import CHOICE_TASKS, Record

SHAPES = {"qwen3-4b": variants.QWEN3_4B, "tiny": variants.TINY}
GOALS = (
    ("speedup", ">= 5"),
    ("speedup_mcqu", ">= 3.5"),
    ("speedup_mcq", ">= 5"),
    ("prefill_ratio", "<= 0.55"),
    ("prefill_ratio_shared", "<= 0.45"),
)


@dataclass(slots=True)
class Side:
    """What one algorithm took for the prompts of a task: CPU seconds a round, tokens and answers of the last."""

    seconds: list[float] = field(default_factory=list)
    tokens: Tokens = field(default_factory=Tokens)
    answers: list[tuple[str, str]] = field(default_factory=list)


class Contest:
    """Both algorithms on one model."""

    def __init__(self, model: Any, tokenizer: Any, batch_size: int) -> None:
        self.model, self.tokenizer, self.batch_size = model, tokenizer, batch_size
        self._ends = end_token_ids(model, tokenizer)

    def released(self, prompts: list[ChoicePrompt]) -> list[tuple[str, str]]:
        """Return greedy and constrained answers, one prompt at a time."""
        return answer_one_at_a_time(self.model, self.tokenizer, prompts, self._ends)

    def ours(self, prompts: list[ChoicePrompt]) -> list[tuple[str, str]]:
        """Return greedy and constrained answers in batches."""
        answers = answer_choice_prompts(self.model, self.tokenizer, prompts, self.batch_size)
        return [(answer.greedy, answer.constrained) for answer in answers]

    def take_turn(self, name: str, prompts: list[ChoicePrompt], side: Side) -> None:
        """Let the algorithm `name` answer `prompts`."""
        with counted(self.model) as side.tokens:
            started = time.process_time()
            side.answers = getattr(self, name)(prompts)
            side.seconds.append(time.process_time() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    golden, data = os.environ.get("MEDINJECTION_GOLDEN"), os.environ.get("MEDINJECTION_DATA")
    parser.add_argument("--golden", type=Path, default=golden, help="folder with model/ (MEDINJECTION_GOLDEN)")
    parser.add_argument("--data", type=Path, default=data, help="folder of upstream's files (MEDINJECTION_DATA)")
    parser.add_argument("--items", type=int, default=40, help="questions of each task (default 40)")
    parser.add_argument("--orders", type=int, default=4, help="orders of each question (default 4)")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each algorithm (default 2)")
    parser.add_argument(
        "--batch-size",
        type=int,
        help="prompts together (default: that of the configuration; with --shape 1024, halved to fit)",
    )
    parser.add_argument("--lm-eval", action="store_true", help="also score letters by lm-evaluation-harness")
    parser.add_argument("--shape", choices=sorted(SHAPES), help="measure a model of random weights of this shape")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where --shape runs (default cpu)")
    parser.add_argument("--prompts", type=int, default=100_000, help="prompts for --shape (default 100000)")
    parser.add_argument("--peak-tflops", type=float, default=790, help="of the GPU, for prefill_share (default 790)")
    arguments = parser.parse_args()
    quiet()
    try:
        return throughput(arguments) if arguments.shape else compare(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def quiet() -> None:
    """Leave out progress bars and hints of the libraries."""
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")


def compare(arguments: argparse.Namespace) -> int:
    """Let both algorithms answer in turns; print the table and the figures."""
    import torch

    torch.set_num_threads(1)
    questions = read_questions(arguments.data)
    asked = {task: of_task(questions, task, arguments.items) for task in CHOICE_TASKS}
    contest = Contest(*small_model(arguments.golden, questions), arguments.batch_size or Prediction("").batch_size)
    prompts = {task: prompts_of(records, arguments.orders) for task, records in asked.items()}
    sides = take_turns(contest, prompts, arguments.rounds)
    differing = differences(prompts, sides)
    figures = ratios(sides)
    figures["prefill_ratio"] = prefill_ratio(contest, questions, arguments.items * arguments.orders)
    figures["growth"] = growth(contest, prompts, arguments.rounds)
    figures |= {
        "identical": not differing,
        "items": arguments.items * len(asked),
        "orders": arguments.orders,
        "prompts": sum(map(len, prompts.values())),
        "batch_size": contest.batch_size,
        "rounds": arguments.rounds,
        "real_questions": arguments.data is not None,
        "reference_model": arguments.golden is not None,
    }
    print_comparison(prompts, sides, figures)
    if arguments.lm_eval:
        from harness_letters import harness_figures

        figures["lm_eval"] = harness_figures(
            contest.model, contest.tokenizer, prompts["mcqu"], contest.batch_size, arguments.rounds
        )
        print(f"lm-evaluation-harness, letters of mcqu: {figures['lm_eval']}")
    print(json.dumps(figures))
    return 1 if differing else 0


def take_turns(contest: Contest, prompts: dict[str, list[ChoicePrompt]], rounds: int) -> dict[tuple[str, str], Side]:
    """Return algorithm, task -> what it took; the algorithms take turns at going first."""
    for asked in prompts.values():
        contest.take_turn("released", asked[:8], Side())
        contest.take_turn("ours", asked[:64], Side())
    sides = {(name, task): Side() for task in prompts for name in ("released", "ours")}
    for number in range(rounds):
        for task, asked in prompts.items():
            for name in ("released", "ours") if number % 2 == 0 else ("ours", "released"):
                contest.take_turn(name, asked, sides[name, task])
    return sides


def differences(prompts: dict[str, list[ChoicePrompt]], sides: dict[tuple[str, str], Side]) -> list[str]:
    """Return the names of prompts to which the parsed answers differ, after naming them on standard error."""
    found = []
    for task, asked in prompts.items():
        pairs = zip(asked, sides["released", task].answers, sides["ours", task].answers, strict=True)
        for prompt, *both in pairs:
            one, other = ([parse_letters(raw, prompt.letters, task) for raw in answers] for answers in both)
            if one != other:
                found.append(prompt.name)
                print(f"{task} {prompt.name} differs: released {both[0]}, ours {both[1]}", file=sys.stderr)
    return found


def ratios(sides: dict[tuple[str, str], Side]) -> dict[str, float]:
    """Return the speedups and the shares of tokens over both tasks."""

    def speedup(*tasks: str) -> float:
        by_round = {
            name: [sum(parts) for parts in zip(*(sides[name, task].seconds for task in tasks), strict=True)]
            for name in ("released", "ours")
        }
        return round(median(r / o for r, o in zip(by_round["released"], by_round["ours"], strict=True)), 2)

    released, ours = (sum((sides[name, t].tokens for t in CHOICE_TASKS), Tokens()) for name in ("released", "ours"))
    return {
        "speedup": speedup(*CHOICE_TASKS),
        **{f"speedup_{task}": speedup(task) for task in CHOICE_TASKS},
        "prefill_ratio_shared": round(ours.prefilled / released.prefilled, 3),
        "prefill_ratio_shared_real": round(ours.prefilled_real / released.prefilled_real, 3),
        "decode_ratio": round(ours.decoded / released.decoded, 3),
    }


def prefill_ratio(contest: Contest, questions: list[Record], count: int) -> float:
    """Return our prefilled tokens over the released algorithm's, for one order of `count` questions of each task.

    The released algorithm reads the tokens of each prompt twice, without padding.
    """
    asked = [record for task in CHOICE_TASKS for record in [r for r in questions if r.task == task][:count]]
    with counted(contest.model) as tokens:
        contest.ours(prompts_of(asked, 1))
    return round(tokens.prefilled / (2 * tokens.prefilled_real), 3)


def growth(contest: Contest, prompts: dict[str, list[ChoicePrompt]], rounds: int) -> float:
    """Return our CPU time a prompt among all prompts over that among half of them, by the least of the rounds."""
    asked = [prompt for of in prompts.values() for prompt in of]
    half = [prompt for of in prompts.values() for prompt in of[: len(of) // 2]]
    sides = [Side(), Side()]
    for _ in range(rounds):
        for side, part in zip(sides, (half, asked), strict=True):
            contest.take_turn("ours", part, side)
    return round(min(sides[1].seconds) / len(asked) / (min(sides[0].seconds) / len(half)), 3)


def print_comparison(
    prompts: dict[str, list[ChoicePrompt]], sides: dict[tuple[str, str], Side], figures: dict[str, Any]
) -> None:
    columns = ("algorithm", "task", "prompts", "CPU s", "CPU s/1000", "prefilled", "real", "decoded", "forwards")
    print("".join(f"{name:>12}" for name in columns))
    for (name, task), side in sides.items():
        seconds, tokens, count = median(side.seconds), side.tokens, len(prompts[task])
        print(
            f"{name:>12}{task:>12}{count:12}{seconds:12.2f}{1000 * seconds / count:12.2f}"
            f"{tokens.prefilled:12}{tokens.prefilled_real:12}{tokens.decoded:12}{tokens.forwards:12}"
        )
    for key, goal in GOALS:
        print(f"{key}: {figures[key]} (goal {goal})")
    print(f"parsed answers {'identical' if figures['identical'] else 'DIFFER'}; growth {figures['growth']}")


def throughput(arguments: argparse.Namespace) -> int:
    """Answer many prompts with a model of random weights; print what it took."""
    shape = SHAPES[arguments.shape]
    questions = read_questions(arguments.data)
    model, tokenizer = shaped_model(shape, arguments.device, questions)
    prompts = many_prompts(questions, arguments.orders, arguments.prompts)
    halvings = Halvings()
    logging.getLogger("medinjection.prediction").addHandler(halvings)
    batch_size = arguments.batch_size or 1024
    answer_choice_prompts(model, tokenizer, prompts[:64], min(64, batch_size), "warm-up")
    with counted(model) as tokens:
        started = time.perf_counter()
        answer_choice_prompts(model, tokenizer, prompts, batch_size)
        seconds = time.perf_counter() - started
    length = tokens.prefilled_real / len(prompts)
    least = tokens.prefilled_real * flops_of_a_token(shape, length) / (arguments.peak_tflops * 1e12)
    figures = {
        "shape": arguments.shape,
        "device": arguments.device,
        "prompts": len(prompts),
        "seconds": round(seconds, 1),
        "prompts_per_second": round(len(prompts) / seconds, 1),
        "tokens_per_second": round(tokens.prefilled_real / seconds),
        "prefilled": tokens.prefilled,
        "prefilled_real": tokens.prefilled_real,
        "decoded": tokens.decoded,
        "batch_size": halvings.batch_size or batch_size,
        "peak_gigabytes": peak_gigabytes(arguments.device),
        "prefill_share": float(f"{least / seconds:.3g}"),
    }
    for name, value in figures.items():
        print(f"{name:20}{value!s:>16}")
    if (arguments.device, arguments.shape) == ("cuda", "qwen3-4b"):
        print(f"minutes: {seconds / 60:.1f} (goal <= 8 for 100000 prompts on an H200)")
    print(json.dumps(figures))
    return 0


def many_prompts(questions: list[Any], orders: int, count: int) -> list[ChoicePrompt]:
    """Return `count` prompts; where the questions do not reach they are asked again under other names."""
    prompts: list[ChoicePrompt] = []
    for turn in range(count):
        prompts += prompts_of(questions[: count - len(prompts)], orders, f" again {turn}" if turn else "")
        if len(prompts) >= count:
            break
    return prompts[:count]


def flops_of_a_token(shape: variants.Shape, length: float) -> float:
    """Return the operations of one token's forward pass; it attends to half of `length`. The head reads one a row."""
    return 2 * shape.matrices() + 2 * shape.layers * shape.heads * shape.head * length


class Halvings(logging.Handler):
    """Keeps the batch size with which prediction went on after it last ran out of memory."""

    batch_size = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Take the second number of the warning."""
        if record.msg.startswith("out of memory"):
            self.batch_size = record.args[1]


if __name__ == "__main__":
    sys.exit(main())
