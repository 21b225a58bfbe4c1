"""Tokenizers for tests: one small French vocabulary with the special tokens and the chat template of known families."""

import importlib.util
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}"
    "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
)

# Of each family: start of text, end of text or turn, padding, and the template's other special tokens.
FAMILIES = {
    "qwen3_instruct_2507": (None, "<|im_end|>", "<|endoftext|>", ("<|im_start|>",)),
    "qwen2_5": (None, "<|im_end|>", "<|endoftext|>", ("<|im_start|>",)),
    "qwen3": (None, "<|im_end|>", "<|endoftext|>", ("<|im_start|>",)),
    "llama3": (
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|finetune_right_pad_id|>",
        ("<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"),
    ),
    "gemma": ("<bos>", "<eos>", "<pad>", ("<start_of_turn>", "<end_of_turn>")),
    "phi3": ("<s>", "<|endoftext|>", "<unk>", ("<|user|>", "<|assistant|>", "<|system|>", "<|end|>")),
    "mistral": ("<s>", "</s>", "<pad>", ("[INST]", "[/INST]")),
    "deepseek_r1_distill": ("<bos>", "<eos>", "<pad>", ("<｜User｜>", "<｜Assistant｜>")),
    "idefics3": ("<|begin_of_text|>", "<end_of_utterance>", "<pad>", ()),
    "llava_next": ("<s>", "</s>", "<pad>", ("[INST]", "[/INST]")),
}

SPACED = ("phi3", "mistral")

_TEXTS = [
    "La metformine est un biguanide qui abaisse la glycémie. Quel médicament est indiqué en première intention ?",
    "Plusieurs réponses sont correctes. Une seule réponse est correcte.\nChoix de réponses :\n(A) Statines\n(B) Fièvre",
    "Le patient est âgé de 45 ans. user assistant model",
]


def family_tokenizer(family):
    """Return a byte-level tokenizer with the special tokens of `family` and the template that TRL ships for it.

    Called plainly it adds the start token, as the tokenizers of these families do.
    """
    start, end, pad, others = FAMILIES[family]
    special = [token for token in (pad, start, end, *others) if token]
    tokenizer = _spaced_tokenizer(special) if family in SPACED else _byte_level_tokenizer(special)
    if start and family not in SPACED:
        tokenizer.post_processor = processors.Sequence(
            [
                processors.ByteLevel(trim_offsets=True),
                processors.TemplateProcessing(f"{start} $A", special_tokens=[(start, tokenizer.token_to_id(start))]),
            ]
        )
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=start,
        eos_token=end,
        pad_token=pad,
        additional_special_tokens=list(others),
        chat_template=MISTRAL if family == "mistral" else _shipped_template(family),
        padding_side="right",
    )
    made.name_or_path = family
    return made


def _byte_level_tokenizer(special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS * 4, trainer)
    return tokenizer


def _spaced_tokenizer(special):
    """Return one of the kind of Llama 2: ▁ for a space, one put before any text, bytes for unknown characters."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    unknown = [token for token in ("<unk>",) if token not in special]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[*special, *unknown, *(f"<0x{i:02X}>" for i in range(256))], show_progress=False
    )
    tokenizer.train_from_iterator([text for text in _TEXTS for _ in range(4)], trainer)
    # The trainer makes the bytes special; they are ordinary entries.
    layout = json.loads(tokenizer.to_str())
    layout["added_tokens"] = [token for token in layout["added_tokens"] if not token["content"].startswith("<0x")]
    return Tokenizer.from_str(json.dumps(layout))


def _shipped_template(name):
    folder = Path(importlib.util.find_spec("trl").origin).parent / "chat_templates"
    return (folder / f"{name}.jinja").read_text(encoding="utf-8")
