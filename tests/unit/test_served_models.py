"""Models that are served by vLLM's and transformers' programs: commands, names, and a real model over HTTP."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from support.llms import llm_flag
from support.records import open_record
from support.waiting import PATIENCE_SECONDS

from medinjection.llm.client.client import Client
from medinjection.llm.client.prompts import read_prompt
from medinjection.llm.journal.journal import Journal
from medinjection.llm.language_model import LanguageModel, language_model
from medinjection.llm.local_server import served_model as served_module
from medinjection.llm.local_server.served_model import ServedModel, folder_digest
from medinjection.llm.local_server.serving import serving
from medinjection.prediction.schema import OPEN_SCHEMA
from medinjection.records.errors import InputError
from medinjection.records.files import write_records, write_table
from medinjection.scoring.open.judges import judge_answers
from medinjection.synthesis.translation import translate_records

COMMIT = "9216db5781bf21249d130ec9da846c4624c16137"


# --- what is served


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "models" / "judge"
    (folder / ".cache").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 40)
    (folder / ".cache" / "downloaded").write_text("today")
    return folder


def executable(path, text="#!/bin/sh\n"):
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_the_commands_have_the_documented_flags(tmp_path, folder):
    """vLLM: docs.vllm.ai/en/latest/cli/serve.html; transformers: `transformers serve --help`, run for real below."""
    vllm = executable(tmp_path / "vllm")
    hub = ServedModel(
        program="vllm", model="Qwen/Qwen3-8B", executable=vllm, revision=COMMIT, arguments=("--max-model-len", "8192")
    )
    address = ["--host", "127.0.0.1", "--port", "8123"]
    name = f"Qwen/Qwen3-8B@{COMMIT}"
    expected = [vllm, "serve", "Qwen/Qwen3-8B", "--revision", COMMIT, "--served-model-name", name]
    assert hub.command(8123) == [*expected, *address, "--max-model-len", "8192"]
    local = ServedModel(program="vllm", model=str(folder), executable=vllm)
    assert local.command(8123) == [vllm, "serve", str(folder), "--served-model-name", "judge", *address]
    transformers = str(Path(sys.executable).with_name("transformers"))
    tiny = ServedModel(program="transformers", model=str(folder))
    assert tiny.command(8123) == [transformers, "serve", "judge", *address]
    served = ServedModel(program="transformers", model="Qwen/Qwen3-8B", revision=COMMIT, arguments=("--device", "cpu"))
    assert served.command(8123) == [transformers, "serve", name, *address, "--device", "cpu"]
    assert served.litellm_model == f"hosted_vllm/{name}"
    assert local.litellm_model == "hosted_vllm/judge"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"program": "ollama", "model": "Qwen/Qwen3-8B", "revision": COMMIT},
            r"--llm\.serve\.program: Input should be 'vllm' or 'transformers'",
        ),
        ({"program": "vllm", "model": "Qwen/Qwen3-8B"}, "'Qwen/Qwen3-8B': no such folder; .* needs a revision"),
        ({"program": "vllm", "model": "results/run/models/NAT"}, "no such folder, and no Hugging Face id"),
        ({"program": "vllm", "model": "{folder}", "revision": COMMIT}, "is a folder: a revision belongs to"),
        ({"program": "vllm", "model": "{folder}", "arguments": ("--port=80",)}, "'--port=80' is not yours to set"),
        ({"program": "vllm", "model": "{folder}", "arguments": ("--trust_remote_code",)}, "is not yours to set"),
        ({"program": "vllm", "model": "{folder}", "arguments": ("--api-key", "x")}, "'--api-key' is not yours"),
    ],
)
def test_what_cannot_be_served_is_refused(values, message, folder):
    values["model"] = values["model"].format(folder=folder)
    with pytest.raises(InputError, match=message):
        language_model({"serve": values}, "--llm").serve.require_model()


def test_a_program_that_is_not_installed_is_named(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="vllm: no such program; install vllm"):
        ServedModel(program="vllm", model=str(folder)).command(1)
    with pytest.raises(InputError, match="/opt/vllm/bin/vllm: no such program"):
        ServedModel(program="vllm", model=str(folder), executable="/opt/vllm/bin/vllm").command(1)


def test_a_folder_is_named_by_its_content_wherever_it_lies(folder, tmp_path):
    first = ServedModel(program="vllm", model=str(folder)).endpoint_name
    assert re.fullmatch(r"vllm:judge@[0-9a-f]{64}", first)
    (folder / ".cache" / "downloaded").write_text("tomorrow")
    moved = folder.rename(tmp_path / "judge")
    assert ServedModel(program="vllm", model=f"{moved}/").endpoint_name == first
    same = ServedModel(program="transformers", model=str(moved))
    assert same.endpoint_name == first.replace("vllm:", "transformers:")
    quantised = ServedModel(program="vllm", model=str(moved), arguments=("--quantization", "fp8"), start_timeout=9)
    assert quantised.endpoint_name == f"{first} --quantization fp8"
    (moved / "model.safetensors").write_bytes(bytes(range(255, -1, -1)) * 40)
    assert ServedModel(program="vllm", model=str(moved)).endpoint_name != first


def test_an_id_is_named_by_its_commit():
    served = ServedModel(program="vllm", model="Qwen/Qwen3-8B", revision=COMMIT)
    assert served.endpoint_name == f"vllm:Qwen/Qwen3-8B@{COMMIT}"


def test_of_a_large_file_every_stretch_counts(folder, monkeypatch):
    for name, value in (("_BLOCK", 16), ("_WHOLE_FILE", 1024), ("_STRIDE", 64)):
        monkeypatch.setattr(served_module, name, value)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    digests = {folder_digest(folder)}
    for position in (0, 64, 6400, len(content) - 1):
        changed = content.copy()
        changed[position] ^= 1
        weights.write_bytes(changed)
        digests.add(folder_digest(folder))
    assert len(digests) == 5
    weights.write_bytes(content[:-1])
    assert folder_digest(folder) not in digests


# --- vLLM's command line, with a program in its place

VLLM = """#!{python}
import argparse, http.server, json, os
parser = argparse.ArgumentParser()
parser.add_argument("command", choices=["serve"])
parser.add_argument("model")
for flag in ("--host", "--port", "--revision", "--served-model-name"):
    parser.add_argument(flag)
args = parser.parse_args()
seen = [name for name in os.environ if name == "DO_NOT_TRACK" or name.endswith("_API_KEY")]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, {{}})
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        os.write(1, f"asked {{self.path}} {{self.headers['Authorization']}} {{seen}}\\n".encode())
        if request["model"] != args.served_model_name or "{broken}":
            self.answer(404, {{"error": {{"message": "no chat template"}}}})
            return
        message = {{"role": "assistant", "content": "1"}}
        choice = {{"index": 0, "message": message, "finish_reason": "stop"}}
        usage = {{"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}
        self.answer(200, {{"id": "r", "object": "chat.completion", "created": 0, "model": args.model,
                          "choices": [choice], "usage": usage}})
http.server.ThreadingHTTPServer((args.host, int(args.port)), Handler).serve_forever()
"""


DOSES = [
    open_record(
        n,
        source="kqa",
        question=f"What is the usual dose of drug number {n}?",
        answer=f"The usual dose is {n} mg a day.",
    )
    for n in range(1, 4)
]


def judged(served, url, root, journal):
    """Judge three answers by a served model."""
    judge = LanguageModel(serve=served, max_tokens=8, attempts=1).at(url)
    prompt = read_prompt(root / "config/prompts/judge_answer.txt")
    with Journal(journal) as kept:
        answers = {"NAT": [(record.id, "5 mg") for record in DOSES]}
        return judge_answers(answers, DOSES, prompt, Client(judge, kept))["NAT"]


def test_no_key_and_no_proxy_stand_between_a_job_and_its_server(tmp_path, folder, root, monkeypatch):
    for name in ("HOSTED_VLLM_API_KEY", "OPENAI_API_KEY", "VLLM_API_KEY"):
        monkeypatch.setenv(name, "sk-real-0123456789abcdef")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.org")
    served = ServedModel(
        program="vllm",
        model=str(folder),
        executable=executable(tmp_path / "vllm", VLLM.format(python=sys.executable, broken="")),
    )
    with serving(served, tmp_path / "log") as url:
        judgements = judged(served, url, root, tmp_path / "journal.jsonl")
    assert [judgement.score for judgement in judgements] == [1, 1, 1]
    asked = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("asked")]
    asked_with = "asked /v1/chat/completions {} ['DO_NOT_TRACK']".format
    assert asked == [asked_with(None), *[asked_with("Bearer fake-api-key")] * 3]
    assert os.environ["NO_PROXY"] == "example.org"
    assert "no_proxy" not in os.environ
    assert os.environ["HOSTED_VLLM_API_KEY"] == "sk-real-0123456789abcdef"


def test_a_job_serves_its_judge_once_for_all_models_and_not_at_all_when_all_is_answered(tmp_path, folder, root):
    program = executable(tmp_path / "vllm", VLLM.format(python=sys.executable, broken=""))
    serve = {"program": "vllm", "model": str(folder), "executable": program}
    write_records(tmp_path / "open.parquet", DOSES)
    models, files = ("base", "NAT"), []
    for model in models:
        rows = [
            {"model": model, "record_id": record.id, "source": "kqa", "output": model}
            | {"output_tokens": 1, "reference_tokens": 1, "finished": True}
            for record in DOSES
        ]
        files.append(tmp_path / f"{model}.parquet")
        write_table(files[-1], pa.Table.from_pylist(rows, schema=OPEN_SCHEMA))
    command = [sys.executable, root / "workflow/scripts/judge_answers.py", "--predictions", *files, "--models", *models]
    command += ["--records", tmp_path / "open.parquet", "--prompt", root / "config/prompts/judge_answer.txt"]
    command += [*llm_flag(serve=serve, max_tokens=8), "--journal", tmp_path / "j/all.jsonl"]
    command += ["--output-folder", tmp_path / "judged"]
    log = tmp_path / "j/all.server.log"
    subprocess.run(command, check=True)
    # The first question is put when the server is ready, so there was one server for both models.
    assert log.read_text().count("asked") == 1 + 2 * len(DOSES)
    made = [(tmp_path / f"judged/{model}.parquet").read_bytes() for model in models]
    log.unlink()
    subprocess.run(command, check=True)
    assert not log.exists()
    assert [(tmp_path / f"judged/{model}.parquet").read_bytes() for model in models] == made


def test_a_model_that_does_not_answer_is_found_before_it_is_used(tmp_path, folder):
    served = ServedModel(
        program="vllm",
        model=str(folder),
        executable=executable(tmp_path / "vllm", VLLM.format(python=sys.executable, broken="x")),
    )
    with (
        pytest.raises(InputError, match="judge: served, but a first request was answered with status 404: .*no chat"),
        serving(served, tmp_path / "log"),
    ):
        pytest.fail("it cannot be used")


# --- transformers serve, over real HTTP, with a real model


def tiny_model(folder):
    """Write a tiny Qwen3 with random weights: it generates, and what it generates is nonsense."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from medinjection.demo.model.tokenizer import train_tokenizer

    tokenizer = train_tokenizer(["La metformine appartient à la classe des biguanides."] * 20, 600)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def transformers_server(tmp_path_factory):
    work = tmp_path_factory.mktemp("serve")
    golden = os.environ.get("MEDINJECTION_GOLDEN")
    model = Path(golden) / "model" if golden else tiny_model(work / "tiny")
    served = ServedModel(
        program="transformers", model=str(model), arguments=("--device", "cpu"), start_timeout=PATIENCE_SECONDS
    )
    with serving(served, work / "serve.log") as url:
        yield served, url, work / "serve.log"


def test_transformers_serve_generates_and_its_nonsense_becomes_rejects(transformers_server, tmp_path, root):
    served, url, log = transformers_server
    teacher = LanguageModel(serve=served, max_tokens=24, attempts=2).at(url)
    prompt = read_prompt(root / "config/prompts/translate.txt")
    with Journal(tmp_path / "journal.jsonl") as journal:
        kept, rejects = translate_records(DOSES, prompt, Client(teacher, journal))
    assert kept == []
    assert [reject.id for reject in rejects] == [record.id for record in DOSES]
    assert all(reject.reason for reject in rejects)
    entries = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert len(entries) == 6
    assert all(entry["text"] and entry["completion_tokens"] and entry["prompt_tokens"] for entry in entries)
    assert log.read_text().count('"POST /v1/chat/completions HTTP/1.1" 200 OK') >= 7


def test_a_judge_that_talks_nonsense_gives_no_score(transformers_server, tmp_path, root):
    served, url, _ = transformers_server
    judgements = judged(served, url, root, tmp_path / "journal.jsonl")
    assert [judgement.score for judgement in judgements] == [None, None, None]
    assert all(judgement.raw_output for judgement in judgements)
