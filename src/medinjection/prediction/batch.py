"""A batch of prompts in a causal model: what prompts share is read once, then each goes on from the cached states."""

import json
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any

import numpy as np

from medinjection.models.chat_template import stop_token_ids
from medinjection.prediction.sharing import Reading, readings
from medinjection.records.errors import InputError

# What transformers' generate applies without sampling, and the value by which each does nothing.
_UNAPPLIED = {
    "repetition_penalty": 1,
    "no_repeat_ngram_size": 0,
    "encoder_repetition_penalty": 1,
    "encoder_no_repeat_ngram_size": 0,
    "bad_words_ids": None,
    "sequence_bias": None,
    "suppress_tokens": None,
    "begin_suppress_tokens": None,
    "forced_bos_token_id": None,
    "forced_eos_token_id": None,
    "min_length": 0,
    "min_new_tokens": 0,
    "exponential_decay_length_penalty": None,
    "guidance_scale": 1,
    "watermarking_config": None,
    "stop_strings": None,
    "num_beams": 1,
}


def end_token_ids(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Return the sorted ids of the tokens that end a turn or the text."""
    ends = model.generation_config.eos_token_id
    found = set(ends if isinstance(ends, list) else [ends]) - {None}
    return tuple(sorted(found | stop_token_ids(tokenizer)))


class PromptBatch:
    """Prompts of one batch, left-padded, with the model's cached states of what it has read.

    `logits` (rows, vocabulary; float32) are those of each row's next token. Padding is masked and positions count a
    row's real tokens, so that a row's logits do not depend on its neighbours.
    """

    def __init__(self, model: Any, prompts: Sequence[np.ndarray], groups: Sequence[Hashable] | None = None) -> None:
        """Read the prompts.

        Args:
            groups: the group of each prompt; what the prompts of a group have in common at their beginning is read
                once. Models that count places read each prompt whole: there, padding in the middle of a row would
                change what they see.

        Raises:
            InputError: the model keeps no states of which rows can be taken, or its logits are no numbers. Later
                readings raise it too.
        """
        self._model = model
        plan = [Reading([*range(len(prompts))], [], [])]
        if groups is not None and not _counts_places(model):
            plan = readings(prompts, groups)
        parts = []
        for reading in plan:
            self._begin(reading, prompts)
            parts.append((self._mask, self._cache, self.logits))
        if len(parts) > 1:
            self._join([reading.rows for reading in plan], parts)

    def _begin(self, reading: Reading, prompts: Sequence[np.ndarray]) -> None:
        """Make the prompts of `reading` the batch."""
        import torch

        self._cache: Any = None
        count = len(reading.beginnings) or len(reading.rows)
        self._mask = torch.zeros(count, 0, dtype=torch.int64, device=self._model.device)
        rest = [prompts[row] for row in reading.rows]
        if reading.beginnings:
            self._read([prompts[row][:length] for row, length in reading.beginnings])
            self.select(reading.begun)
            lengths = [reading.beginnings[number][1] for number in reading.begun]
            rest = [prompt[length:] for prompt, length in zip(rest, lengths, strict=True)]
        self._read(rest)

    def _join(self, rows: Sequence[Sequence[int]], parts: Sequence[tuple[Any, Any, Any]]) -> None:
        """Make what was read apart, (mask, cache, logits) each, the batch: all as wide as the widest, left-padded.

        Args:
            rows: for each part, the places of its rows in the batch.
        """
        masks, caches, logits = zip(*parts, strict=True)
        width = max(mask.shape[1] for mask in masks)
        self._mask = _placed(rows, masks, 1, width)
        self.logits = _placed(rows, logits, 1, logits[0].shape[1])
        self._cache = caches[0]
        # Layer by layer, so that only one of them is there twice.
        for layers in zip(*(cache.layers for cache in caches), strict=True):
            for name in ("keys", "values"):
                if layers[0].get_seq_length():
                    whole = _placed(rows, [getattr(layer, name) for layer in layers], 2, width)
                    for layer in layers:
                        setattr(layer, name, None)
                    setattr(layers[0], name, whole)

    def _read(self, texts: Sequence[np.ndarray]) -> None:
        """Read one text per row, left-padded to the longest."""
        import torch

        width = max(map(len, texts))
        ids = np.zeros((len(texts), width), dtype=np.int64)
        mask = np.zeros((len(texts), width), dtype=np.int64)
        for row, text in enumerate(texts):
            ids[row, width - len(text) :] = text
            mask[row, width - len(text) :] = 1
        before = self._mask.sum(dim=1, keepdim=True)
        added = torch.from_numpy(mask).to(self._model.device)
        self._mask = torch.cat([self._mask, added], dim=1)
        self._forward(torch.from_numpy(ids), (before + added.cumsum(dim=1) - 1).clamp(min=0))

    def _forward(self, ids: Any, positions: Any) -> None:
        output = self._model(
            input_ids=ids.to(self._model.device),
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        if self._cache is None:
            _check_states(self._model, getattr(output, "past_key_values", None))
        self._cache = output.past_key_values
        self.logits = output.logits[:, -1].float()
        if self.logits.isnan().any():
            raise InputError(
                f"{_name(self._model)}: the model's logits are no numbers (NaN), so that they choose no "
                "answer: its weights are broken, or they need prediction.precision: float32"
            )

    def append(self, tokens: Sequence[int]) -> None:
        """Read one more token per row."""
        import torch

        positions = self._mask.sum(dim=1, keepdim=True)
        self._mask = torch.cat([self._mask, torch.ones_like(self._mask[:, :1])], dim=1)
        self._forward(torch.tensor(tokens)[:, None], positions)

    def select(self, rows: Sequence[int]) -> None:
        """Make `rows`, positions in the batch, the batch: a row may go, or be there twice to go on in two ways."""
        import torch

        chosen = torch.tensor(rows, device=self._model.device)
        self._cache.batch_select_indices(chosen)
        self._mask = self._mask[chosen]
        self.logits = self.logits[chosen]


def _placed(rows: Sequence[Sequence[int]], parts: Sequence[Any], axis: int, width: int) -> Any:
    """Return tensors as one, `width` long on `axis`: their rows at the places in `rows`, zeros before shorter ones."""
    shape = [sum(map(len, rows)), *parts[0].shape[1:]]
    shape[axis] = width
    whole = parts[0].new_zeros(shape)
    for places, part in zip(rows, parts, strict=True):
        length = part.shape[axis]
        whole.narrow(axis, width - length, length)[places] = part
    return whole


def _counts_places(model: Any) -> bool:
    """Return whether padding between two tokens may change what one sees of the other.

    It changes nothing where positions are rotary, thus those given, and every layer sees all that was read. A sliding
    window, a chunk or a bias by distance may count places in the cache, padding among them.
    """
    from transformers import DynamicCache

    config = model.config.get_text_config(decoder=True)
    if getattr(config, "rope_parameters", None) is None:
        return True
    kinds = set(getattr(config, "layer_types", None) or ())
    return bool(kinds - {"full_attention"}) or any(DynamicCache(config=config).is_sliding)


def _check_states(model: Any, cache: Any) -> None:
    """Refuse a model whose state of a row is not its keys and values: those of a recurrence see the padding too."""
    from transformers.cache_utils import LinearAttentionCacheLayerMixin

    layers = getattr(cache, "layers", None)
    recurrent = (isinstance(layer, LinearAttentionCacheLayerMixin) for layer in layers or ())
    if not layers or any(recurrent) or not all(hasattr(layer, "batch_select_indices") for layer in layers):
        raise InputError(
            f"{_name(model)}: a {type(model).__name__} has recurrent or convolutional layers, or keeps no keys and "
            "values, which this backend does not support; serve it (prediction.api_models)"
        )


def _name(model: Any) -> str:
    return model.config.name_or_path or type(model).__name__


def unapplied_settings(model: Any) -> dict[str, Any]:
    """Return the settings of the model's generation_config that change greedy answers and are not applied here."""
    given = json.loads(model.generation_config.to_json_string(use_diff=False))
    return {name: given[name] for name, off in _UNAPPLIED.items() if given.get(name) not in (None, False, [], {}, off)}


def continue_rows(
    batch: PromptBatch, choose: Callable[[Any], Any], limits: Sequence[int], end_ids: Collection[int]
) -> list[list[int]]:
    """Return the tokens that follow each prompt of `batch`, up to an end token (kept) or the row's limit.

    Args:
        choose: from logits (rows, vocabulary) to the next tokens, an int64 tensor.
        limits: maximum of new tokens, one number per row.
    """
    outputs: list[list[int]] = [[] for _ in limits]
    alive = list(range(len(limits)))
    while True:
        tokens = choose(batch.logits).tolist()
        unfinished = []
        for place, (row, token) in enumerate(zip(alive, tokens, strict=True)):
            output = outputs[row]
            if output and (output[-1] in end_ids or len(output) >= limits[row]):
                continue
            output.append(token)
            if token not in end_ids and len(output) < limits[row]:
                unfinished.append(place)
        if not unfinished:
            return outputs
        # Dropping rows copies the cached states.
        if len(unfinished) <= 0.75 * len(alive):
            batch.select(unfinished)
            tokens, alive = [tokens[place] for place in unfinished], [alive[place] for place in unfinished]
        batch.append(tokens)
