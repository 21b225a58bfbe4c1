"""Dry runs of the shipped configurations, and what a wrong one says."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.checkout import assert_reruns, assert_untouched, copy_checkout, jobs_planned

pytestmark = pytest.mark.workflow

HEAVY = ("torch", "transformers", "trl", "peft", "litellm", "sklearn", "polars", "datasets")


@pytest.fixture(scope="module")
def paper_plan(tmp_path_factory):
    """What the literal command of a cluster says in a fresh checkout: the plan, and what Python imported for it."""
    checkout = copy_checkout(tmp_path_factory.mktemp("paper"))
    environment = {"PYTHONPROFILEIMPORTTIME": "1"}
    done = checkout.snakemake("--profile", "slurm", "-n", environment=environment)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


def test_the_paper_configuration_plans_without_key_or_network(paper_plan):
    planned = jobs_planned(paper_plan)
    assert_reruns(planned, train_mix=7, predict_answers=8, fetch_model=1)
    assert_untouched(planned, "render_corpora")


def test_a_model_that_is_switched_off_is_said_once_with_its_successor(paper_plan):
    (said,) = [line for line in paper_plan.splitlines() if line.startswith("llms.gemini-2.0-flash: ")]
    stages = "translate_source, judge_quality, judge_answers, judge_consistency"
    assert f"is switched off since 2026-06-01; {stages} cannot ask it" in said
    assert "Its provider recommends gemini/gemini-3.1-flash-lite" in said


def test_planning_imports_nothing_heavy(paper_plan):
    imported = set(re.findall(r"^import time: .*\| +(\w+)", paper_plan, re.MULTILINE))
    assert "snakemake" in imported
    assert imported.isdisjoint(HEAVY), imported.intersection(HEAVY)


def test_pricing_the_paper_asks_no_language_model(fresh):
    planned = fresh().planned("cost_estimate")
    assert_reruns(planned, estimate_cost=1)
    assert_untouched(planned, "translate_source", "convert_source", "generate_items", "judge_quality", "judge_answers")


def test_mixes_that_cannot_be_filled_are_told_before_anything_is_paid(fresh):
    """Without three sources that nobody can download, at the paper's size; with the rule, the size that results."""
    checkout = fresh("short.yaml")
    values = yaml.safe_load((checkout.folder / "config/config.yaml").read_text(encoding="utf-8"))
    for name in ("s_editions", "deft2021", "diamed"):
        del values["sources"][name]
    values["mixes"] = {"size": 33493}
    (checkout.folder / "short.yaml").write_text(yaml.safe_dump(values))
    for target in ((), ("cost_estimate",)):
        done = checkout.snakemake("-n", *target)
        said = done.stdout + done.stderr
        assert done.returncode != 0 and "Traceback" not in said
        # 3,624 abstracts of MORFITT, five items each, at the paper's yield
        assert "SYN takes 33,493 of synthetic, where 18,780 are expected (none of deft2021, diamed): 14,713 are" in said
        # MediQAl, FrenchMedMCQA, and of both sets by mlabonne what the paper kept of the rows of their train files
        native = 15_880 + 2_171 + round(8_134 * 12_194 / 12_486) + round(3_836 * 12_194 / 12_486)
        assert (
            f"NAT takes 33,493 of native, where {native:,} are expected (none of frbmedqa, s_editions): "
            f"{33_493 - native:,} are missing"
        ) in said
    values["mixes"] = {"size": "smallest"}
    (checkout.folder / "short.yaml").write_text(yaml.safe_dump(values))
    done = checkout.snakemake("-n")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert said.count("size of the mixes: 18,780, as many as synthetic has; the paper's have 33,493") == 1
    assert "with the paper's size SYN takes 33,493 of synthetic, where 18,780 are expected" in said
    assert "with the paper's size NAT takes 33,493 of native" in said


def test_every_rule_says_what_its_jobs_ask_of_a_cluster(root):
    rules = re.split(r"^ *rule (?=\w+:$)", _all_rules(root), flags=re.MULTILINE)[1:]
    assert len(rules) > 15
    asking = re.compile(r"^ +resources:\n +\*\*(growing|asked)\(", re.MULTILINE)
    assert [rule.partition(":")[0] for rule in rules if not asking.search(rule)] == []


def test_the_paper_s_resources_are_estimated_without_key_or_gpu_as_the_docs_show(fresh, root, paper_plan):
    checkout = fresh()
    said = checkout.run("resources_estimate")
    page = (root / "docs/resources.md").read_text(encoding="utf-8")
    shown = page[page.index("| rule |") : page.index("\n\nRules that are not in the table")]
    assert "none was measured on a GPU" in shown
    assert shown in said
    with open(checkout.folder / "results/paper/resources_estimate.csv", encoding="utf-8", newline="") as file:
        (run,) = [row for row in csv.DictReader(file) if row["rule"] == "run"]
    planned = jobs_planned(paper_plan)
    assert int(run["jobs"]) == sum(planned.values())
    assert int(run["submissions"]) == submissions(planned, paper_plan, root) <= 80


def test_the_demonstration_s_jobs_are_few_on_a_cluster(fresh, root):
    done = fresh("config/demo.yaml").snakemake("--profile", "slurm", "-n")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    assert submissions(jobs_planned(said), said, root) <= 50


def submissions(planned, said, root):
    """Count submissions: each group that a dry run shows, and each job that is neither light nor in a group."""
    light = set(re.findall(r"rule (\w+):(?=(?:(?!\n *rule ).)*?localrule: True)", _all_rules(root), re.DOTALL))
    assert {"fetch_source", "fetch_model", "report_audit"} <= light
    groups = re.findall(r"Group job (\w+) ", said)
    assert len(groups) == len(set(groups)) == 5
    grouped = yaml.safe_load((root / "profiles/slurm/config.yaml").read_text())["groups"]
    return len(groups) + sum(count for rule, count in planned.items() if rule not in {*light, *grouped})


SEVERAL = """
base_models:
  - pretraining: {steps: 20}
  - {name: llama, path: models/llama-3b}
mixes:
  recipes:
    ALL: [native, translated, synthetic]
    ALL-20: {size: 20, parts: [{component: native}, {component: translated}, {component: synthetic}]}
    ALL-40: {size: 40, parts: [{component: native}, {component: translated}, {component: synthetic}]}
training: {processes: 2, gradient_accumulation_steps: 2}
ablations:
  lora:
    mixes: [ALL]
    training: {adapter: lora, cached_norms: false, trackers: [tensorboard, trackio], processes: 1}
"""


def test_further_bases_ablations_and_size_curves_are_configuration_alone(fresh):
    checkout = fresh("config/demo.yaml", "more.yaml")
    (checkout.folder / "more.yaml").write_text(SEVERAL)
    done = checkout.snakemake("--dry-run", "--printshellcmds", "predictions", "merged")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    trained = {
        re.search(r"--output results/demo/models/(\S+)", line)[1]: line
        for line in said.splitlines()
        if "workflow/scripts/train_mix.py" in line
    }
    further = ["ALL@llama", "ALL-20@llama", "ALL-40@llama"]
    assert sorted(trained) == sorted(["ALL", "ALL-20", "ALL-40", *further, "ALL@lora"])
    for model, line in trained.items():
        base = "llama" if model in further else "base"
        assert f"--base results/demo/models/{base} " in line
        assert f"--mix results/demo/mixes/{model.partition('@')[0]}.parquet" in line
        assert f"--adapter {'lora' if model == 'ALL@lora' else 'dora'} " in line
    assert "-m torch.distributed.run --standalone --nproc-per-node 2 workflow/" in trained["ALL"]
    assert "torch.distributed.run" not in trained["ALL@lora"]
    assert "--cached-norms false" in trained["ALL@lora"]
    assert "--trackers tensorboard trackio" in trained["ALL@lora"]
    assert "--cached-norms true" in trained["ALL"]
    assert "--trackers " not in trained["ALL"]
    assert "--path models/llama-3b" in said
    assert said.count("workflow/scripts/predict_answers.py") == 9
    assert said.count("workflow/scripts/merge_adapter.py") == 7
    assert checkout.planned()["train_mix"] == 7


def test_released_models_start_at_prediction(fresh):
    checkout = fresh("config/demo.yaml", "released.yaml")
    (checkout.folder / "released.yaml").write_text(
        "mixes: {recipes: {NAT: [native], SYN: [synthetic]}}\n"
        "models: {origin: released, released: {NAT: {path: /models/nat}, SYN: {path: /models/syn}}}\n"
    )
    planned = checkout.planned("predictions")
    assert (planned["fetch_model"], planned["pretrain_base"], planned["predict_answers"]) == (2, 1, 3)
    assert {"train_mix", "mix_records", "merge_adapter"}.isdisjoint(planned)
    assert "train_mix" not in checkout.planned()


HELP = """
import contextlib, io, json, runpy, sys
shown = {}
for script in sys.argv[1:]:
    sys.argv = [script, "--help"]
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(script, run_name="__main__")
        status = "it ran"
    except SystemExit as ended:
        status = ended.code
    shown[script] = (status, said.getvalue())
print(json.dumps(shown))
"""


def test_every_script_has_help(root):
    scripts = [str(script) for script in sorted((root / "workflow/scripts").glob("*.py"))]
    done = subprocess.run([sys.executable, "-c", HELP, *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    assert list(shown) == scripts
    for script, (status, said) in shown.items():
        name = Path(script).name
        assert status == 0, f"{name}: {status}"
        assert f"python workflow/scripts/{name} " in said, f"{name} shows no example"


def assert_refused(checkout, extra, *said):
    """Assert that a dry run with a configuration more says what is wrong, without a traceback."""
    (checkout.folder / "wrong.yaml").write_text(extra + "\n")
    done = checkout.snakemake("-n")
    assert done.returncode != 0
    for one in said:
        assert one in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_all_keys_with_wrong_values_are_told_at_once(fresh):
    assert_refused(
        fresh("config/demo.yaml", "wrong.yaml"),
        "colour: red\n"
        "training: {rank: many}\n"
        "components: {origin: hub}\n"
        "mixes: {recipes: {NAT: {parts: [{component: native, share: 0.5}]}}}",
        "the configuration has 4 fault(s)",
        "colour: unknown key (value 'red')",
        "training.rank: found 'many'",
        "components.origin: found 'hub'",
        "the shares add up to 0.5, expected 1",
    )


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("sources: {pubmed: {}}", "sources.pubmed: not in config/sources.yaml"),
        ("sources: {kqa: {teacher: null}}", "sources.kqa.teacher: missing, expected one of llms: scripted"),
        ("sources: {morfitt: {prompts: null}}", "sources.morfitt.prompts: missing"),
        ("sources: {frbmedqa: {teacher: null}}", "sources.frbmedqa.teacher: missing"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(fresh, extra, said):
    assert_refused(fresh("config/demo.yaml", "wrong.yaml"), extra, said)


def test_a_missing_data_folder_is_asked_for(fresh):
    done = fresh("config/sample.yaml").snakemake("-n", environment={"MEDINJECTION_DATA": ""})
    assert done.returncode != 0
    assert "set the environment variable MEDINJECTION_DATA, or --config data_folder=FOLDER" in done.stdout + done.stderr


def _all_rules(root):
    return "\n".join(path.read_text() for path in sorted((root / "workflow/rules").glob("*.smk")))
