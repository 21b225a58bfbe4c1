"""Every program that measures still runs: each at its smallest size, where no other test runs it so."""

import ast
import json
import os
import shutil
import subprocess
import sys

import pytest
from support.checkout import ROOT

PROGRAMS = ROOT / "benchmarks"

# Program, smallest size, and names of figures of its last line that must be there.
SMALLEST = [
    ("teacher_kills.py", "--requests 12 --kills 1", ["repeated_beyond_in_flight", "journal_damaged"]),
    ("teacher_faults.py", "--requests 12 --batch-requests 4 --timeout 2", ["answered", "agrees"]),
    ("teacher_throughput.py", "--requests 4 --rounds 1 --memory-requests 0", ["ratio_to_litellm", "processes_speedup"]),
    ("data_plane.py", "--records 600", ["cpu_ratio_to_naive", "near_duplicate_recall", "growth_57k_to_571k"]),
    (
        "train_throughput.py",
        "--hidden 64 --layers 1 --rounds 1 --steps 1 --gradient-accumulation-steps 1",
        ["speedup", "dora_over_lora", "loss_difference_dropout0"],
    ),
    ("report_from_files.py", "--size 0.003", ["seconds", "cpu_seconds", "peak_rss_mb", "page_mb"]),
    ("faithfulness.py", "--pairs 8", ["blind_first_run", "last"]),
    ("dag_time.py", "--configfile config/demo.yaml --rounds 1", ["jobs", "ratio", "limit_cpu_seconds"]),
    ("choice_speed.py", "--items 2 --orders 2 --rounds 1", ["prefill_ratio", "prefill_ratio_shared"]),
    (
        "text_metrics.py",
        "--pairs 24 --lexical-pairs 48 --open-questions 16 --new-tokens 4 --rounds 1",
        ["lexical_seconds", "bertscore_token_ratio", "bertscore_speedup", "open_prefill_ratio", "open_speedup"],
    ),
]
# Programs that other tests run: here by their file.
ELSEWHERE = {
    "agree_with_reference.py": "test_golden_decoding.py",
    "answer_reading.py": "test_answer_reading.py",
    "lock_turns.py": "test_lock_turns.py",
    "negated_stems.py": "test_slices.py",
    "normalise_memory.py": "test_normalise_memory.py",
    "option_references.py": "test_options.py",
    "rerun_reach.py": "test_rerun_reach.py",
    "test_suite.py": "test_suite_measured.py",
}
HERE = ["demo_footprint.py", "explorer.py", "open_throughput.py", "translation_checks.py"]


def run(program, *arguments, folder=ROOT, data=None):
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), **({"MEDINJECTION_DATA": data} if data else {})}
    command = [sys.executable, str(folder / "benchmarks" / program), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def figures_of(done):
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("program", "size", "names"), SMALLEST, ids=[program for program, _, _ in SMALLEST])
def test_a_program_runs_at_its_smallest_size(program, size, names):
    found = figures_of(run(program, *size.split()))
    assert [name for name in names if found.get(name) is None] == []


def test_the_variants_of_a_gpu_run_on_the_processor_too():
    found = figures_of(
        run(
            "train_throughput.py",
            *["--shape", "tiny", "--steps", "1", "--gradient-accumulation-steps", "1"],
            *["--variants", "released", "ours", "ours, packed"],
        )
    )
    rows = found["variants"]
    assert rows["released"]["tokens_per_second"] > 0 and rows["ours"]["tokens_per_second"] > 0
    assert "has no batching" in rows["ours, packed"]["skipped"]


def test_the_footprint_of_a_run_up_to_one_file(tmp_path):
    for name in ("Snakefile", "workflow", "src", "config", "resources", "envs", "profiles", "benchmarks"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, tmp_path / name)
    done = run("demo_footprint.py", "--target", "records/native/frenchmedmcqa.parquet", folder=tmp_path)
    found = figures_of(done)
    assert found["second_run_idle"] and found["peak_memory_mb"] > 0
    assert "render_corpora" in done.stdout


def test_the_checks_of_translations_on_real_ones():
    data = os.environ.get("MEDINJECTION_DATA")
    if not data:
        pytest.skip("MEDINJECTION_DATA names no folder of real translations")
    assert figures_of(run("translation_checks.py", data))["records"] >= 100


def test_the_explorer_in_a_browser():
    done = run("explorer.py", "--questions", "60", "--models", "2", "--orders", "2", "--thinking", "1")
    if "no Chromium" in done.stderr and not os.environ.get("REQUIRE_CHROMIUM"):
        pytest.skip(done.stderr)
    names = {"build_seconds", "peak_rss_mb", "explorer_mb", "first_view_ms", "filter_ms", "search_ms", "answers_ms"}
    assert names <= figures_of(done).keys()


def test_no_program_is_left_without_a_test(root):
    programs = {path.name for path in PROGRAMS.glob("*.py") if _is_a_program(path)}
    tested = {program for program, _, _ in SMALLEST} | ELSEWHERE.keys() | set(HERE)
    assert programs == tested
    for program, test in ELSEWHERE.items():
        assert program.removesuffix(".py") in (root / "tests/unit" / test).read_text(encoding="utf-8")


def test_what_is_measured_on_a_gpu_runs_to_its_end_on_a_cpu():
    done = subprocess.run(
        ["bash", "benchmarks/on_gpu.sh", "--tiny"],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    found = figures_of(done)
    assert found["training"]["variants"].keys() == {"ours", "ours dropout 0"}
    assert found["goals"].keys() == {
        "tokens_per_second",
        "tokens_per_second_dropout0",
        "minutes_of_100000_prompts",
    }
    assert found["open"]["questions"] == 4
    assert 0 < found["open"]["answer_tokens"] <= 16


def _is_a_program(path):
    """Tell whether a file runs by itself: it ends with a test of its name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)
