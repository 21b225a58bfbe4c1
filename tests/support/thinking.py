"""A tiny model whose tokenizer has the marks of models that reason, whose chat template lets it reason or not, and
questions for it.
"""

from support.records import open_record, record

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
CHANNELS = ["<|channel|>", "<|message|>", "<|start|>", "<|end|>"]
CHOICE = record(
    id="src:1",
    task="mcqu",
    question="Quel organe produit l'insuline ?",
    options=("Foie", "Pancréas", "Rein"),
    answer_indices=(1,),
    answer="Pancréas",
)
OPEN = open_record(id="src:3", question="Que traite l'insuline ?", answer="Le diabète.")


def make_tokenizer(texts, special=SPECIAL):
    """Return a tokenizer trained on a few texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=330, special_tokens=special, initial_alphabet=alphabet)
    trained.train_from_iterator(texts, trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=trained, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    made.chat_template = TEMPLATE
    return made


def make_model(tokenizer):
    """Return a model with random weights."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(1)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024}
    ends = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = Qwen3Config(vocab_size=len(tokenizer), initializer_range=0.3, **shape, **heads, **ends)
    return Qwen3ForCausalLM(config).eval()


def ids_of(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]
