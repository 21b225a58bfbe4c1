"""Models of two layers and random weights of many families, and such as count places."""

from typing import Any


def tiny_model(family: str, tokenizer: Any, **options: Any) -> Any:
    """Return a causal model of transformers' `family` with the vocabulary and the ends of `tokenizer`."""
    import torch
    import transformers

    torch.manual_seed(0)
    size = {} if family in ("GPTNeo", "Mpt", "Mamba") else {"num_attention_heads": 4, "num_key_value_heads": 2}
    size |= {} if family in ("GPTNeo", "Mpt") else {"num_hidden_layers": 2, "intermediate_size": 64}
    # Wide enough for clear preferences: a random model with near ties would test rounding.
    given = {"vocab_size": len(tokenizer), "hidden_size": 32, "initializer_range": 0.3, **size, **options}
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = getattr(transformers, f"{family}Config")(**given, **ends)
    return getattr(transformers, f"{family}ForCausalLM")(config).eval()


# Families and options of models to which padding between two tokens is distance.
COUNTING_PLACES = [
    ("Mistral", {"sliding_window": 32}),
    ("Qwen3", {"head_dim": 8, "use_sliding_window": True, "sliding_window": 32, "max_window_layers": 1}),
    ("Qwen2", {"use_sliding_window": True, "sliding_window": 32, "layer_types": ["sliding_attention"] * 2}),
    ("GPTNeo", {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]], "window_size": 32}),
    ("Mpt", {"n_layers": 2, "n_heads": 4, "d_model": 32}),
]
