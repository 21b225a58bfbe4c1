"""Measure open answers of a model of random weights: tokens per second and peak memory, on a GPU or a CPU.

    python benchmarks/open_throughput.py --shape qwen3-4b --device cuda --questions 512 --new-tokens 512
    python benchmarks/open_throughput.py --shape tiny --questions 8 --new-tokens 4

reads   the open questions of MediQAl under --data (by default the folder in MEDINJECTION_DATA); without it, questions
        rendered from the knowledge base. No network
prints  a table, and as its last line one JSON object

A model of random weights hardly ever ends an answer, so that nearly every one has --new-tokens tokens: the most work
that so many questions can be. The batch is halved where it does not fit into the memory.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import training_variants as variants
from choice_material import peak_gigabytes, shaped_model
from open_cases import read_open_questions
from training_variants import PROMPTS

from medinjection.prediction.open import predict_open
from medinjection.records.question_prompts import read_question_prompts

SHAPES = {"qwen3-4b": variants.QWEN3_4B, "tiny": variants.TINY}
WARM_UP = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("MEDINJECTION_DATA")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="tiny", help="of the model (default tiny)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where it runs (default cpu)")
    parser.add_argument("--data", type=Path, default=data, help="folder of upstream's files (MEDINJECTION_DATA)")
    parser.add_argument("--questions", type=int, default=64, help="open questions, at most (default 64)")
    parser.add_argument("--new-tokens", type=int, default=64, help="tokens of an answer, at most (default 64)")
    parser.add_argument("--batch-size", type=int, default=32, help="answers together (default 32)")
    arguments = parser.parse_args()

    questions = read_open_questions(arguments.data, arguments.questions)
    model, tokenizer = shaped_model(SHAPES[arguments.shape], arguments.device, questions)
    prompts = read_question_prompts(PROMPTS / "question_choice.txt", PROMPTS / "question_open.txt", None)

    def answer(records: Any, new_tokens: int) -> Any:
        return predict_open(model, tokenizer, records, "random", new_tokens, arguments.batch_size, prompts=prompts)

    answer(questions[:WARM_UP], min(2, arguments.new_tokens))
    started = time.perf_counter()
    answers = answer(questions, arguments.new_tokens)
    seconds = time.perf_counter() - started
    tokens = sum(answers["output_tokens"].to_pylist())
    figures = {
        "shape": arguments.shape,
        "device": arguments.device,
        "questions": len(questions),
        "seconds": round(seconds, 1),
        "answer_tokens": tokens,
        "answer_tokens_per_second": round(tokens / seconds, 1),
        "peak_gigabytes": peak_gigabytes(arguments.device),
    }
    for name, value in figures.items():
        print(f"{name:26}{value!s:>14}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
