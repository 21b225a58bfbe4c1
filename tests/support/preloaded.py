"""Python programs and Snakemake forked from processes that have loaded the libraries: most of a short program's time.

Two such processes serve all tests, also those of other test processes: one has loaded Snakemake, the other what the
programs of this project import. Each loads when it is first asked for something. A program imports the modules of this
project itself, from its own checkout. That programs run without this is shown by the run `finished` of tests/workflow,
whose jobs are processes of their own.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.preloaded_python import ask

_FOLDER = "PRELOADED_PROCESSES"
_LIBRARIES = {
    "snakemake": (
        "snakemake.cli",
        "snakemake.profiles",
        "snakemake.report.html_reporter",
        "snakemake_logger_plugin_rich",
        "jinja2",
        "pyarrow.parquet",
        "pydantic",
        "smart_open",
    ),
    "programs": (
        "trl",
        "peft",
        "transformers.models.qwen3.modeling_qwen3",
        "sentence_transformers",
        "bert_score",
        "datasets",
        "litellm",
        "lxml.etree",
        "matplotlib.pyplot",
        "nltk",
        "pyarrow.dataset",
        "rouge_score.rouge_scorer",
        "sacrebleu",
        "scipy.stats",
        "sklearn.manifold",
    ),
}
# What these libraries read when they are loaded. A job that has other values gets a Python of its own.
_READ_WHEN_LOADED = ("HF_HUB_OFFLINE", "OMP_NUM_THREADS")
# CPU seconds of the programs that this process has had run.
spent = [0.0]


class Preloaded:
    """The processes that programs are forked from, and the folder by which they are found."""

    def __init__(self) -> None:
        """Start them; they load nothing yet."""
        self.folder = Path(tempfile.mkdtemp(prefix="preloaded-"))
        os.environ[_FOLDER] = str(self.folder)
        self._processes = [self._start(name, modules) for name, modules in _LIBRARIES.items()]

    def end(self) -> None:
        """Wait until all have ended, so that their CPU time counts as this process's."""
        for process in self._processes:
            process.communicate()
        shutil.rmtree(self.folder)

    def _start(self, name: str, modules: Sequence[str]) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "MPLCONFIGDIR": str(self.folder / "matplotlib")}
        program = Path(__file__).with_name("preloaded_server.py")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(_address(name))
            listener.listen(64)
            # Nothing beside the program is found by its name.
            command = [sys.executable, "-P", str(program), str(listener.fileno()), *modules]
            return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, pass_fds=[listener.fileno()])


def preloaded_python() -> str:
    """Return a program that takes Python's place: it runs scripts in a process that has loaded their libraries."""
    path = Path(os.environ[_FOLDER]) / "python"
    if not path.exists():
        program = Path(__file__).with_name("preloaded_python.py")
        loaded_under = json.dumps({name: os.environ.get(name) for name in _READ_WHEN_LOADED})
        words = [sys.executable, "-IS", str(program), _address("programs"), str(path), loaded_under]
        made = path.with_suffix(f".{os.getpid()}")
        made.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        made.chmod(0o755)
        made.rename(path)
    return str(path)


def run_snakemake(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a folder, with no other environment; its jobs are run by `python`."""
    return _run("snakemake", ["-m", "snakemake", *arguments], folder, environment, python)


def run_program(
    arguments: Sequence[object],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
    python: str = sys.executable,
) -> subprocess.CompletedProcess[str]:
    """Run a Python script with its arguments, as `subprocess.run` would that captures its output as text.

    Args:
        python: by what the script starts other Python programs.
    """
    words = list(map(str, arguments))
    done = _run("programs", words, cwd or Path.cwd(), os.environ if env is None else env, python)
    if check:
        done.check_returncode()
    return done


def _run(
    name: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], python: str
) -> subprocess.CompletedProcess[str]:
    with open(os.devnull) as nothing, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        files = [file.fileno() for file in (nothing, output, errors)]
        status, seconds = ask(_address(name), arguments, str(folder), environment, python, files)
        spent[0] += seconds
        said = [_text_of(file) for file in (output, errors)]
    return subprocess.CompletedProcess([python, *arguments], status, *said)


def _text_of(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _address(name: str) -> str:
    return f"{os.environ[_FOLDER]}/{name}"
