"""Greedy and constrained answers to choice questions, in batches; one reading of each prompt serves both.

The rules are those of the released evaluation: at most one new token for mcqu and two per option for mcq; constrained
decoding chooses among the item's letters, separators and the end of the turn. While a greedy answer stays among
those tokens the constrained one is the same; where it leaves them, both go on side by side from the same states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from medinjection.prediction.batch import PromptBatch, end_token_ids
from medinjection.prediction.chunks import Chunks, work_off
from medinjection.prediction.letters import LetterTokens, check_letters
from medinjection.prediction.prompts import Prompt, answer_texts, encode_prompts
from medinjection.prediction.schema import CONSTRAINED, DECODINGS, GREEDY
from medinjection.prediction.sharing import by_length


@dataclass(frozen=True, slots=True)
class ChoicePrompt(Prompt):
    """A chat that asks a choice question: the letters under which options are shown, and its task (mcq or mcqu)."""

    letters: Sequence[str]
    task: str

    @property
    def max_new_tokens(self) -> int:
        """Maximum number of tokens of an answer."""
        return 1 if self.task == "mcqu" else 2 * len(self.letters)

    @property
    def min_new_tokens(self) -> int:
        """Tokens that an answer must find room for: a cut one would not compare."""
        return self.max_new_tokens


class ChoiceAnswer(NamedTuple):
    """Both raw answers to a prompt, without special tokens, and the first step's letter log-probabilities."""

    greedy: str
    constrained: str
    letter_logprobs: Sequence[float]


# What stands for an answer to a prompt that does not fit into the model's context.
OVER_LENGTH = ChoiceAnswer("", "", ())


def answer_choice_prompts(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[ChoicePrompt],
    batch_size: int,
    description: str = "choice",
    chunks: Chunks | None = None,
    max_over_length_share: float = 0.0,
    ending: str = "",
) -> list[ChoiceAnswer]:
    """Return the answer to each prompt, in the order given.

    In float32 the batch size changes speed alone. In bfloat16 it changes rounding: letter log-probabilities change in
    the second digit after the point, and an answer between near ties may be another one.

    Args:
        chunks: keeps answers, and has those of an earlier job.
        max_over_length_share: maximum share of the names whose prompts are too long for the context; OVER_LENGTH is
            their answer.
        ending: what ends the reasoning before an answer, where the prompts have some.

    Raises:
        InputError: unusable letters, a letter that is no single token, prompts longer than the model's context, a
            model that `PromptBatch` cannot read.
    """
    import torch

    for prompt in prompts:
        check_letters(prompt.name, prompt.letters)
    if not prompts:
        return []
    model.eval()
    encoded = encode_prompts(model, tokenizer, prompts, max_over_length_share)
    end_ids = end_token_ids(model, tokenizer)
    used = sorted({letter for prompt in prompts for letter in prompt.letters})
    tokens = LetterTokens(tokenizer, used, end_ids, model.device, ending)

    def answer(places: Sequence[int]) -> list[ChoiceAnswer]:
        part = [prompts[i] for i in places]
        return _answer_batch(model, tokenizer, part, [encoded[i] for i in places], tokens, end_ids)

    order = by_length(encoded, {i: prompts[i].name for i in encoded})
    with torch.inference_mode():
        answers = work_off(order, batch_size, answer, Chunks() if chunks is None else chunks, description)
    return [ChoiceAnswer(*answers.get(i, OVER_LENGTH)) for i in range(len(prompts))]


def _answer_batch(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[ChoicePrompt],
    encoded: Sequence[np.ndarray],
    tokens: LetterTokens,
    end_ids: Sequence[int],
) -> list[ChoiceAnswer]:
    # Prompts of one record differ in the order of their options only: what stands before these is read once.
    batch = PromptBatch(model, encoded, [prompt.name for prompt in prompts])
    logprobs = tokens.log_probabilities(batch.logits, [prompt.letters for prompt in prompts])
    greedy, constrained = _both_answers(batch, prompts, tokens, end_ids)
    texts = answer_texts(tokenizer, greedy + constrained)
    return [ChoiceAnswer(texts[row], texts[len(prompts) + row], logprobs[row]) for row in range(len(prompts))]


def _both_answers(
    batch: PromptBatch, prompts: Sequence[ChoicePrompt], tokens: LetterTokens, end_ids: Sequence[int]
) -> tuple[list[list[int]], list[list[int]]]:
    """Return the tokens of the greedy and of the constrained answer to each prompt.

    Both go on as one row of the batch until the greedy answer leaves the allowed tokens; there the row is doubled.
    """
    answers: dict[str, list[list[int]]] = {name: [[] for _ in prompts] for name in DECODINGS}
    masks = tokens.mask([prompt.letters for prompt in prompts])
    allowed = [tokens.allowed_ids(prompt.letters) for prompt in prompts]
    # Of each row of the batch: its prompt and the answers that it still continues.
    rows: list[tuple[int, tuple[str, ...]]] = [(number, DECODINGS) for number in range(len(prompts))]
    while True:
        likeliest = batch.logits.argmax(dim=1).tolist()
        among_allowed = tokens.choose(batch.logits, masks[[number for number, _ in rows]]).tolist()
        following: list[tuple[int, int, tuple[str, ...], int]] = []
        for place, (number, decodings) in enumerate(rows):
            chosen = {GREEDY: likeliest[place], CONSTRAINED: among_allowed[place]}
            together = len(decodings) == 2 and chosen[GREEDY] in allowed[number]
            for part in [decodings] if together else [(decoding,) for decoding in decodings]:
                token = chosen[part[0]]
                for decoding in part:
                    answers[decoding][number].append(token)
                if token not in end_ids and len(answers[part[0]][number]) < prompts[number].max_new_tokens:
                    following.append((place, number, part, token))
        if not following:
            return answers[GREEDY], answers[CONSTRAINED]
        places = [place for place, *_ in following]
        if places != list(range(len(rows))):
            batch.select(places)
        rows = [(number, part) for _, number, part, _ in following]
        batch.append([token for *_, token in following])
