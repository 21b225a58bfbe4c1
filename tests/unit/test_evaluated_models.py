"""Models that are evaluated as they are, brought into the run: with another chat template, or refused in a sentence."""

import json
from pathlib import Path

import pytest
from support.prompts import PROMPTS
from support.tiny_training import choice_record

from medinjection.models.base.fetching import copy_model
from medinjection.models.base.loading import load_tokenizer
from medinjection.models.chat_template import prompt_text, stop_token_ids
from medinjection.plan.evaluation.named_models import COMPLETION_TEMPLATE
from medinjection.prediction.letters import LetterTokens
from medinjection.records.errors import InputError

COMPLETION = Path(__file__).resolve().parents[2] / COMPLETION_TEMPLATE


@pytest.fixture
def without_template(training_folder, tmp_path):
    """Return a copy of the tiny model that cannot chat."""
    copy_model("base", training_folder / "base", tmp_path / "mute")
    (tmp_path / "mute/chat_template.jinja").unlink(missing_ok=True)
    config = tmp_path / "mute/tokenizer_config.json"
    values = json.loads(config.read_text()) if config.is_file() else {}
    values.pop("chat_template", None)
    config.unlink(missing_ok=True)
    config.write_text(json.dumps(values))
    return tmp_path / "mute"


def test_a_model_without_chat_template_is_refused_with_what_to_do(without_template, tmp_path):
    with pytest.raises(InputError, match="has no chat template, .*; name a Jinja file as `template`, or let"):
        copy_model("evaluated", without_template, tmp_path / "out")


def test_plain_completion_continues_a_line_and_still_answers_in_letters(without_template, tmp_path):
    copy_model("evaluated", without_template, tmp_path / "out", COMPLETION)
    run = json.loads((tmp_path / "out/run.json").read_text())
    assert run["template"] == "completion.jinja" and "chat_template.jinja" in run["model_sha256"]
    assert not (without_template / "chat_template.jinja").exists(), "the user's own folder stays as it is"
    tokenizer = load_tokenizer(tmp_path / "out", "left")
    question = choice_record(1, (0,))
    text = prompt_text(tokenizer, PROMPTS.messages(question))
    assert text == f"{PROMPTS.user_turn(question)}\nRéponse :\n"
    ends = sorted(stop_token_ids(tokenizer))
    assert LetterTokens(tokenizer, "ABCD", ends, "cpu").allowed_ids("AB")


def test_a_template_takes_the_place_of_the_model_s_own(training_folder, tmp_path):
    before = {path.name: path.read_bytes() for path in (training_folder / "base").iterdir() if path.is_file()}
    (tmp_path / "my.jinja").write_text(
        "{% for m in messages %}[{{ m.role }}] {{ m.content }} {% endfor %}"
        "{% if add_generation_prompt %}[go]\n{% endif %}"
    )
    copy_model("evaluated", training_folder / "base", tmp_path / "out", tmp_path / "my.jinja")
    tokenizer = load_tokenizer(tmp_path / "out", "left")
    assert prompt_text(tokenizer, [{"role": "user", "content": "Quoi ?"}]) == "[user] Quoi ? [go]\n"
    after = {path.name: path.read_bytes() for path in (training_folder / "base").iterdir() if path.is_file()}
    assert after == before


def test_an_adapter_in_the_place_of_a_whole_model_is_told(tmp_path):
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="no config.json, expected a whole Hugging Face model; of an adapter"):
        copy_model("evaluated", tmp_path / "adapter", tmp_path / "out")
