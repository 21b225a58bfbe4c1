"""The site's file: what flags come of it, what is refused, and what Slurm does not offer."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import yaml
from snakemake.iocontainers import ResourceList
from snakemake.profiles import ProfileConfigFileParser
from snakemake.resources import Resources
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string
from support.fake_slurm import FakeSlurm

from medinjection.cluster.checks import Request, faults_of
from medinjection.cluster.gpus import gpus_of, place_gpu_jobs
from medinjection.cluster.offers import Offers, Partition, query_offers
from medinjection.cluster.site import Site, read_site, use_site
from medinjection.plan.resources.directives import on_nodes
from medinjection.plan.resources.requests import Request as JobRequest
from medinjection.records.errors import InputError

JEAN_ZAY = """
cpu: {account: abc@cpu, partition: cpu_p1, qos: qos_cpu-t3}
gpu: {account: abc@h100, constraint: h100, qos: qos_gpu_h100-t3, extra: --hint=nomultithread}
scratch: $JOBSCRATCH
modules: [arch/h100, cuda/12.8.0]
mail: {to: me@example.org}
"""


def site_of(text):
    return Site.model_validate(yaml.safe_load(text))


@pytest.fixture
def asked_on():
    """A function that returns what a job with `gpu` GPUs asks for on a site, as the executor gets it."""

    def ask(site, gpu, **others):
        defaults = [f"{name}={value}" for name, value in site.default_resources(mem_mb=4000).items()]
        resources = Resources.parse(defaults, allow_expressions=True)
        resources.update(Resources.from_mapping({"gpu": gpu, **others}))
        place_gpu_jobs(resources, site)
        aspects = {"input": [], "attempt": 1, "threads": 8, "rulename": "r", "async_run": None}
        values = {n: r.evaluate({}, **aspects) if r.is_evaluable() else r for n, r in resources.items()}
        return {name: resource.value for name, resource in values.items() if resource.value is not None}

    return ask


def test_a_site_like_jean_zay(asked_on):
    on_gpus = asked_on(site_of(JEAN_ZAY), 4)
    assert on_gpus == {
        "slurm_account": "abc@h100",
        "qos": "qos_gpu_h100-t3",
        "constraint": "h100",
        "slurm_extra": "--hint=nomultithread --mail-user=me@example.org --mail-type=FAIL,TIME_LIMIT",
        "gres": "gpu:4",
        "tmpdir": "$JOBSCRATCH",
        "mem_mb": 4000,
        "nodes": 1,
    }
    without = asked_on(site_of(JEAN_ZAY), lambda wildcards: 0)
    assert (without["slurm_account"], without["slurm_partition"], without["qos"]) == ("abc@cpu", "cpu_p1", "qos_cpu-t3")
    assert without.keys().isdisjoint({"gres", "constraint", "nodes"})


@pytest.mark.parametrize(
    ("flag", "model", "expected"),
    [
        ("gres", None, {"gres": "gpu:2"}),
        ("gres", "a100", {"gres": "gpu:a100:2"}),
        ("gpus", None, {"gpu": 2}),
        ("gpus", "a100", {"gpu": 2, "gpu_model": "a100"}),
        ("gpus-per-node", None, {"slurm_extra": "--gpus-per-node=2"}),
        ("gpus-per-node", "h100", {"slurm_extra": "--gpus-per-node=h100:2"}),
    ],
)
def test_gpus_are_asked_for_in_the_sites_way_and_in_no_other(asked_on, flag, model, expected):
    site = site_of(f"gpu: {{partition: gpu, flag: {flag}, model: {model or 'null'}}}")
    asked = asked_on(site, lambda wildcards: 2)
    kept = {name: value for name, value in asked.items() if name in ("gres", "gpu", "gpu_model", "slurm_extra")}
    assert kept == expected
    assert (asked["slurm_partition"], gpus_of(asked)) == ("gpu", 2)


def test_gpus_are_shared_out_between_nodes(asked_on):
    asked = asked_on(site_of("gpu: {flag: gres}"), 8, nodes=2)
    assert (asked["gres"], asked["nodes"], gpus_of(asked)) == ("gpu:4", 2, 4)
    asked = asked_on(site_of("gpu: {flag: gpus}"), 8, nodes=2)
    assert (asked["gpu"], asked["nodes"], gpus_of(asked)) == (8, 2, 4)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (1, {"--nodes=1", "--gres=gpu:4", "--cpus-per-task=24"}),
        (2, {"--nodes=2", "--gres=gpu:4", "--cpus-per-task=24", "--ntasks=2"}),
    ],
)
def test_a_training_on_several_nodes_has_one_task_on_each(asked_on, nodes, expected):
    """The words of sbatch are the executor's own; of a job with GPUs it would take `tasks` for those of each GPU."""
    request = JobRequest(gpus=4 * nodes, threads=24, mem_mb=4000, minutes=1, runtime=30, nodes=nodes)
    asked = asked_on(site_of("gpu: {flag: gres}"), request.gpus, **on_nodes(lambda wildcards: request))
    job = SimpleNamespace(resources=ResourceList(fromdict=asked), threads=request.threads)
    named = dict.fromkeys(("run_uuid", "slurm_logfile", "comment_str", "account", "partition"), "x")
    words = (get_submit_command(job, {**named, "workdir": None}) + set_gres_string(job)).split()
    shape = ("--nodes", "--gres", "--gpus", "--ntasks", "--cpus-per")
    assert {word for word in words if word.startswith(shape)} == expected


def test_what_is_set_by_hand_stays():
    resources = Resources.from_mapping({"gpu": 1, "slurm_partition": "mine"})
    place_gpu_jobs(resources, site_of("gpu: {partition: gpu}"), kept={"slurm_partition"})
    assert resources["slurm_partition"].value == "mine"
    assert resources["gres"].is_evaluable()


def test_a_rule_without_gpus_is_left_alone():
    resources = Resources.from_mapping({"slurm_partition": "cpu"})
    place_gpu_jobs(resources, site_of("gpu: {partition: gpu}"))
    assert list(resources) == ["slurm_partition"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpu: {flg: gres}", "gpu.flg: unknown key"),
        ("gpu: {flag: gpu}", "gpu.flag: found 'gpu': Input should be 'gres', 'gpus' or 'gpus-per-node'"),
        ("cpu: {account: 'a; rm -rf /'}", "cpu.account: found 'a; rm -rf /'"),
        ("cpu: [", "cannot be read as YAML"),
    ],
)
def test_a_wrong_file_is_told_by_key(tmp_path, text, expected):
    (tmp_path / "site.yaml").write_text(text)
    with pytest.raises(InputError, match="site.yaml: ") as error:
        read_site(tmp_path / "site.yaml")
    assert expected in str(error.value)


def test_the_example_is_a_site_and_no_file_leaves_all_to_slurm(root, tmp_path):
    assert read_site(root / "profiles/slurm/site.example.yaml").gpu.partition == "gpu"
    assert read_site(tmp_path / "none.yaml").default_resources(runtime=60) == {"runtime": 60}
    with pytest.raises(InputError, match="MEDINJECTION_SITE names .*none.yaml, which is not there"):
        use_site({"MEDINJECTION_SITE": str(tmp_path / "none.yaml")})


def test_the_profile_reads_the_file_that_the_variable_names(root, tmp_path, monkeypatch):
    (tmp_path / "site.yaml").write_text("cpu: {account: '12345', partition: long}\njobs: 7\nmodules: [cuda]")
    monkeypatch.setenv("MEDINJECTION_SITE", str(tmp_path / "site.yaml"))
    monkeypatch.setenv("MODULESHOME", "/opt/my modules")
    monkeypatch.chdir(root)
    with open("profiles/slurm/config.yaml") as file:
        profile = ProfileConfigFileParser().parse(file)
    assert (profile["executor"], profile["jobs"]) == ("slurm", "7")
    assert {"slurm_account='12345'", "slurm_partition='long'"} <= set(profile["default-resources"])
    assert profile["precommand"].endswith("|| . '/opt/my modules/init/sh'; } && module load cuda")


OFFERS = Offers({"cpu": Partition(0, 6000), "gpu": Partition(2, 1200)}, "cpu", {"lab@cpu": frozenset({"normal"})})
FINE = Request("translate_source", "lab@cpu", "cpu", None, 0, 1440)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"account": "LAB@cpu", "partition": None, "qos": "normal"}, []),
        ({"account": None}, ["cpu.account is missing; sacctmgr offers lab@cpu"]),
        ({"account": "labo"}, ["cpu.account: labo is unknown; sacctmgr offers lab@cpu"]),
        ({"partition": "prepost"}, ["cpu.partition: prepost is unknown; sinfo offers cpu, gpu"]),
        ({"qos": "dev"}, ["cpu.qos: lab@cpu may not use dev; sacctmgr offers normal"]),
        (
            {"minutes": 9000},
            ["translate_source asks for 9000 minutes, partition cpu gives 6000: choose another"],
        ),
        ({"minutes": 9000, "qos": "normal"}, []),
        ({"partition": None, "gpus": 1}, ["gpu.partition is missing: translate_source needs 1 GPU(s) of a node"]),
        ({"partition": "gpu", "gpus": 4, "minutes": 60}, ["of a node, and partition gpu has 2; enough have none"]),
    ],
)
def test_what_slurm_does_not_offer_is_a_sentence_with_what_it_offers(changes, expected):
    found = faults_of([replace(FINE, **changes), replace(FINE, **changes)], OFFERS)
    assert len(found) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, found, strict=True))


def test_without_accounting_an_account_is_one_too_many():
    offers = Offers(OFFERS.partitions, None, None)
    assert faults_of([FINE], offers) == [
        "cpu.account is lab@cpu, but sacctmgr names no account of yours: leave it out"
    ]  # fmt: skip
    unnamed = Request("r", None, None, None, 0, None)
    assert faults_of([unnamed], offers) == [
        "cpu.partition is missing, and no partition is the default one; sinfo offers cpu, gpu"
    ]


def test_offers_are_read_off_sinfo_and_sacctmgr(tmp_path, monkeypatch):
    slurm = FakeSlurm(tmp_path / "bin", monkeypatch)
    slurm.says(
        "sinfo",
        "cpu*|(null)|4-04:00:00\ngpu|gpu:h100:4(S:0-1),shard:8|20:00:00\ngpu|gpu:a100:8|20:00:00\nfree|gpu|infinite\n",
    )
    slurm.says("sacctmgr", "abc@cpu|qos_cpu-t3,normal\nabc@h100|\n")
    found = query_offers("me")
    partitions = {"cpu": Partition(0, 6000), "gpu": Partition(8, 1200), "free": Partition(0, None)}
    assert found == Offers(partitions, "cpu", {"abc@cpu": frozenset({"qos_cpu-t3", "normal"}), "abc@h100": frozenset()})
    slurm.says("sacctmgr", error="Problem talking to the database", status=1)
    assert query_offers("me").qos is None
    slurm.says("sinfo", error="Unable to contact slurm controller", status=1)
    assert query_offers("me") is None
