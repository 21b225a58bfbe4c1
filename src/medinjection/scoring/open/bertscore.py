"""BERTScore (Zhang et al. 2020) of the open answers of all models at once: each distinct text is encoded once.

`bert_score` encodes each text once in a call, but holds the states of all of them; a call for each model, which is how
it is used, encodes every reference once more. Here pairs go reference by reference, texts are encoded in batches of
like length, and the states of a text are dropped after its last pair. Values are those of `bert_score` called pair by
pair: of shorter texts in a batch it takes similarities below 0 for the 0 of their padding.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from medinjection.models.base.loading import check_weights
from medinjection.models.base.quiet import quiet_libraries
from medinjection.models.device import resolve_device
from medinjection.models.files.run_facts import make_deterministic
from medinjection.progress import progress_bar
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A text's states, of length 1, and which of its tokens count: not those that begin and end every text."""

    states: Any
    counted: Any


class BertScorer:
    """F1 of pairs of texts by the states of one layer of a model, without idf, as `bert_score` computes it."""

    def __init__(
        self,
        folder: Path | str,
        layer: int,
        device: str = "auto",
        batch_tokens: int = 8_192,
        held_tokens: int = 131_072,
    ) -> None:
        """Load the model.

        Args:
            folder: a model of Hugging Face's libraries in safetensors, such as multilingual BERT or XLM-RoBERTa.
            layer: whose states are compared; bert_score's choice is 9 for multilingual BERT.
            device: "auto", "cpu" or "cuda".
            batch_tokens: maximum number of tokens of one forward pass, padding included.
            held_tokens: maximum number of tokens of the texts that are encoded before they are compared; with 768 or
                1,024 states a token, some 400 MB. Texts that later pairs have too are held beyond it.

        Raises:
            InputError: there is no such model, or it has no such layer.
        """
        from torch.nn import ModuleList
        from transformers import AutoModel, AutoTokenizer

        check_weights(Path(folder))
        quiet_libraries()
        make_deterministic(seed=0)
        self.device = resolve_device(device)
        self.batch_tokens, self.held_tokens = batch_tokens, held_tokens
        self.tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
        model = AutoModel.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
        layers = getattr(getattr(model, "encoder", None), "layer", None)
        if layers is None or not 1 <= layer <= len(layers):
            found = "a model without an encoder of layers" if layers is None else f"{len(layers)} layers"
            raise InputError(f"{folder}: found {found}, expected an encoder with a layer {layer}")
        model.encoder.layer = ModuleList(layers[:layer])
        self.model = model.to(self.device).eval()
        self.tokenizer.model_max_length = min(self.tokenizer.model_max_length, _most_tokens(model.config))

    def f1(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the F1 (at most 1) of each pair of candidate and reference; a text without a token gives 0."""
        stripped = [(candidate.strip(), reference.strip()) for candidate, reference in pairs]
        distinct = dict.fromkeys(stripped)
        tokens = self._tokens({text for pair in distinct for text in pair if text})
        scores = {}
        bar = progress_bar(len(distinct), "BERTScore", "pairs")
        uses = Counter(text for pair in distinct for text in pair)
        held: dict[str, _Encoded] = {}
        for block in _blocks(distinct, tokens, self.held_tokens):
            self._encode({text for pair in block for text in pair if text in tokens} - held.keys(), tokens, held)
            for pair in block:
                both = all(text in held for text in pair)
                scores[pair] = _f1(held[pair[0]], held[pair[1]]) if both else 0.0
            uses.subtract(text for pair in block for text in pair)
            for text in {text for pair in block for text in pair if not uses[text]}:
                held.pop(text, None)
            bar.update(len(block))
        bar.close()
        return [scores[pair] for pair in stripped]

    def _tokens(self, texts: Iterable[str]) -> dict[str, list[int]]:
        from bert_score.utils import sent_encode

        most = self.tokenizer.model_max_length
        tokens = {text: sent_encode(self.tokenizer, text) for text in sorted(texts)}
        if cut := sum(len(ids) >= most for ids in tokens.values()):
            _logger.warning("%d of %d texts reach the %d tokens that the model reads: cut", cut, len(tokens), most)
        return tokens

    def _encode(self, texts: Iterable[str], tokens: Mapping[str, list[int]], held: dict[str, _Encoded]) -> None:
        """Put the states of `texts` into `held`, in batches of texts of like length."""
        import torch

        for batch in _batches(sorted(texts, key=lambda text: (len(tokens[text]), text)), tokens, self.batch_tokens):
            ids = [torch.tensor(tokens[text]) for text in batch]
            padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=self.tokenizer.pad_token_id)
            lengths = torch.tensor([len(part) for part in ids])
            mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long()
            with torch.inference_mode():
                states = self.model(padded.to(self.device), attention_mask=mask.to(self.device)).last_hidden_state
                states = states / states.norm(dim=-1, keepdim=True)
            ends = torch.tensor([self.tokenizer.cls_token_id, self.tokenizer.sep_token_id])
            for text, part, row in zip(batch, ids, states, strict=True):
                # A copy: a view would keep the states of the whole batch.
                held[text] = _Encoded(row[: len(part)].clone(), (~torch.isin(part, ends)).to(self.device))


def rescaled(f1: Sequence[float], baseline: float) -> list[float]:
    """Return F1 rescaled so that a baseline, the F1 of sentences that have nothing to do with each other, is 0."""
    return [(value - baseline) / (1 - baseline) for value in f1]


def french_baseline(name: str, layer: int) -> float:
    """Return the F1 that `bert_score` measured for French sentences paired at random, by a model and layer.

    Raises:
        InputError: bert_score has none of this model or layer.
    """
    import bert_score

    folder = Path(bert_score.__file__).parent / "rescale_baseline" / "fr"
    known = sorted(path.stem for path in folder.glob("*.tsv"))
    if name not in known:
        raise InputError(f"baseline {name!r}: bert_score has none, expected one of {', '.join(known)}")
    values = np.loadtxt(folder / f"{name}.tsv", delimiter=",", skiprows=1)
    if not 0 <= layer < len(values):
        raise InputError(f"baseline {name!r}: of layers 0 to {len(values) - 1}, not of {layer}")
    return float(values[layer, 3])


def bertscore_signature(model: str, layer: int, variant: str, baseline: str | None) -> str:
    """Return what identifies a BERTScore: model, layer, options, and the versions of what computes it.

    Args:
        model: its name, with its commit where it has one.
        baseline: name of the baseline by which it was rescaled; None for the raw F1.
    """
    text = "folded|ligatures:kept" if variant == "fr" else "as written"
    metric = "bertscore_f1_rescaled" if baseline else "bertscore_f1"
    versions = "|".join(f"{package}:{version(package)}" for package in ("bert-score", "transformers"))
    return f"{metric}|model:{model}|layer:{layer}|idf:no|rescaled:{baseline or 'no'}|text:{text}|{versions}"


def _f1(candidate: _Encoded, reference: _Encoded) -> float:
    """Return the F1 of greedy matching: each token is compared with the most similar one of the other text."""
    if not (candidate.counted.any() and reference.counted.any()):
        return 0.0
    similar = candidate.states @ reference.states.T
    precision = similar.max(dim=1).values[candidate.counted].mean().item()
    recall = similar.max(dim=0).values[reference.counted].mean().item()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _blocks(
    pairs: Iterable[tuple[str, str]], tokens: Mapping[str, list[int]], limit: int
) -> Iterable[list[tuple[str, str]]]:
    """Yield the pairs reference by reference, from short to long, in blocks of limited numbers of tokens."""

    def size(text: str) -> int:
        return len(tokens.get(text, ()))

    block: list[tuple[str, str]] = []
    texts: set[str] = set()
    total = 0
    for pair in sorted(pairs, key=lambda pair: (size(pair[1]), pair[1], size(pair[0]), pair[0])):
        new = set(pair) - texts
        if block and total + sum(map(size, new)) > limit:
            yield block
            block, texts, total, new = [], set(), 0, set(pair)
        block.append(pair)
        texts |= new
        total += sum(map(size, new))
    if block:
        yield block


def _batches(texts: Sequence[str], tokens: Mapping[str, list[int]], limit: int) -> Iterable[list[str]]:
    """Yield texts, which are sorted by length, in batches of limited numbers of tokens with their padding."""
    batch: list[str] = []
    for text in texts:
        if batch and (len(batch) + 1) * len(tokens[text]) > limit:
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch


def _most_tokens(config: Any) -> int:
    """Return how many tokens a model reads: RoBERTa's positions begin after that of its padding token."""
    offset = config.pad_token_id + 1 if "roberta" in config.model_type or config.model_type == "camembert" else 0
    return int(config.max_position_embeddings) - offset
