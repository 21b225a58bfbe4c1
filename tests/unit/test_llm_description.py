"""Descriptions of language models: what is read, and what is refused."""

import argparse
import json

import pytest
from pydantic import ValidationError

from medinjection.llm.client.arguments import add_llm_arguments, llm_from_arguments
from medinjection.llm.language_model import LIMITS, LanguageModel
from medinjection.records.errors import InputError


@pytest.mark.parametrize(
    "extra", [{"api_key": "sk-x"}, {"extra_headers": {"Authorization": "sk-x"}}, {"max_tokens": "sk-x"}]
)
def test_secrets_and_what_has_a_key_of_its_own_are_refused_in_extra_and_not_repeated(extra):
    with pytest.raises(ValidationError, match=r"(?s)extra\n.*holds '(api_key|Authorization|max_tokens)'") as refused:
        LanguageModel(model="openai/x", extra=extra)
    assert "sk-x" not in str(refused.value)


def parsed(llm, *flags):
    parser = argparse.ArgumentParser()
    add_llm_arguments(parser)
    return parser.parse_args(["--llm", json.dumps(llm), "--prompt", "p", "--journal", "j", *flags])


def test_a_language_model_is_read_from_one_json_object_or_from_two():
    described = {
        "model": "openai/x",
        "api_base": "http://here",
        "mode": "batch",
        "structured": True,
        "temperature": 0.3,
        "max_tokens": 9,
        "attempts": 2,
        "extra": {"seed": 1},
        "concurrency": 2,
        "requests_per_minute": 7,
        "tokens_per_minute": 8,
        "timeout": 3.0,
        "input_cost_per_token": 1.5e-7,
        "output_cost_per_token": 6e-7,
        "batch_price_factor": 0.4,
    }
    assert llm_from_arguments(parsed(described, "--account", "journals")) == LanguageModel(**described)
    limits = {key: value for key, value in described.items() if key in LIMITS}
    deciding = {key: value for key, value in described.items() if key not in LIMITS}
    both = parsed(deciding, "--llm-limits", json.dumps(limits), "--account", "journals")
    assert llm_from_arguments(both) == LanguageModel(**described)
    assert llm_from_arguments(parsed({"model": "openai/x"})) == LanguageModel(model="openai/x")


SERVED = {"program": "vllm", "model": "a/b", "revision": "c"}


@pytest.mark.parametrize(
    ("llm", "flags", "message"),
    [
        ({"model": "openai/x"}, ("--llm-limits", "{"), "--llm-limits is not JSON"),
        ({"model": "openai/x"}, ("--llm-limits", "[1]"), "--llm-limits is a JSON list, expected an object"),
        ({"model": "openai/x", "extra": [1]}, (), r"--llm\.extra: .*dictionary"),
        ({"model": "openai/x", "colour": 1}, (), r"--llm\.colour: Extra inputs are not permitted"),
        ({"model": "openai/x", "concurrency": 0}, (), r"--llm\.concurrency: .*greater than or equal to 1"),
        ({"model": "openai/x", "attempts": -1}, (), r"--llm\.attempts: .*greater than or equal to 1"),
        ({"model": "openai/x", "timeout": 0}, (), r"--llm\.timeout: .*greater than 0"),
        ({"model": "openai/x", "extra": {"api_key": "sk-x"}}, (), r"--llm\.extra: holds 'api_key'; keys are read"),
        ({"model": "openai/x"}, ("--budget", "1"), "need --account"),
        ({"model": "openai/x", "tokens_per_minute": 1}, (), "need --account"),
        ({"model": "openai/x", "max_tokens": None}, ("--budget", "1", "--account", "j"), "--budget needs a max_tokens"),
        ({"model": "openai/x", "max_tokens": None, "tokens_per_minute": 1}, (), "tokens_per_minute without max_tokens"),
        ({"model": "openai/x", "serve": SERVED}, (), "expected exactly one of model and serve"),
        ({}, (), "expected exactly one of model and serve"),
        ({"serve": SERVED, "api_base": "http://here"}, (), "both serve and api_base"),
        ({"serve": SERVED, "provider": "a:B"}, (), "both serve and provider"),
        ({"serve": SERVED, "mode": "batch"}, (), "a server of one's own has no batch interface"),
        ({"model": "a/b", "provider": "a:B", "mode": "batch"}, (), "a provider of one's own has no batch interface"),
        ({"model": "a/b", "provider": "a.b"}, (), r"--llm\.provider: .*pattern"),
        ({"serve": {"program": "vllm", "model": "results/x"}}, (), "no such folder"),
    ],
)
def test_wrong_descriptions_are_named(llm, flags, message):
    with pytest.raises(InputError, match=message) as refused:
        llm_from_arguments(parsed(llm, *flags))
    assert "sk-x" not in str(refused.value)
