"""An adapter merged into its base, for prediction and as a folder of its own; and files that are broken or missing."""

import json
import shutil
from dataclasses import replace

import pytest
from support.tiny_training import QUICK, RECORDS, train

from medinjection.demo.model.pretraining import Pretraining, pretrain_base
from medinjection.models.base.fetching import check_base, copy_model
from medinjection.models.base.loading import load_for_prediction, load_model, load_tokenizer
from medinjection.models.base.merging import merge_adapter, stored_dtype
from medinjection.models.files.adapters import with_adapter
from medinjection.models.files.merge_check import LARGEST_CHANGE, merged_alike
from medinjection.records.chat import messages
from medinjection.records.errors import InputError
from medinjection.records.files import sha256_of, write_records

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module")
def merged(training_folder, trained):
    """Folder of the merged model of `trained`."""
    merge_adapter(training_folder / "base", trained, training_folder / "mix.parquet", training_folder / "merged/NAT")
    return training_folder / "merged/NAT"


def logits(model, tokenizer):
    """Logits after the prompts of some records, one tensor (vocabulary,) a record."""
    import torch

    with torch.no_grad():
        prompts = [
            tokenizer.apply_chat_template(
                messages(record), add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
            for record in RECORDS[:5]
        ]
        return torch.stack([model(**prompt).logits[0, -1].float() for prompt in prompts])


def cut_off(file, size):
    """Keep the first `size` bytes of a file that may be a link to another one's."""
    content = file.read_bytes()[:size]
    file.unlink()
    file.write_bytes(content)


def copied(trained, folder):
    shutil.copytree(trained, folder)
    return folder


def test_prediction_merges_what_peft_computes_unmerged(training_folder, trained):
    import torch
    from peft import PeftModel

    base, tokenizer = load_for_prediction(training_folder / "base", None, "cpu", torch.float32)
    alone = logits(base, tokenizer)
    together = logits(*load_for_prediction(training_folder / "base", trained, "cpu", "float32"))
    unmerged = logits(PeftModel.from_pretrained(base, trained).eval(), tokenizer)
    assert (together - unmerged).abs().max() < 1e-4
    assert (together - alone).abs().max() > 1e-2
    assert load_for_prediction(training_folder / "base", trained, "cpu", "bfloat16")[0].dtype == torch.bfloat16


def test_a_merge_that_moves_the_letters_is_refused(training_folder):
    """In bfloat16 it does, where an adapter has moved the logits far from 0."""
    import torch

    base = training_folder / "base"
    far = train(training_folder, "far", replace(QUICK, learning_rate=3e-2))
    unmerged = with_adapter(load_model(base, torch.bfloat16), base, far)
    with pytest.raises(InputError, match=r"not the unmerged one: for r:\d+ the logit of a letter changes by 0\.0"):
        merged_alike(unmerged, load_tokenizer(base, "left"), RECORDS)


def test_merged_folder_is_a_whole_model_that_answers_the_same(training_folder, trained, merged):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    expected, _ = load_for_prediction(training_folder / "base", trained, "cpu", "float32")
    model = AutoModelForCausalLM.from_pretrained(merged, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(merged, local_files_only=True)
    assert logits(model, tokenizer).equal(logits(expected, tokenizer))
    check_base(merged)
    whole, tokenizer = load_for_prediction(training_folder / "base", merged, "cpu", "float32")
    assert logits(whole, tokenizer).equal(logits(expected, tokenizer))


def test_merged_folder_keeps_the_bases_own_files(training_folder, merged):
    names = {file.name for file in merged.iterdir()}
    assert names == {file.name for file in (training_folder / "base").iterdir()} - {"README.md"}
    for name in ("generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        assert sha256_of(merged / name) == sha256_of(training_folder / "base" / name), name
    for file in merged.glob("*.json"):
        assert str(training_folder) not in file.read_text(), file.name


def test_run_of_a_merge_names_base_and_adapter(training_folder, trained, merged):
    run = json.loads((merged / "run.json").read_text())
    assert (run["status"], run["model"], run["dtype"]) == ("finished", "NAT", "float32")
    assert run["adapter_sha256"][WEIGHTS] == sha256_of(trained / WEIGHTS)
    assert run["base_sha256"]["model.safetensors"] == sha256_of(training_folder / "base/model.safetensors")
    assert run["merged_sha256"]["model.safetensors"] == sha256_of(merged / "model.safetensors")
    assert run["prompts"] == len(RECORDS)
    assert 0 < run["largest_logit_change_float32"] < LARGEST_CHANGE


def test_merging_twice_gives_the_same_bytes_and_no_left_over(training_folder, trained, merged, tmp_path):
    (tmp_path / "model-00001-of-00002.safetensors").write_bytes(b"left over")
    merge_adapter(training_folder / "base", trained, training_folder / "mix.parquet", tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in merged.iterdir()}
    for file in merged.iterdir():
        if file.name != "run.json":
            assert sha256_of(file) == sha256_of(tmp_path / file.name), file.name


@pytest.mark.parametrize(("precision", "stored"), [("auto", "bfloat16"), ("float32", "float32")])
def test_weights_are_cast_to_the_bases_own_format_unless_another_is_named(
    training_folder, trained, tmp_path, precision, stored
):
    import torch
    from transformers import AutoModelForCausalLM

    halved = tmp_path / "base"
    shutil.copytree(training_folder / "base", halved)
    AutoModelForCausalLM.from_pretrained(halved, dtype=torch.bfloat16).save_pretrained(halved)
    adapter = copied(trained, tmp_path / "adapter")
    (adapter / "run.json").unlink()
    merge_adapter(halved, adapter, training_folder / "mix.parquet", tmp_path / "out", precision, prompts=2)
    assert stored_dtype(tmp_path / "out") == getattr(torch, stored)
    assert json.loads((tmp_path / "out/config.json").read_text())["dtype"] == stored


def test_base_that_pads_with_the_end_of_a_turn_is_refused(training_folder, trained, tmp_path):
    shutil.copytree(training_folder / "base", tmp_path / "base")
    settings = json.loads((tmp_path / "base/generation_config.json").read_text())
    settings["pad_token_id"] = settings["eos_token_id"][0]
    (tmp_path / "base/generation_config.json").write_text(json.dumps(settings))
    with pytest.raises(
        InputError, match=r"generation_config.json: pad_token_id is .*'<\|im_end\|>', which ends a turn"
    ):
        merge_adapter(tmp_path / "base", trained, training_folder / "mix.parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_that_changes_by_being_merged_is_refused(training_folder, tmp_path):
    """The output layer of the base is its input layer too: what is merged into the one changes the other."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(training_folder / "base")
    wrapped = get_peft_model(base, LoraConfig(target_modules=["lm_head"], init_lora_weights=False))
    wrapped.save_pretrained(tmp_path / "adapter", save_embedding_layers=False)
    with pytest.raises(InputError, match=r"for r:\d+ the logit of a letter changes by .*, expected at most 0.001"):
        merge_adapter(training_folder / "base", tmp_path / "adapter", training_folder / "mix.parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_adapter_that_holds_no_numbers_is_refused(training_folder, trained, tmp_path):
    from safetensors.torch import load_file, save_file

    adapter = copied(trained, tmp_path / "adapter")
    (adapter / "run.json").unlink()
    weights = {key: value * float("nan") for key, value in load_file(adapter / WEIGHTS).items()}
    save_file(weights, adapter / WEIGHTS, {"format": "pt"})
    with pytest.raises(InputError, match="the adapter cannot be merged: NaNs detected"):
        load_for_prediction(training_folder / "base", adapter, "cpu", "float32")


def test_no_question_to_compare_on_is_refused(training_folder, trained, tmp_path):
    write_records(tmp_path / "none.parquet", [])
    with pytest.raises(InputError, match=r"none.parquet: no choice question"):
        merge_adapter(training_folder / "base", trained, tmp_path / "none.parquet", tmp_path / "out")


def test_adapter_of_another_base_is_refused(training_folder, trained, tmp_path):
    shape = Pretraining(vocabulary=600, hidden=48, layers=2, heads=2, kv_heads=1, context=256, steps=1, batch_size=2)
    pretrain_base([training_folder / "d.parquet"], [training_folder / "mix.parquet"], tmp_path / "other", shape)
    with pytest.raises(InputError, match="trained on another base model"):
        load_for_prediction(tmp_path / "other", trained, "cpu", "float32")
    adapter = copied(trained, tmp_path / "adapter")
    (adapter / "run.json").unlink()
    with pytest.raises(InputError, match="does not fit the base model"):
        load_for_prediction(tmp_path / "other", adapter, "cpu", "float32")


@pytest.mark.parametrize("name", [WEIGHTS, "adapter_config.json"])
def test_half_replaced_adapter_is_refused(training_folder, trained, tmp_path, name):
    adapter = copied(trained, tmp_path / "adapter")
    content = (adapter / name).read_bytes()
    (adapter / name).write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    with pytest.raises(InputError, match=rf"not the adapter that run.json describes; .*{name} has SHA-256"):
        load_for_prediction(training_folder / "base", adapter, "cpu", "float32")


@pytest.mark.parametrize("name", [WEIGHTS, "adapter_config.json"])
def test_missing_file_of_an_adapter_is_named(training_folder, trained, tmp_path, name):
    adapter = copied(trained, tmp_path / "adapter")
    (adapter / name).unlink()
    with pytest.raises(InputError, match=rf"no {name}, expected the folder of an adapter"):
        load_for_prediction(training_folder / "base", adapter, "cpu", "float32")


@pytest.mark.parametrize("size", [0, 5, 3000, -1])
def test_adapter_that_is_cut_off_is_named(training_folder, trained, tmp_path, size):
    adapter = copied(trained, tmp_path / "adapter")
    (adapter / "run.json").unlink()
    cut_off(adapter / WEIGHTS, size)
    with pytest.raises(InputError, match=rf"{WEIGHTS}: cut off, or no safetensors file"):
        load_for_prediction(training_folder / "base", adapter, "cpu", "float32")


@pytest.fixture
def sharded(training_folder, tmp_path):
    """The base model with its weights in several files."""
    from transformers import AutoModelForCausalLM

    shutil.copytree(training_folder / "base", tmp_path / "base")
    (tmp_path / "base/model.safetensors").unlink()
    model = AutoModelForCausalLM.from_pretrained(training_folder / "base")
    model.save_pretrained(tmp_path / "base", max_shard_size="50KB")
    assert len(list((tmp_path / "base").glob("model-*.safetensors"))) > 1
    return tmp_path / "base"


def test_base_in_several_files_loads_and_merges(training_folder, trained, sharded, tmp_path):
    import torch

    whole = logits(*load_for_prediction(training_folder / "base", None, "cpu", torch.float32))
    assert logits(*load_for_prediction(sharded, None, "cpu", torch.float32)).equal(whole)
    copy_model("base", sharded, tmp_path / "copy")


@pytest.mark.parametrize("fault", ["missing", "cut off", "of another model"])
def test_broken_weights_of_a_base_are_named(sharded, tmp_path, fault):
    shard = sorted(sharded.glob("model-*.safetensors"))[-1]
    if fault == "missing":
        shard.unlink()
        said = rf"no {shard.name}; of the \d files of weights that model.safetensors.index.json names, 1 are missing"
    elif fault == "cut off":
        cut_off(shard, shard.stat().st_size - 100)
        said = rf"{shard.name}: cut off"
    else:
        shutil.copy(sorted(sharded.glob("model-*.safetensors"))[0], shard)
        said = r"weights are in none of its files, the first is model\."
    with pytest.raises(InputError, match=said):
        load_for_prediction(sharded, None, "cpu", "float32")
    if fault != "of another model":
        with pytest.raises(InputError, match=said):
            copy_model("base", sharded, tmp_path / "copy")
        assert not (tmp_path / "copy/run.json").exists()


def test_released_models_are_brought_in_as_they_are(training_folder, trained, merged, tmp_path):
    import torch

    base = training_folder / "base"
    for name, source in (("adapter", trained), ("whole", merged)):
        copy_model("released", source, tmp_path / name)
        assert json.loads((tmp_path / name / "run.json").read_text())["model"] == name
        expected = logits(*load_for_prediction(base, source, "cpu", torch.float32))
        assert logits(*load_for_prediction(base, tmp_path / name, "cpu", torch.float32)).equal(expected)
    assert {file.name for file in (tmp_path / "adapter").iterdir()} == {"adapter_config.json", WEIGHTS, "run.json"}


def test_released_adapter_keeps_what_it_says_of_its_base(trained, tmp_path):
    copy_model("released", trained, tmp_path / "adapter")
    run = json.loads((tmp_path / "adapter/run.json").read_text())
    assert run["base_sha256"] == json.loads((trained / "run.json").read_text())["base_sha256"]
    other = copied(trained, tmp_path / "other")
    cut_off(other / "adapter_config.json", 20)
    with pytest.raises(InputError, match="adapter_config.json has SHA-256 .*, but its run.json says"):
        copy_model("released", other, tmp_path / "copy")
    assert not (tmp_path / "copy/run.json").exists()


def test_folder_that_is_both_adapter_and_model_is_refused(training_folder, trained, tmp_path):
    both = copied(trained, tmp_path / "both")
    shutil.copy(training_folder / "base/config.json", both)
    with pytest.raises(InputError, match=r"both config.json and an adapter's files"):
        copy_model("released", both, tmp_path / "copy")
