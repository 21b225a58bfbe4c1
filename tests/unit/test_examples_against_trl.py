"""Training examples equal what TRL itself makes of the same chats, where TRL's own way is well defined."""

import pytest
from datasets import Dataset
from support.chat_tokenizers import family_tokenizer
from support.chats import KINDS, KNOWN
from support.prompts import make_examples

from medinjection.records.chat import assistant_turn, messages


@pytest.mark.parametrize("family", KNOWN)
@pytest.mark.parametrize("loss", ["completion", "full"])
def test_tokens_and_labels_are_those_of_trl(family, loss, tmp_path):
    """TRL renders, tokenises and masks conversational rows; here the chats are given to it as messages."""
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    tokenizer = family_tokenizer(family)
    rows = []
    for record in KINDS.values():
        asked, answer = messages(record), [{"role": "assistant", "content": assistant_turn(record)}]
        rows.append({"prompt": asked, "completion": answer} if loss == "completion" else {"messages": asked + answer})
    configuration = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1
    )
    trainer = SFTTrainer(
        model=LlamaForCausalLM(configuration),
        args=SFTConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none", max_length=None),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    for example, row in zip(
        make_examples(list(KINDS.values()), tokenizer, loss, 1000), trainer.train_dataset, strict=True
    ):
        assert list(example.input_ids) == row["input_ids"]
        assert list(example.labels) == row["labels"]
