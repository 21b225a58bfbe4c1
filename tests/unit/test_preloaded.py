"""A program run by a preloaded process does what Python's own process does with it."""

import os
import subprocess
import sys

import pytest
from support.preloaded import preloaded_python, run_program

SHOWS = """
import atexit, json, os, sys, beside
atexit.register(lambda: print("at the end"))
print(json.dumps([sys.argv, sys.path[0], __file__, __name__, os.getcwd(), os.environ.get("GIVEN"), beside.NAME]))
print("to the errors", file=sys.stderr)
"""
ENDS = {
    "plain": "pass",
    "number": "import sys; sys.exit(3)",
    "sentence": "import sys; sys.exit('error: a sentence')",
    "nothing": "import sys; sys.exit()",
    "exception": "raise ValueError('wrong')",
    "signal": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
}


def ended(done):
    return done.returncode, done.stdout, done.stderr.splitlines()[-1:]


@pytest.mark.parametrize("how", ["run_program", "preloaded_python"])
def test_arguments_places_and_output_are_the_same(tmp_path, how):
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/shows.py").write_text(SHOWS)
    (tmp_path / "programs/beside.py").write_text("NAME = 'beside'\n")
    words = ["programs/shows.py", "--flag", "é x"]
    environment = {**os.environ, "GIVEN": "yes"}
    options = {"cwd": tmp_path, "env": environment}
    expected = subprocess.run([sys.executable, *words], capture_output=True, text=True, **options)
    if how == "run_program":
        found = run_program(words, **options)
    else:
        found = subprocess.run([preloaded_python(), *words], capture_output=True, text=True, **options)
    assert ended(found) == ended(expected)
    assert expected.stdout.endswith("at the end\n")


@pytest.mark.parametrize("end", ENDS)
def test_each_end_has_the_same_status_and_last_words(tmp_path, end):
    program = tmp_path / "ends.py"
    program.write_text(ENDS[end])
    expected = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert ended(run_program([program])) == ended(expected)


def test_libraries_are_loaded_and_the_project_is_not(tmp_path):
    program = tmp_path / "loaded.py"
    program.write_text("import sys; print('torch' in sys.modules, any('medinjection' in name for name in sys.modules))")
    assert run_program([program]).stdout == "True False\n"
    of_its_own = subprocess.run([preloaded_python(), program], env={**os.environ, "HF_HUB_OFFLINE": "0"}, stdout=-1)
    assert of_its_own.stdout == b"False False\n", "what libraries read when they are loaded is another"


def test_a_command_is_run_by_python_itself():
    done = subprocess.run(
        [preloaded_python(), "-c", "import sys; print(sys.argv)", "a"], capture_output=True, text=True
    )
    assert done.stdout == "['-c', 'a']\n"
