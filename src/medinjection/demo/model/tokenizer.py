"""The tokenizer of the tiny base model: byte-level BPE with the ChatML turns of the Qwen family."""

from collections.abc import Iterable
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS

PAD_TOKEN = "<|endoftext|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"

CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"
)

# How often " A" is shown to the tokenizer's training: more often than any pair of bytes in a small corpus.
_LETTER_COUNT = 2000

# Bytes and special tokens, one " A" for each letter, and some room for merges.
MIN_VOCABULARY = 512


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """Return a fast tokenizer of at most `vocabulary` entries trained on `texts`; the same texts give the same one.

    Every letter from A to Z is one token, with and without a leading space. Padding is <|endoftext|>, never the
    <|im_end|> that ends a turn, so that the end of an answer is learnt.

    Raises:
        InputError: the vocabulary is too small.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    if vocabulary < MIN_VOCABULARY:
        raise InputError(f"vocabulary {vocabulary}: expected at least {MIN_VOCABULARY} entries")
    texts = list(texts)
    # " A" becomes one token because it is made one of the most frequent words.
    letters = [f" {letter}" for letter in LETTERS] * _LETTER_COUNT
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD_TOKEN, TURN_START, TURN_END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts, *letters], trainer=trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD_TOKEN,
        eos_token=TURN_END,
        additional_special_tokens=[TURN_START],
        chat_template=CHAT_TEMPLATE,
        padding_side="left",
    )
