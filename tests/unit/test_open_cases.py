"""Open questions of one case share its reading, and the answers are those of `generate`, which is asked one by one."""

import os
from pathlib import Path

import pytest
from support.prompts import PROMPTS, predict_open
from support.records import open_record
from support.tiny_models import COUNTING_PLACES, tiny_model

from medinjection.models.base.loading import load_for_prediction
from medinjection.prediction.batch import end_token_ids
from medinjection.prediction.chunks import Chunks
from medinjection.records.errors import InputError
from medinjection.records.schema import Record

NEW_TOKENS = 12


@pytest.fixture(scope="module")
def loaded(training_folder):
    return load_for_prediction(training_folder / "base", None, "cpu", "float32")


def cases(sizes, words=30):
    """Return questions of as many cases as there are sizes, in turns, and questions without a case between them."""
    asked = []
    for turn in range(max(sizes)):
        for number, size in enumerate(sizes):
            if turn < size:
                case = f"Cas {number} : " + " ".join(f"signe {number + i}," for i in range(words // (number + 1)))
                question = f"Quel est le diagnostic {turn} {'précis ' * ((turn + number) % 4)}?"
                asked.append(open_record(f"{number}-{turn}", context=case, question=question))
        asked.append(open_record(f"alone-{turn}", question=f"Qu'est-ce que la maladie {turn}{' rare' * turn} ?"))
    return asked


ASKED = cases([7, 1, 4, 2])


def generated(model, tokenizer, records, new_tokens=NEW_TOKENS):
    """Return the tokens that `generate` answers each record with, one record at a time."""
    import torch

    found = []
    for one in records:
        text = tokenizer.apply_chat_template(PROMPTS.messages(one), add_generation_prompt=True, tokenize=False)
        ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
        ends = list(end_token_ids(model, tokenizer))
        with torch.inference_mode():
            output = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=new_tokens,
                eos_token_id=ends,
                pad_token_id=ends[0],
            )
        found.append(output[0, ids.shape[1] :].tolist())
    return found


def assert_answers_of_generate(model, tokenizer, records, batch_size, expected, new_tokens=NEW_TOKENS):
    """Assert that the tokens, texts, counts and ends are those of `expected`."""
    chunks = Chunks()
    rows = predict_open(model, tokenizer, records, "m", new_tokens, batch_size, chunks).to_pylist()
    assert sorted(chunks.answers) == sorted(expected)
    ends = end_token_ids(model, tokenizer)
    for row, tokens in zip(rows, expected, strict=True):
        finished = tokens[-1] in ends
        assert row["output"] == tokenizer.decode(tokens, skip_special_tokens=True)
        assert (row["output_tokens"], row["finished"]) == (len(tokens) - finished, finished)


@pytest.fixture
def read(monkeypatch):
    """Return a list to which each model that is called adds the shape of what it reads; of prompts, not of answers."""
    import transformers

    shapes = []
    forward = transformers.Qwen3ForCausalLM.forward

    def noted(self, **given):
        if given["input_ids"].shape[1] > 1:
            shapes.append(tuple(given["input_ids"].shape))
        return forward(self, **given)

    monkeypatch.setattr(transformers.Qwen3ForCausalLM, "forward", noted)
    return shapes


@pytest.mark.parametrize("batch_size", [1, 3, 5, 64])
def test_answers_are_those_of_one_question_at_a_time(loaded, batch_size, read):
    """Seven questions of one case in batches of three and five: a group larger than a batch is cut."""
    model = tiny_model("Qwen3", loaded[1], head_dim=8)
    expected = generated(model, loaded[1], ASKED)
    assert len({tuple(tokens) for tokens in expected}) > len(ASKED) // 2, "the model must tell the questions apart"
    alone = sum(width for _, width in read)
    read.clear()
    assert_answers_of_generate(model, loaded[1], ASKED, batch_size, expected)
    tokens = sum(rows * width for rows, width in read)
    assert max(rows for rows, _ in read) <= batch_size
    assert tokens == alone if batch_size == 1 else tokens < alone


def test_adapted_models_answer_alike(training_folder, trained):
    model, tokenizer = load_for_prediction(training_folder / "base", trained, "cpu", "float32")
    asked = cases([5, 3], words=20)
    assert_answers_of_generate(model, tokenizer, asked, 4, generated(model, tokenizer, asked))


@pytest.mark.parametrize(("family", "options"), COUNTING_PLACES)
def test_models_that_count_places_read_each_question_whole(loaded, family, options):
    model = tiny_model(family, loaded[1], **options)
    asked = cases([4, 2])
    assert_answers_of_generate(model, loaded[1], asked, 5, generated(model, loaded[1], asked))


def test_models_that_keep_no_states_of_rows_are_refused(loaded):
    model = tiny_model("Lfm2", loaded[1], layer_types=["conv", "full_attention"])
    with pytest.raises(InputError, match=r"a Lfm2ForCausalLM has recurrent or convolutional layers"):
        predict_open(model, loaded[1], ASKED, "m", NEW_TOKENS, 4)


def test_a_group_that_does_not_fit_into_the_memory_is_halved(loaded, monkeypatch):
    """The model has memory for two rows: what a case begins with fits, its questions do not."""
    import torch

    model = tiny_model("Qwen3", loaded[1], head_dim=8)
    expected = generated(model, loaded[1], ASKED)
    forward, sizes = model.forward, []

    def limited(**given):
        sizes.append(len(given["input_ids"]))
        if sizes[-1] > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(**given)

    monkeypatch.setattr(model, "forward", limited)
    assert_answers_of_generate(model, loaded[1], ASKED, 8, expected)
    assert [size for size in sizes if size > 2] == [7, 4]


def test_real_cases_and_a_reference_model(real_data, root):
    """Questions of MediQAl: tokens of the shared reading are those of one question at a time."""
    golden = os.environ.get("MEDINJECTION_GOLDEN")
    if not golden:
        pytest.skip("set MEDINJECTION_GOLDEN to run this test")
    from medinjection.sources.readers.by_name import reader_of
    from medinjection.sources.registry import load_registry

    source = load_registry(root / "config/sources.yaml")["mediqal"]
    read = reader_of(source)(real_data / "mediqal", source)
    opened = [item for item in read if isinstance(item, Record) and item.task == "oeq"]
    asked = [one for one in opened if one.context][:36] + [one for one in opened if not one.context][:4]
    model, tokenizer = load_for_prediction(Path(golden) / "model", None, "cpu", "float32")
    expected = generated(model, tokenizer, asked, 16)
    assert_answers_of_generate(model, tokenizer, asked, 32, expected, 16)
