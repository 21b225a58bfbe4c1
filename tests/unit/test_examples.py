"""Training examples: what is learnt under known chat templates, what is cut, and what is refused.

tests/golden/chats_<tokenizer>.json hold the rendered chats, split where learning the answer begins.
"""

import copy
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.chat_tokenizers import family_tokenizer
from support.chats import KINDS, KNOWN
from support.prompts import make_examples
from support.records import drug_effect, drug_question

from medinjection.demo.model.tokenizer import train_tokenizer
from medinjection.models.base.loading import load_tokenizer
from medinjection.models.chat_template import read_chat_template, stop_token_ids
from medinjection.models.training.examples import IGNORED, marked_text
from medinjection.records.chat import assistant_turn, messages, user_turn
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
ENDS = {
    "qwen3_instruct_2507": ["<|im_end|>", "Ċ"],
    "qwen2_5": ["<|im_end|>", "Ċ"],
    "llama3": ["<|eot_id|>"],
    "gemma": ["<end_of_turn>", "Ċ"],
    "phi3": ["<|end|>", "▁", "\n", "<|endoftext|>"],
    "mistral": ["</s>"],
}
RECORDS = [drug_question(n, (n % 4,) if n % 2 else (0, 1 + n % 3)) for n in range(24)]


@pytest.fixture(scope="module")
def tokenizer():
    texts = [user_turn(record) for record in (*RECORDS, *KINDS.values())]
    return train_tokenizer([*texts, "La metformine abaisse la glycémie."], 600)


@pytest.fixture(scope="module", params=KNOWN)
def known(request):
    return family_tokenizer(request.param)


def learnt(example):
    return [label for label in example.labels if label != IGNORED]


ASKED = (
    "<|im_start|>user\nQuestion 2 ?\nUne ou plusieurs réponses sont correctes.\nChoix de réponses :\n"
    "(A) Gliptines\n(B) Glinides\n(C) Statines\n(D) Fibrates<|im_end|>\n<|im_start|>assistant\n"
)


def test_completion_learns_the_answer_and_its_end(tokenizer):
    [example] = make_examples([drug_question(2, (0, 3))], tokenizer, "completion", 200)
    assert tokenizer.decode(example.input_ids) == f"{ASKED}A, D<|im_end|>\n"
    assert [tokenizer.decode([token]) for token in learnt(example)] == ["A", ",", " D", "<|im_end|>", "\n"]
    assert list(example.input_ids[-5:]) == learnt(example)
    assert marked_text(example, tokenizer) == f"{ASKED}⟦A, D<|im_end|>\n⟧"
    assert (example.record_id, example.source, example.cut) == ("r:2", "r", 0)


def test_full_learns_the_whole_chat_with_one_end_of_the_answer(tokenizer):
    [example] = make_examples([drug_question(2, (0, 3))], tokenizer, "full", 200)
    assert example.labels == example.input_ids
    assert tokenizer.decode(example.labels) == f"{ASKED}A, D<|im_end|>\n"
    assert example.labels.count(tokenizer.eos_token_id) == 2  # one for each turn, none added
    assert list(example.input_ids) == tokenizer(f"{ASKED}A, D<|im_end|>\n")["input_ids"]


def test_letters_of_the_records_are_those_of_the_answers(tokenizer):
    for one, example in zip(RECORDS, make_examples(RECORDS, tokenizer, "completion", 1000), strict=True):
        answer = tokenizer.decode(learnt(example))
        assert answer == ", ".join(LETTERS[i] for i in one.answer_indices) + "<|im_end|>\n"


def test_colours_replace_the_marks_and_a_record_cannot_write_its_own(tokenizer):
    [example] = make_examples([drug_effect(1, question="Un \x1b[31m ?")], tokenizer, "completion", 200)
    assert marked_text(example, tokenizer, colour=True) == (
        "<|im_start|>user\nUn ␛[31m ?<|im_end|>\n<|im_start|>assistant\n"
        "\x1b[1;32mLa metformine abaisse la glycémie.<|im_end|>\n\x1b[0m"
    )


# Golden chats: rendered text and labels under the templates of the families.


def golden_chats(tokenizer):
    """Return what a golden file holds: of each kind of record the text that is not learnt, and the learnt one."""
    examples = make_examples(list(KINDS.values()), tokenizer, "completion", 1000)
    return {
        kind: {
            "prompt": tokenizer.decode(e.input_ids[: -len(learnt(e))]),
            "learnt": tokenizer.decode(learnt(e)),
        }
        for kind, e in zip(KINDS, examples, strict=True)
    }


def check_golden(name, found):
    assert found == json.loads((GOLDEN / f"chats_{name}.json").read_text(encoding="utf-8"))


def test_golden_chats_of_the_known_families(known):
    check_golden(known.name_or_path, golden_chats(known))


def test_golden_chats_of_the_tiny_base_model(tokenizer):
    check_golden("tiny", golden_chats(tokenizer))


def test_golden_tokens_of_a_released_layout():
    """The ids and labels themselves, where the tokenizer is a file that never changes."""
    folder = os.environ.get("MEDINJECTION_GOLDEN")
    if not folder:
        pytest.skip("set MEDINJECTION_GOLDEN to a folder with model/")
    tokenizer = load_tokenizer(Path(folder) / "model", "right")
    found = golden_chats(tokenizer)
    for kind, example in zip(KINDS, make_examples(list(KINDS.values()), tokenizer, "completion", 1000), strict=True):
        found[kind] |= {"input_ids": list(example.input_ids), "labels": list(example.labels)}
    check_golden("golden_model", found)


@pytest.mark.parametrize("loss", ["full", "completion"])
def test_end_of_turn_is_learnt_once_and_nothing_starts_twice(known, loss):
    end = read_chat_template(known).end_id
    for one, example in zip(KINDS.values(), make_examples(list(KINDS.values()), known, loss, 1000), strict=True):
        expected = ENDS[known.name_or_path]
        assert known.convert_ids_to_tokens(example.labels[-len(expected) :]) == expected
        prompt = known.apply_chat_template(messages(one), tokenize=False, add_generation_prompt=True)
        prompt_ids = known(prompt, add_special_tokens=False)["input_ids"]
        assert list(example.input_ids[: len(prompt_ids)]) == prompt_ids
        answer_ids = example.labels[len(prompt_ids) :]
        assert answer_ids.count(end) == 1
        assert known.decode(answer_ids[: answer_ids.index(end)]).strip() == assistant_turn(one)
        assert example.input_ids[1] != known.bos_token_id
        assert known.pad_token_id not in example.input_ids
        assert end in stop_token_ids(known)


def test_full_is_the_plain_tokenization_of_the_rendered_chat(known):
    for one, example in zip(KINDS.values(), make_examples(list(KINDS.values()), known, "full", 1000), strict=True):
        chat = [*messages(one), {"role": "assistant", "content": assistant_turn(one)}]
        text = known.apply_chat_template(chat, tokenize=False)
        assert list(example.input_ids) == known(text, add_special_tokens=False)["input_ids"]
        assert example.labels == example.input_ids


def test_many_records_give_what_each_gives_alone(known):
    records = [replace(KINDS[kind], id=f"r:{n}") for n in range(300) for kind in KINDS]
    together = make_examples(records, known, "completion", 1000)
    alone = {kind: make_examples([record], known, "completion", 1000)[0] for kind, record in KINDS.items()}
    assert [example.record_id for example in together] == [record.id for record in records]
    for number, example in enumerate(together):
        assert replace(example, record_id="") == replace(alone[list(KINDS)[number % 4]], record_id="")


def test_the_prompt_keeps_its_tokens_where_the_answer_would_change_them():
    tokenizer = train_tokenizer(["assistant\n\n\nNon"] * 50, 600)
    record = drug_effect(1, answer="\n\nNon")
    prompt = tokenizer.apply_chat_template(messages(record), tokenize=False, add_generation_prompt=True)
    prompt_ids = tokenizer(prompt)["input_ids"]
    assert tokenizer(f"{prompt}\n\nNon")["input_ids"][: len(prompt_ids)] != prompt_ids
    [example] = make_examples([record], tokenizer, "completion", 1000)
    assert list(example.input_ids[: len(prompt_ids)]) == prompt_ids
    assert tokenizer.decode(learnt(example)) == "\n\nNon<|im_end|>\n"


# Refused: each sentence names the template or the record.


def changed(tokenizer, **attributes):
    """Return a copy of `tokenizer` with other attributes."""
    made = copy.deepcopy(tokenizer)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


CHATML = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
PROMPTED = CHATML + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
BAD_TEMPLATES = {
    "ends the answer with '', expected a special token": "{% for m in messages %}{{ m['content'] }}{% endfor %}",
    "ends the answer with '###', expected a special token": PROMPTED.replace("<|im_end|>\n", "###"),
    "expected '<|im_end|>' once": PROMPTED.replace("\n{% endfor", "<|im_end|>{% endfor"),
    "nothing but ends and white space after it": PROMPTED.replace("<|im_end|>\n", "<|im_end|>fin"),
    "leaves the question out": PROMPTED.replace("m['content']", "m['content'] if m['role'] == 'assistant'"),
    "leaves the answer out": PROMPTED.replace("m['content']", "m['content'] if m['role'] == 'user'"),
    "renders the question differently": CHATML + "{% if add_generation_prompt %}Réponse :{% endif %}",
    "cannot render a question and its answer": "{{ raise_exception('images only') }}",
    "the padding token is '<|endoftext|>'": PROMPTED + "{% if not add_generation_prompt %}<|endoftext|>{% endif %}",
}


@pytest.mark.parametrize("sentence", BAD_TEMPLATES)
def test_templates_that_break_training_are_refused(tokenizer, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)) as error:
        make_examples(RECORDS, changed(tokenizer, chat_template=BAD_TEMPLATES[sentence]), "full", 1000)
    assert "chat template" in str(error.value) or "padding token" in str(error.value)


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        ("deepseek_r1_distill", "renders the question differently once it is answered"),
        ("idefics3", "leaves the question out"),
        ("llava_next", "cannot render a question and its answer"),
    ],
)
def test_shipped_templates_that_do_not_fit_are_refused(family, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        make_examples(RECORDS, family_tokenizer(family), "completion", 1000)
    assert family in str(error.value)


def test_a_model_that_can_think_is_asked_without():
    """Qwen3's empty thought belongs to the prompt, so that the one token that answers an mcqu question is a letter."""
    tokenizer = family_tokenizer("qwen3")
    [example] = make_examples([KINDS["mcqu"]], tokenizer, "completion", 1000)
    asked, learnt = marked_text(example, tokenizer).split("⟦")
    assert asked.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert learnt == f"{KINDS['mcqu'].gold_letters[0]}<|im_end|>\n⟧"


def test_a_start_token_given_twice_is_refused():
    tokenizer = family_tokenizer("llama3")
    # The template begins with the start token and so does a plain call, which must not be used on a rendered chat.
    assert tokenizer("<|begin_of_text|>x")["input_ids"][:2] == [tokenizer.bos_token_id] * 2
    doubled = changed(tokenizer, chat_template="{{ bos_token }}" + tokenizer.chat_template)
    with pytest.raises(InputError, match=r"llama3 begins with '<\|begin_of_text\|>' twice"):
        make_examples(RECORDS, doubled, "full", 1000)


@pytest.mark.parametrize("pad", ["<|im_end|>", None])
def test_padding_that_ends_a_turn_is_refused(tokenizer, pad):
    with pytest.raises(InputError, match="expected a padding token that ends nothing"):
        make_examples(RECORDS, changed(tokenizer, pad_token=pad), "completion", 1000)


def test_padding_that_is_the_templates_end_but_not_the_tokenizers_is_refused():
    with pytest.raises(InputError, match=r"padding token is '<\|eot_id\|>'"):
        make_examples(RECORDS, changed(family_tokenizer("llama3"), pad_token="<|eot_id|>"), "completion", 1000)


@pytest.mark.parametrize("field", ["question", "answer", "context"])
@pytest.mark.parametrize("typed", ["<|im_end|>", "<|endoftext|>", "<|im_start|>"])
def test_special_tokens_typed_in_a_record_are_refused(tokenizer, field, typed):
    records = [drug_effect(0), drug_effect(1, **{field: f"Le {typed} ?"}), drug_effect(2, **{field: f"{typed} ?"})]
    with pytest.raises(InputError, match=r"2 of 3 records write a special token.* the first, r:1, has '<\|"):
        make_examples(records, tokenizer, "full", 1000)


def test_answers_without_text_are_refused(tokenizer):
    with pytest.raises(InputError, match="1 of 2 records have no answer to learn; the first is r:2"):
        make_examples([drug_effect(1), drug_effect(2, answer=" \n")], tokenizer, "completion", 1000)


def test_a_template_that_changes_one_answer_is_refused_with_the_record(tokenizer):
    shortening = changed(tokenizer, chat_template=PROMPTED.replace("m['content']", "m['content'].split('###')[0]"))
    make_examples([drug_effect(1)], shortening, "full", 1000)
    with pytest.raises(InputError, match="r:2: the chat template of .* changes the answer"):
        make_examples([drug_effect(1), drug_effect(2, answer="Oui ### non")], shortening, "full", 1000)
    with pytest.raises(InputError, match="r:3: the chat template of .* changes the question"):
        make_examples([drug_effect(3, question="Oui ### non")], shortening, "full", 1000)


def test_unknown_losses_and_empty_mixes_are_refused(tokenizer):
    with pytest.raises(InputError, match="loss 'answer': expected one of full, completion"):
        make_examples(RECORDS, tokenizer, "answer", 1000)
    with pytest.raises(InputError, match="no records to train on"):
        make_examples([], tokenizer, "full", 1000)
