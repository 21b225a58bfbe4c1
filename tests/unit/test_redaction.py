"""No key reaches any file that a run writes, or anything that it says, whatever the provider answers."""

import os
import subprocess
import sys

import pytest
from support.llms import llm_flag
from support.records import record
from support.scripted_endpoint import scripted_server

from medinjection.config.reading import check_settings
from medinjection.records.errors import InputError
from medinjection.records.files import write_records
from medinjection.records.schema import Provenance

KEY = "sk-proj-Zu4nR8wQ2mL6tY0pK3vX9cB5"


def question(number):
    return record(
        number,
        source="medmcqa",
        component="translated",
        question=f"Which of the following is treatment number {number} of the infection?",
        options=("First drug", "Second drug"),
        provenance=Provenance("medmcqa", "r", str(number)),
    )


def translate(root, folder, url, mode):
    command = [sys.executable, str(root / "workflow/scripts/translate_source.py")]
    command += ["--input", "english.parquet", "--prompt", str(root / "config/prompts/translate.txt")]
    prices = {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}
    command += llm_flag(model="openai/gpt-4o-mini", api_base=url, timeout=2, mode=mode, **prices)
    command += ["--account", "journals", "--budget", "9"]
    command += ["--journal", "journals/translate_source/medmcqa/1-of-1.jsonl", "--output", "out.parquet"]
    with open(folder / "log", "ab") as log:
        environment = {**os.environ, "OPENAI_API_KEY": KEY, "TMPDIR": str(folder)}
        return subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=False).returncode


@pytest.mark.parametrize(
    "keys",
    [
        {"llms": {"t": {"model": "openai/x", "extra": {"api_key": KEY}}}},
        {"llms": {"t": {"model": "openai/x", "extra": {"extra_headers": {"api-key": KEY}}}}},
        {"llms": {"t": {"model": "openai/x", "api_key": KEY}}},
        {"openai_api_key": KEY},
    ],
)
def test_a_key_in_the_configuration_is_refused_and_not_repeated(keys):
    with pytest.raises(InputError) as refused:
        check_settings(keys, "config.yaml")
    assert KEY not in str(refused.value)
    assert "key" in str(refused.value)


@pytest.mark.parametrize("mode", ["requests", "batch"])
def test_no_key_is_in_any_file_of_a_run(tmp_path, root, mode):
    write_records(tmp_path / "english.parquet", [question(number) for number in range(12)])
    faults = {"rate_limit": 0.1, "server_error": 0.1, "prose": 0.2, "truncated": 0.1}
    with scripted_server(faults=faults, batch_seconds=0.1) as server:
        server.set_faults({"unauthorized": 1.0})
        # The server repeats the key in its answer, as some providers do.
        assert translate(root, tmp_path, server.url, mode) == 1
        server.set_faults(faults)
        assert translate(root, tmp_path, server.url, mode) == 0
        counts = server.counts()
        assert (counts if mode == "requests" else counts["batches"])["answered"] >= 12
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert b"the provider accepts no request" in written[tmp_path / "log"]
    assert {"1-of-1.jsonl", "spending.json", "out.parquet", "log"} <= {path.name for path in written}
    # A part of the key would give it away too.
    for path, content in written.items():
        for part in (KEY[:12], KEY[8:20], KEY[-12:]):
            assert part.encode() not in content, path
