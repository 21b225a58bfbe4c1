"""Check on the letters of some choice questions that a merged model answers as base and adapter do together."""

import logging
from collections.abc import Sequence
from typing import Any

from medinjection.models.chat_template import prompt_text
from medinjection.models.files.adapters import merged
from medinjection.records.chat import messages
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS, Record

# In float32, in which adapters are merged; the logits of letters lie some units apart.
LARGEST_CHANGE = 1e-3
_logger = logging.getLogger(__name__)


def merged_alike(model: Any, tokenizer: Any, records: Sequence[Record]) -> tuple[Any, float | None]:
    """Return the base model of a PEFT model with its adapter merged, and how far that moved a letter's logit.

    Args:
        model: in float32 on the CPU.
        records: choice questions to ask before and after; without any, nothing is compared and the change is None.

    Raises:
        InputError: the logit of a letter changes by more than LARGEST_CHANGE, or is no number.
    """
    model.eval()
    before = _letter_logits(model, tokenizer, records)
    model = merged(model)
    if not records:
        return model, None
    change = _largest_change(before, _letter_logits(model, tokenizer, records), records)
    _logger.info("merging moved the logits of letters by at most %.2g, on %d questions", change, len(records))
    return model, change


def _letter_logits(model: Any, tokenizer: Any, records: Sequence[Record]) -> list[Any]:
    """Return for each record the logits of its letters after the prompt, shape (letters,)."""
    import torch

    found = []
    for record in records:
        prompt = tokenizer(prompt_text(tokenizer, messages(record)), add_special_tokens=False, return_tensors="pt")
        letters = [
            tokenizer(letter, add_special_tokens=False)["input_ids"][0] for letter in LETTERS[: len(record.options)]
        ]
        with torch.no_grad():
            logits = model(input_ids=prompt["input_ids"], use_cache=False, logits_to_keep=1).logits
        found.append(logits[0, -1, letters])
    return found


def _largest_change(before: Sequence[Any], after: Sequence[Any], records: Sequence[Record]) -> float:
    """Return the largest difference of two models' logits.

    Raises:
        InputError: it is above LARGEST_CHANGE, or no number.
    """
    changes = [(one - other).abs().max().item() for one, other in zip(before, after, strict=True)]
    for change, record in zip(changes, records, strict=True):
        if not change <= LARGEST_CHANGE:
            raise InputError(
                f"the merged model is not the unmerged one: for {record.id} the logit of a letter changes by "
                f"{change:.3g}, expected at most {LARGEST_CHANGE:g}"
            )
    return max(changes)
