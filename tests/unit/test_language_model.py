"""One description of a language model: what of it decides an answer, and the names that paid answers have."""

import json
import shlex

import pytest
import yaml
from pydantic import BaseModel
from support.llms import llm_flag

from medinjection.config.reading import check_settings
from medinjection.llm.client.arguments import add_llm_arguments, llm_from_arguments
from medinjection.llm.client.keys import key_maker
from medinjection.llm.language_model import FORECASTS, LIMITS, LanguageModel
from medinjection.plan.llms import llm_flags, provider_of
from medinjection.program import argument_parser

MESSAGES = [{"role": "system", "content": "é"}, {"role": "user", "content": "q"}]
SERVED = {"program": "vllm", "model": "Qwen/Qwen3-8B", "revision": "abc", "arguments": ["--max-model-len", "8192"]}


class Score(BaseModel):
    score: int


def parsed(flags):
    parser = argument_parser("a program")
    add_llm_arguments(parser)
    return parser.parse_args([*flags, "--prompt", "p", "--journal", "j"])


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"model": "openai/gpt-4o"}, "6c031a8f8b4e940ea19a20e30158077b9ab9d614e995ff83681b50c45f852c2f"),
        (
            {
                "model": "openai/gpt-4o-mini",
                "structured": True,
                "temperature": 0.5,
                "max_tokens": 16,
                "extra": {"seed": 3},
            },
            "ebf43166cb91dd8438c6eb1917b8e4def6fa690cd1013a9363bb918edcb58797",
        ),
        (
            {"model": "scripted/teacher", "provider": "any.module:Name", "api_base": "{knowledge}"},
            "7a3b7a0c7d342485d6d66be88a2199ae5dfdb83f63ee8e58bd545da1ed60de1b",
        ),
        (
            {"model": "hosted_vllm/x", "api_base": "http://127.0.0.1:1/v1", "timeout": 7, "concurrency": 2},
            "19de8a8dcf5b2fd578477e44375b61d0e3b5cefebc942934dcec9c539271b64e",
        ),
        # What is null is not sent, so it is no part of the key: {"model", "endpoint", "messages", "parameters": {}}.
        (
            {"model": "openai/gpt-5", "temperature": None, "max_tokens": None},
            "c4926d195040076796f92f4bf752b7794128c88d8563430afb63853c6611a541",
        ),
        ({"serve": SERVED}, "2ea733c03d0ab1c2c1366e2045112268d672fbb0386ff3307f8558417335436d"),
    ],
)
def test_answers_that_were_paid_for_keep_their_keys(tmp_path, monkeypatch, values, key):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "knowledge.yaml").write_text("a: 1\n")
    if "api_base" in values:
        values = values | {"api_base": values["api_base"].format(knowledge=tmp_path / "knowledge.yaml")}
    llm = llm_from_arguments(parsed(llm_flag(**values)))
    assert key_maker(llm, Score)(MESSAGES) == key
    if llm.serve:
        assert key_maker(llm.at("http://127.0.0.1:9/v1"), Score)(MESSAGES) == key


def flags_of(root, answers_decided=True, budget=None, **values):
    demo = yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8"))
    demo["llms"]["mine"] = {"model": "openai/x", **values}
    for name in ("scripted", "scripted-judge-a", "scripted-judge-b") if budget else ():
        demo["llms"][name] |= {"input_cost_per_token": 0, "output_cost_per_token": 0}
    return llm_flags(check_settings(demo | {"budget": budget}, "demo"), "results/demo", "mine", answers_decided)


LIMITED = {
    "mode": "batch",
    "batch_price_factor": 0.4,
    "concurrency": 2,
    "requests_per_minute": 7,
    "tokens_per_minute": 8,
    "timeout": 3.0,
    "input_cost_per_token": 1.5e-7,
    "output_cost_per_token": 6e-7,
}
DECIDING = {
    "api_base": "http://here",
    "structured": True,
    "temperature": 0.3,
    "max_tokens": 9,
    "attempts": 2,
    "extra": {"extra_body": {"a b": "c'd"}},
}


PLANNED = {"reasoning_tokens": 5, "switch_off": {"date": "2026-06-01", "successor": "openai/y"}}


def test_every_field_either_decides_an_answer_or_is_a_limit_or_a_forecast():
    assert set(LIMITED) == LIMITS
    assert set(PLANNED) == FORECASTS
    assert {*LIMITED, *DECIDING, *PLANNED, "model", "provider", "serve"} == set(LanguageModel.model_fields)


def test_a_script_is_told_all_and_snakemake_tracks_what_decides(root):
    plain = flags_of(root)
    for name, value in LIMITED.items():
        changed = flags_of(root, **{name: value})
        assert str(changed) != str(plain)
        assert repr(changed) == repr(plain)
    assert repr(flags_of(root, budget=9)) == repr(plain)
    assert str(flags_of(root, **PLANNED)) == str(plain)
    for name, value in DECIDING.items():
        assert repr(flags_of(root, **{name: value})) != repr(plain)
    for name in ("temperature", "max_tokens"):
        unsent = flags_of(root, **{name: None})
        assert repr(unsent) != repr(plain)
        assert name not in llm_from_arguments(parsed(shlex.split(unsent))).parameters()
    assert repr(flags_of(root, provider="own.module:Class")) != repr(plain)
    told = flags_of(root, **LIMITED, **DECIDING)
    assert llm_from_arguments(parsed(shlex.split(told))) == LanguageModel(model="openai/x", **LIMITED, **DECIDING)


def test_where_the_task_has_its_own_limits_those_of_the_model_decide_nothing(root):
    plain = flags_of(root, answers_decided=False)
    changed = flags_of(root, answers_decided=False, max_tokens=9, attempts=2)
    assert repr(changed) == repr(plain)
    assert json.loads(shlex.split(changed)[shlex.split(changed).index("--llm-limits") + 1]) == {
        "max_tokens": 9,
        "attempts": 2,
    }
    assert repr(flags_of(root, answers_decided=False, temperature=0.3)) != repr(plain)


def test_a_model_says_who_answers_for_it(root):
    demo = check_settings(yaml.safe_load((root / "config/demo.yaml").read_text(encoding="utf-8")), "demo")
    assert provider_of(demo, "scripted") == "medinjection.demo.teacher.provider:ScriptedProvider"
    paper = check_settings(yaml.safe_load((root / "config/config.yaml").read_text(encoding="utf-8")), "paper")
    assert {provider_of(paper, name) for name in paper.llms} == {None}
