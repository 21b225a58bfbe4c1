"""What jobs ask of a cluster: sizes by hand from the published counts, requests by hand from sizes and rates."""

import csv
import shlex

import pytest
import yaml
from support.checkout import ROOT

from medinjection.config.reading import check_settings
from medinjection.llm.local_server.served_model import ServedModel
from medinjection.plan.resources.directives import asked, growing
from medinjection.plan.resources.estimate import (
    ASSUMED,
    estimate,
    estimate_csv,
    estimate_text,
    planned_requests,
    request_flags,
    requests_of_flags,
)
from medinjection.plan.resources.requests import JobRequests, Request, served_gpus
from medinjection.plan.resources.sizes import run_size
from medinjection.plan.resources.submissions import (
    count_submissions,
    groups_of_profile,
    jobs_planned,
    rules_before,
)
from medinjection.plan.run import plan_run
from medinjection.records.errors import InputError
from medinjection.sources.paper_counts import read_paper_counts

PAPER = read_paper_counts(ROOT / "resources/published/ledger.csv")


@pytest.fixture
def requests(monkeypatch):
    """A function that gives what the jobs of a shipped configuration ask for, with changes to it."""
    monkeypatch.chdir(ROOT)

    def of(name="config", **changes):
        values = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text(encoding="utf-8"))
        plan = plan_run(check_settings(values | changes, name), None)
        return JobRequests(plan, run_size(plan, PAPER))

    return of


def test_the_size_of_the_paper_s_run_is_that_of_its_published_counts(requests):
    size = requests().size
    assert size.mix == 33_493
    # Test splits: MediQAl, FrenchMedMCQA, MedMCQA, MedQA, MMLU, MMLU-Pro, MedXpertQA; of 12,486 rows of the two sets by
    # mlabonne none is test.
    tested = (4343 + 3384) + 622 + 6150 + 1273 + 1089 + 2333 + 2450
    assert tested <= size.choice <= tested + 6000
    assert size.asked["frbmedqa"] == 19_836
    assert size.asked["medmcqa"] == 182_822 + 4_183 + 6_150
    assert size.asked["morfitt"] == 3_624


def test_training_asks_for_a_gpu_per_process_and_for_the_time_of_its_tokens(requests):
    rates = {"training_tokens_per_second": 1000, "tokens_per_chat": 100, "margin": 3, "threads_per_gpu": 6}
    one = requests(training={"epochs": 2}, mixes={"size": 30_000}, resources=rates).training("NAT")
    # 30,000 chats of 100 tokens, twice, at 1,000 a second: 100 minutes; ten more to begin with.
    assert (one.gpus, one.threads, one.minutes, one.runtime) == (1, 6, 110, 330)
    four = requests(training={"epochs": 2, "processes": 4}, mixes={"size": 30_000}, resources=rates).training("NAT")
    assert (four.gpus, four.threads, four.minutes) == (4, 24, 35)
    assert four.mem_mb == 4 * one.mem_mb
    # Two nodes with four each: threads and memory are those of a node, GPUs and speed those of both.
    both = requests(training={"epochs": 2, "processes": 4, "nodes": 2}, mixes={"size": 30_000}, resources=rates)
    eight = both.training("NAT")
    assert (eight.nodes, eight.gpus, eight.threads, eight.mem_mb) == (2, 8, 24, four.mem_mb)
    assert eight.minutes == 22.5


def test_a_mix_of_its_own_size_takes_its_own_time(requests):
    mixes = {
        "size": 30_000,
        "recipes": {"NAT": ["native"], "SMALL": {"size": 3_000, "parts": [{"component": "native"}]}},
    }
    asks = requests(mixes=mixes)
    start = 10
    assert asks.training("NAT").minutes - start == pytest.approx(10 * (asks.training("SMALL").minutes - start))


def test_a_tiny_model_asks_for_no_gpu(requests):
    asks = requests("demo")
    for request in (asks.training("NAT"), asks.prediction("base"), asks.prediction("NAT"), asks.merging("NAT")):
        assert (request.gpus, request.threads) == (0, 1)
    assert asks.teaching("medmcqa").gpus == 0


def test_prediction_takes_the_time_of_all_orders_and_of_the_open_answers(requests):
    rates = {"choice_prompts_per_second": 10, "open_tokens_per_second": 100, "margin": 1}
    asks = requests(prediction={"permutations": 1, "max_new_tokens": 50}, resources=rates)
    seconds = asks.size.choice * 2 / 10 + asks.size.open * 50 / 100
    assert asks.prediction("NAT").minutes == pytest.approx(10 + seconds / 60)
    assert asks.prediction("NAT").gpus == 1
    assert requests(prediction={"device": "cpu"}).prediction("NAT").gpus == 0


@pytest.mark.parametrize(
    ("program", "arguments", "gpus"),
    [
        ("vllm", (), 1),
        ("vllm", ("--max-model-len", "16384"), 1),
        ("vllm", ("--max-model-len", "16384", "--tensor-parallel-size", "4"), 4),
        ("vllm", ("--tensor-parallel-size=4", "-pp", "2"), 8),
        ("vllm", ("--tensor_parallel_size", "2", "--data-parallel-size=3"), 6),
        ("transformers", (), 1),
        ("transformers", ("--device", "cuda"), 1),
        ("transformers", ("--device", "cpu"), 0),
    ],
)
def test_a_served_model_needs_the_gpus_of_its_arguments(program, arguments, gpus):
    assert served_gpus(ServedModel(program=program, model="a/b", arguments=arguments)) == gpus


def test_a_parallel_size_that_is_no_number_is_named():
    served = ServedModel(program="vllm", model="a/b", arguments=("--tensor-parallel-size", "--max-model-len"))
    with pytest.raises(InputError, match="a/b: --tensor-parallel-size is '--max-model-len', expected a whole number"):
        served_gpus(served)


def test_jobs_that_serve_their_judge_ask_for_gpus_and_jobs_that_ask_an_endpoint_for_none(requests):
    asks = requests()
    assert [asks.quality(judge).gpus for judge in ("gpt-4.1-mini", "medgemma-27b", "qwen3-next-80b")] == [0, 1, 4]
    assert asks.judging("medgemma-27b").gpus == 1
    four = asks.quality("qwen3-next-80b")
    assert (four.threads, four.mem_mb) == (32, 4 * asks.quality("medgemma-27b").mem_mb)


def test_questions_to_an_endpoint_take_the_time_of_its_rate(requests):
    rates = {"api_requests_per_second": 10, "margin": 2}
    asks = requests(resources=rates)
    assert asks.asking("gpt-4o", 60_000).minutes == pytest.approx(100)
    assert asks.asking("gpt-4o", 60_000).runtime == 200
    # Eight shards share the work on one source.
    assert asks.teaching("medmcqa").minutes == pytest.approx(asks.size.asked["medmcqa"] / 8 / 10 / 60)
    llms = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))["llms"]
    llms["gpt-4o"] |= {"requests_per_minute": 60}
    assert requests(resources=rates, llms=llms).asking("gpt-4o", 600).minutes == pytest.approx(10)


def test_a_second_attempt_gets_more(requests):
    fixed = growing(mem_mb=2000, runtime=30)
    assert [fixed["mem_mb"](None, attempt=n) for n in (1, 2, 3)] == [2000, 3000, 4000]
    assert [fixed["runtime"](None, attempt=n) for n in (1, 2, 3)] == [30, 60, 90]
    request = requests().training("NAT")
    varying = asked(lambda wildcards: request)
    assert varying["gpu"](None) == 1
    assert varying["runtime"](None, attempt=2) == 2 * request.runtime
    assert varying["mem_mb"](None, attempt=2) == request.mem_mb * 3 // 2


SAID = """Building DAG of jobs...
Job stats:
job             count
------------  -------
fetch_source        3
normalise           3
train_mix           7
all                 1
total              14

Reasons:
"""


def test_groups_are_one_submission_and_local_jobs_none():
    jobs = jobs_planned(SAID)
    assert jobs == {"fetch_source": 3, "normalise": 3, "train_mix": 7}
    found = count_submissions(jobs, {"fetch_source", "report"}, {"normalise": "texts", "absent": "others"})
    assert found.submitted == {"texts": 1, "train_mix": 7}
    assert (found.total, found.local) == (8, 3)


def test_a_dry_run_without_a_table_is_shown():
    with pytest.raises(InputError, match="no table of jobs, but:\nerror: no such rule"):
        jobs_planned("error: no such rule")


def test_rules_wait_for_those_before_them_in_the_graph():
    graph = 'digraph d {\n\t0[label = "all", color = "0"];\n\t1[label = "score", style="rounded"];\n\t1 -> 0\n}\n'
    assert rules_before(graph) == {"all": {"score"}, "score": set()}


def test_the_slurm_profile_groups_rules_that_exist():
    groups = groups_of_profile(ROOT / "profiles/slurm/config.yaml")
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert [rule for rule in groups if f"rule {rule}:" not in rules and f" as {rule} with:" not in rules] == []
    with pytest.raises(InputError, match="absent.yaml: no such profile"):
        groups_of_profile(ROOT / "absent.yaml")
    with pytest.raises(InputError, match="no section groups"):
        groups_of_profile(ROOT / "profiles/local/config.yaml")


def _found():
    """Seven trainings of two GPUs, one of them longer, before eight predictions; a metric that waits for neither."""
    requests = {
        "train_mix": [Request(2, 16, 1000, 120, 240)] * 6 + [Request(2, 16, 1000, 300, 600)],
        "predict_answers": [Request(1, 8, 1000, 60, 120)] * 8,
        "score_bertscore": [Request(1, 8, 1000, 10, 120)],
        "predict_served": [Request(4, 8, 1000, 999, 1000)],
    }
    jobs = {"fetch_model": 1, "mix_records": 7, "train_mix": 7, "predict_answers": 8, "score_bertscore": 1}
    submissions = count_submissions(jobs, {"fetch_model"}, {"mix_records": "mixes"})
    before = {
        "all": {"predict_answers", "score_bertscore"},
        "score_bertscore": {"fetch_model"},
        "predict_answers": {"train_mix"},
        "train_mix": {"mix_records", "fetch_model"},
        "mix_records": set(),
        "fetch_model": set(),
    }
    return estimate(requests, submissions, before)


def test_gpu_hours_are_those_of_all_jobs_and_time_that_of_the_longest_chain():
    found = _found()
    # (6 x 2 h + 5 h) x 2 GPUs, 8 x 1 h, ten minutes; the rule that is not planned has no part.
    assert found.gpu_hours == pytest.approx(34 + 8 + 1 / 6)
    # A minute to draw mixes, the longest training, a prediction.
    assert found.hours == pytest.approx((1 + 300 + 60) / 60)
    assert found.submissions.total == 1 + 7 + 8 + 1


def test_the_estimate_is_written_with_what_it_rests_on():
    rows = list(csv.DictReader(estimate_csv(_found()).splitlines()))
    assert [row["rule"] for row in rows] == ["train_mix", "predict_answers", "score_bertscore", "run"]
    assert rows[0] == {
        "rule": "train_mix",
        "jobs": "7",
        "submissions": "7",
        "gpus": "2",
        "gpu_hours": "34.0",
        "hours": "5.0",
        "limit_hours": "10.0",
    }
    assert (rows[-1]["jobs"], rows[-1]["submissions"], rows[-1]["gpu_hours"]) == ("24", "17", "42.2")
    text = estimate_text(_found())
    assert "24 jobs: 1 run beside Snakemake, the others are 17 submissions (mixes being groups). 42 GPU hours" in text
    assert text.endswith(ASSUMED) and "none was measured on a GPU" in ASSUMED


def test_what_jobs_ask_for_comes_through_the_command_line(requests):
    planned = planned_requests(requests())
    assert {rule: len(jobs) for rule, jobs in planned.items()} == {
        "translate_source": 2 + 8 + 8 + 1 + 1 + 1 + 1,
        "convert_source": 1,
        "generate_items": 6,
        "judge_quality": 4,
        "train_mix": 7,
        "predict_answers": 8,
        "judge_answers": 4,
        "judge_consistency": 4,
        "score_bertscore": 1,
    }
    assert requests_of_flags(shlex.split(request_flags(planned))[1::2]) == planned
    with pytest.raises(InputError, match="--requests: found 'nonsense', expected JSON with rule and jobs"):
        requests_of_flags(["nonsense"])
