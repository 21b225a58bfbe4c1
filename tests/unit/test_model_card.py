import json
import re
import subprocess
import sys
from dataclasses import replace

import pyarrow as pa
import pytest
from huggingface_hub import ModelCard

from medinjection.records.errors import InputError
from medinjection.records.files import write_table, write_text
from medinjection.reporting.cards.model_card import ModelCardInputs, model_card_text, write_model_card
from medinjection.reporting.remark import Remark
from medinjection.sources.registry import Source

EVIL = "<script>|*x*\n# [y](z)"
BASE = {"status": "finished", "model": "base", "base_sha256": {"config.json": "b" * 64}}
HUB_BASE = BASE | {"model_id": "Qwen/Qwen3-4B-Instruct-2507", "revision": "d" * 40}
MIX = {
    "mix": "NAT-TRAD",
    "size": 33493,
    "components": {"native": 16747, "translated": 16746},
    "sources": {"a": 16747, "b": 16746},
}
RUN = {
    "status": "finished",
    "model": "NAT-TRAD@small",
    "base_model": "base",
    "base_sha256": BASE["base_sha256"],
    "data_sha256": "0123456789abcdef" * 4,
    "adapter_sha256": {"adapter_config.json": "1" * 64, "adapter_model.safetensors": "2" * 64},
    "hyperparameters": {
        "adapter": "dora",
        "rank": 17,
        "alpha": 31,
        "dropout": 0.057,
        "epochs": 10,
        "learning_rate": 1.1e-4,
        "max_length": 8191,
        "cached_norms": True,
        "trackers": ["trackio", "wandb"],
        "max_steps": None,
        "seed": 43,
    },
    "versions": {"torch": "2.13.0+cu130", "peft": "0.21.2"},
    "git": {"revision": "e" * 40, "dirty": False},
    "hardware": "NVIDIA H100",
    "processes": 2,
    "dtype": "bfloat16",
    "effective_batch": 96,
    "attention": "flash_attention_2",
    "fused_kernels": True,
    "gradient_checkpointing": False,
    "examples": 33493,
    "truncation": {
        "a": {"examples": 16747, "truncated": 5, "tokens_cut": 1301},
        "b": {"examples": 16746, "truncated": 6, "tokens_cut": 1402},
    },
    "supervised_tokens_per_epoch": 7654321,
    "tokens": 98765432,
    "trainable_parameters": 33444555,
    "parameters": 4055666777,
    "parts": [{"after_step": 0, "hardware": "NVIDIA A100"}, {"after_step": 1234, "hardware": "NVIDIA H100"}],
    "resumed_from_step": 1234,
    "peak_memory_bytes": 45_670_000_000,
    "wall_seconds": 7234.5,
    "energy_joules": 9_000_000.0,
}


def source(name, component, **fields):
    values = {
        "name": name,
        "title": f"Title of {name}",
        "component": component,
        "language": "fr",
        "kind": "records",
        "reader": "r",
        "upstream": "u/r",
        "revision": None,
        "licence": "MIT",
        "citation": f"Citation of {name}",
        "homepage": f"https://example.org/{name}",
        "files": (),
    }
    return Source(**{**values, **fields})


def write_json(path, content):
    write_text(path, json.dumps(content))
    return path


@pytest.fixture
def inputs(tmp_path):
    log = pa.table({"step": [2, 1, 3490], "epoch": [0.1, 0.05, 9.98], "loss": [1.5, 2.34567, 0.87654]})
    log = log.append_column("validation_loss", pa.array([1.4321, None, 1.5678], pa.float64()))
    write_table(tmp_path / "training.parquet", log)
    return ModelCardInputs(
        run=write_json(tmp_path / "run.json", RUN),
        base=write_json(tmp_path / "base.json", HUB_BASE),
        mix=write_json(tmp_path / "NAT-TRAD.json", MIX),
        training=tmp_path / "training.parquet",
        registry={"a": source("a", "native", licence="CC-BY-4.0"), "b": source("b", "translated")},
        run_name="paper",
        remark=Remark(),
    )


def parsed(inputs, **changed):
    return ModelCard(model_card_text(replace(inputs, **changed)))


def changed_run(inputs, **changed):
    return write_json(inputs.run, RUN | changed)


def test_the_hub_s_library_reads_the_metadata(inputs):
    assert parsed(inputs).data.to_dict() == {
        "language": ["fr"],
        "library_name": "peft",
        "base_model": "Qwen/Qwen3-4B-Instruct-2507",
        "pipeline_tag": "text-generation",
        "tags": ["medical", "french", "instruction-tuning", "dora"],
        "license": "other",
        "license_name": "one-licence-per-source",
        "license_link": "README.md#licence",
    }
    text = model_card_text(inputs)
    assert ModelCard(text).content == text, "read and written again it is the same"


def test_lora_is_called_so(inputs):
    changed_run(inputs, hyperparameters=RUN["hyperparameters"] | {"adapter": "lora"})
    card = parsed(inputs)
    assert card.data.tags[-1] == "lora" and "A LoRA adapter" in card.text


@pytest.mark.parametrize(
    ("base", "name"),
    [({"path": "qwen-local"}, "qwen-local"), ({"description": "tiny model"}, "base"), (HUB_BASE, HUB_BASE["model_id"])],
)
def test_the_base_is_called_as_on_the_hub_or_as_its_folder(inputs, base, name):
    write_json(inputs.base, BASE | base)
    card = parsed(inputs)
    assert card.data.base_model == name
    on_the_hub = "model_id" in base
    assert (f'name, revision = "{HUB_BASE["model_id"]}", "{"d" * 40}"' in card.text) is on_the_hub
    assert (f"| config.json | `{'b' * 64}` |" in card.text) is not on_the_hub


def test_the_licence_is_that_of_the_sources_only_where_they_agree_on_an_open_one(inputs):
    one = {"a": source("a", "native"), "b": source("b", "translated")}
    card = parsed(inputs, registry=one)
    assert card.data.license == "mit" and "license_name" not in card.data.to_dict()
    assert "All the sources above have the licence MIT" in card.text
    closed = {name: replace(entry, licence="none stated") for name, entry in one.items()}
    card = parsed(inputs, registry=closed)
    assert (card.data.license, card.data.license_name) == ("other", "one-licence-per-source")
    assert "The adapter has no licence of its own" in card.text


def test_every_number_of_the_files_is_in_the_card(inputs):
    text = model_card_text(inputs)
    for line in (
        # source, component, examples, truncated, tokens cut, licence
        "| Title of a (`a`) | native | 16,747 | 5 | 1,301 | CC-BY-4.0 |",
        "| Title of b (`b`) | translated | 16,746 | 6 | 1,402 | MIT |",
        "| **All** | | 33,493 | 11 | 2,703 | |",
        "| rank | 17 |",
        "| alpha | 31 |",
        "| dropout | 0.057 |",
        "| epochs | 10 |",
        r"| learning\_rate | 0.00011 |",
        r"| max\_length | 8191 |",
        r"| cached\_norms | true |",
        r"| max\_steps | – |",
        "| trackers | trackio, wandb |",
        "| seed | 43 |",
        "| examples an optimizer step | 96 |",
        "| processes | 2 |",
        "| number format of the base model | bfloat16 |",
        r"| attention, as used | flash\_attention\_2 |",
        "| fused kernels, as used | true |",
        "| gradient checkpointing, as used | false |",
        "| Optimizer steps | 3,490 |",
        "| Epochs | 9.98 |",
        "| Tokens, without padding | 98,765,432 |",
        "| Tokens learnt from an epoch | 7,654,321 |",
        "| Loss of the first step | 2.3457 |",
        "| Loss of the last step | 0.8765 |",
        "| Validation loss after the last step | 1.5678 |",
        "| Lowest validation loss | 1.4321, after epoch 0.1 |",
        "| Trained parameters | 33,444,555 of 4,055,666,777 |",
        "| Time | 7,234.5 s (2.0 h) |",
        "| Energy, by the driver's counters | 2.50 kWh |",
        "| Peak memory, of the last part | 45.67 GB |",
        "| Hardware | NVIDIA A100; NVIDIA H100 |",
        "| Interrupted | trained in 2 parts; went on after step 1,234 |",
        "| torch | 2.13.0+cu130 |",
        "| peft | 0.21.2 |",
        f"| NAT-TRAD.parquet | `{RUN['data_sha256']}` |",
        f"| adapter\\_config.json | `{'1' * 64}` |",
        f"| adapter\\_model.safetensors | `{'2' * 64}` |",
    ):
        assert f"\n{line}\n" in text, line
    assert "learnt 33,493 French" in text and "(16,747 native, 16,746 translated)" in text
    assert f"`{'e' * 40}`." in text and "changes that are in no commit" not in text
    assert "Not for clinical use" in text and "translated by machine" in text and "written by machine" not in text


def test_what_is_not_known_is_left_out(inputs):
    changed_run(inputs, energy_joules=None, git=None, parts=[RUN["parts"][1] | {"after_step": 0}])
    text = model_card_text(inputs)
    assert "Energy" not in text and "Interrupted" not in text
    assert "| Peak memory | 45.67 GB |" in text and "| Hardware | NVIDIA H100 |" in text
    assert "The revision of medinjection-fr is not known" in text


def test_uncommitted_changes_are_seen(inputs):
    changed_run(inputs, git={"revision": "e" * 40, "dirty": True})
    assert f"`{'e' * 40}`, **with changes that are in no commit**" in model_card_text(inputs)


def test_text_from_data_is_no_markup(inputs):
    registry = {
        "a": source("a", "native", title=EVIL, licence=EVIL, citation=EVIL),
        "b": source("b", "translated"),
    }
    hyperparameters = RUN["hyperparameters"] | {"loss": EVIL, EVIL: 1}
    changed_run(inputs, hardware=EVIL, hyperparameters=hyperparameters, versions={EVIL: EVIL}, model=EVIL)
    write_json(inputs.base, BASE | {"path": EVIL})
    card = parsed(inputs, registry=registry, remark=Remark(note=EVIL), run_name=EVIL)
    assert card.data.base_model == EVIL, "YAML keeps it as a text"
    assert "<script>" not in card.text
    escaped = r"\<script\>\|\*x\* \# \[y\](z)"
    assert f"> {escaped}\n" in card.text and f"# {escaped}\n" in card.text
    assert card.text.count(escaped) >= 11
    rows = [line for line in card.text.splitlines() if line.startswith("|")]
    # A bar that is not escaped would make another column.
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in rows}
    assert widths == {3, 7}


def test_there_is_no_date_and_the_same_files_give_the_same_card(inputs, tmp_path):
    for name in ("one", "two"):
        write_model_card(inputs, tmp_path / name / "README.md")
    text = (tmp_path / "one" / "README.md").read_text(encoding="utf-8")
    assert text == (tmp_path / "two" / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"\d{4}-\d\d-\d\d", text) and str(tmp_path) not in text


def test_the_code_of_the_card_is_python(inputs):
    blocks = re.findall(r"```python\n(.*?)```", model_card_text(inputs), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "README.md", "exec")
    write_json(inputs.base, BASE)
    assert '"<folder of the base model>", None' in model_card_text(inputs)


def test_what_does_not_belong_together_is_refused(inputs, tmp_path):
    for changed, message in (
        ({"status": "training"}, r"run\.json: status is 'training', expected 'finished'"),
        ({"base_sha256": {"config.json": "c" * 64}}, r"base\.json: has other files than the base model of"),
        ({"truncation": {"a": RUN["truncation"]["a"]}}, r"learnt a 16747, but .*NAT-TRAD\.json has a 16747, b 16746"),
    ):
        changed_run(inputs, **changed)
        with pytest.raises(InputError, match=message):
            model_card_text(inputs)
    changed_run(inputs)
    with pytest.raises(InputError, match="source b: not in the registry, expected one of a"):
        model_card_text(replace(inputs, registry={"a": inputs.registry["a"]}))
    write_json(inputs.run, {key: value for key, value in RUN.items() if key != "tokens"})
    with pytest.raises(InputError, match=r"run\.json: no key tokens; found: status, model"):
        model_card_text(inputs)
    changed_run(inputs)
    with pytest.raises(InputError, match=r"absent\.json: no such file"):
        model_card_text(replace(inputs, mix=tmp_path / "absent.json"))


def test_the_program_writes_the_card(inputs, tmp_path, root):
    mix = MIX | {"components": {"native": 2}, "sources": {"frenchmedmcqa": 2}}
    write_json(inputs.mix, mix)
    changed_run(inputs, truncation={"frenchmedmcqa": {"examples": 2, "truncated": 0, "tokens_cut": 0}}, examples=2)
    another = tmp_path / "another" / "run.json"
    write_json(another, json.loads(inputs.run.read_text()) | {"model": "another"})
    command = [sys.executable, root / "workflow" / "scripts" / "report_model_cards.py", "--runs", inputs.run, another]
    command += ["--bases", inputs.base, inputs.base, "--mixes", inputs.mix, inputs.mix]
    command += ["--trainings", inputs.training, inputs.training, "--run-name", "demo"]
    command += ["--registry", root / "config" / "sources.yaml"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    cards = [run.with_name("README.md").read_text() for run in (inputs.run, another)]
    assert [["# NAT-TRAD@small" in card, "# another" in card] for card in cards] == [[True, False], [False, True]]
    card = ModelCard.load(inputs.run.with_name("README.md"))
    assert card.data.license == "apache-2.0"
    assert "| FrenchMedMCQA (`frenchmedmcqa`) | native | 2 | 0 | 0 | Apache-2.0 |" in card.text
