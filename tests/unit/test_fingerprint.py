"""The code fingerprint: edits of what a script reaches by name change it, cosmetic ones and strangers do not."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fingerprint_cases import CASES
from support.preloaded import run_program

from medinjection.plan.code.fingerprint import Code, code_fingerprint

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))


def place(file):
    """Path of a file that a case names: a module of `pack` by its dotted name, or a path."""
    if file.endswith(".py"):
        return file
    return f"src/{file}" if "/" in file else f"src/pack/{file.replace('.', '/')}.py"


def lay_out(folder, files):
    for file, text in {"__init__": "", "deep.__init__": "", **files}.items():
        (folder / place(file)).parent.mkdir(parents=True, exist_ok=True)
        (folder / place(file)).write_text(text, encoding="utf-8")
    return folder


def fingerprint(folder, also=()):
    return Code(folder / "src", folder).fingerprint(folder / "script.py", also)


def edits(changes):
    return [
        pytest.param(files, edit, id=f"{name}: {edit[0]}: {edit[2]!r}")
        for name, (files, *both) in CASES.items()
        for edit in both[0 if changes else 1]
    ]


def edited(folder, edit):
    """Fingerprints before and after an edit that must apply."""
    before = fingerprint(folder)
    file, old, new = edit
    path = folder / place(file)
    assert old in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return before, fingerprint(folder)


@pytest.mark.parametrize(("files", "edit"), edits(changes=True))
def test_an_edit_of_what_is_reached_changes_the_fingerprint(tmp_path, files, edit):
    before, after = edited(lay_out(tmp_path, files), edit)
    assert before != after


@pytest.mark.parametrize(("files", "edit"), edits(changes=False))
def test_any_other_edit_does_not(tmp_path, files, edit):
    before, after = edited(lay_out(tmp_path, files), edit)
    assert before == after


ALSO = [(), ("pack.near",), ("pack.near:f",), ("elsewhere.x:C",), ("beside:Own",)]


def test_what_is_loaded_by_a_computed_name_is_told(tmp_path):
    files = {"script.py": "print()\n", "near": "def f(): return 1\ndef g(): return 2\n", "far": "x = 1\n"}
    lay_out(tmp_path, {**files, "beside.py": "class Own:\n    x = 1\n"})
    named = {also: fingerprint(tmp_path, also) for also in ALSO}
    assert len(set(named.values())) == len(named)
    near = tmp_path / "src/pack/near.py"
    near.write_text(files["near"].replace("return 2", "return 9"))
    assert {also for also in named if fingerprint(tmp_path, also) != named[also]} == {("pack.near",)}
    near.write_text(files["near"].replace("return 1", "return 9"))
    assert {also for also in named if fingerprint(tmp_path, also) != named[also]} == {("pack.near",), ("pack.near:f",)}
    near.write_text(files["near"])
    (tmp_path / "beside.py").write_text("class Own:\n    x = 2\n")
    assert {also for also in named if fingerprint(tmp_path, also) != named[also]} == {("beside:Own",)}


def test_neither_the_place_of_the_checkout_nor_other_scripts_matter(tmp_path):
    one, other = (lay_out(tmp_path / name, CASES["relative imports"][0]) for name in ("one", "two/deeper"))
    code = Code(other / "src", other)
    (other / "second.py").write_text("import pack.near\nprint(pack.near)\n")
    code.fingerprint(other / "second.py")
    assert code.fingerprint(other / "script.py") == fingerprint(one)


def test_paths_may_be_texts(tmp_path):
    lay_out(tmp_path, CASES["relative imports"][0])
    found = code_fingerprint(str(tmp_path / "script.py"), str(tmp_path / "src"), ["pack.near"])
    assert found == fingerprint(tmp_path, ["pack.near"])


SOURCE = (ROOT / "src/medinjection/records/files.py").read_text(encoding="utf-8")
# Lines before which a line of its own may stand: those that begin a statement.
STARTS = sorted({node.lineno for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.stmt)})
REAL_SCRIPT = "from pack.files import read_records, written_atomically\nread_records(written_atomically)\n"


@pytest.fixture(scope="module")
def real_module(tmp_path_factory):
    """A tree whose script uses two functions of a real module of ours."""
    return lay_out(tmp_path_factory.mktemp("real"), {"script.py": REAL_SCRIPT, "files": SOURCE})


def fingerprint_of(folder, source):
    (folder / "src/pack/files.py").write_text(source, encoding="utf-8")
    return fingerprint(folder)


@settings(max_examples=60, deadline=None)
@given(added=st.lists(st.tuples(st.sampled_from(STARTS), st.sampled_from(["", "# why", "   # é", "\f"])), max_size=8))
def test_comments_and_blank_lines_anywhere_change_nothing(real_module, added):
    before = fingerprint_of(real_module, SOURCE)
    lines = SOURCE.split("\n")
    for number, text in sorted(added, reverse=True):
        lines.insert(number - 1, text)
    assert fingerprint_of(real_module, "\n".join(lines)) == before


@pytest.mark.parametrize(
    ("statement", "counts"),
    [
        ('_logger.info("%s: read", path)', False),
        ('_logger.warning("slow: %d", len(open(path).read()))', False),
        ('print("read")', True),
        ('logger_of(path).info("read")', True),
        ('found = _logger.info("read")', True),
    ],
)
def test_log_lines_count_nothing(real_module, statement, counts):
    before = fingerprint_of(real_module, SOURCE)
    function = next(node for node in ast.parse(SOURCE).body if getattr(node, "name", "") == "read_records")
    lines = SOURCE.split("\n")
    lines.insert(function.end_lineno - 1, f"    {statement}")
    assert (fingerprint_of(real_module, "\n".join(lines)) != before) is counts


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_edit_of_a_function_counts_if_and_only_if_the_function_is_reached(real_module, data):
    before = fingerprint_of(real_module, SOURCE)
    places = Code(real_module / "src", real_module).reached(real_module / "script.py")
    functions = [node for node in ast.parse(SOURCE).body if isinstance(node, ast.FunctionDef)]
    chosen = data.draw(st.sampled_from(functions))
    statement = data.draw(st.sampled_from(["changed = 1", "print(1)", "return None", "raise ValueError", "yield 3"]))
    lines = SOURCE.split("\n")
    lines.insert(chosen.end_lineno, f"    {statement}")
    assert (fingerprint_of(real_module, "\n".join(lines)) != before) is (("name", "pack.files", chosen.name) in places)


def interpreter(version):
    """A program of a version of Python: one that pyenv made or one on the path; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
    for program in filter(None, candidates):
        asked = [program, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if subprocess.run(asked, capture_output=True, text=True).stdout.strip() == version:
            return program
    return None


# What the parsers of Python's versions cut or name in different ways.
SYNTAX = '''
import json as j
def f(x, /, y=1, *z, w: int = 2, **v) -> None:
    a = f"a{x}" "b" f"c{{d}}{x!r:>{w}}" 'e'
    b = f"{x=}{x = :>8}" f"" rf"\\d{x}" f'{x:%Y-%m-%d}' f"{x:}"
    c = f"""{
        x
    }{"s" "t"}""" u"old"
    match x:
        case [1, *rest] | {"k": None, **more} if rest: return -1.5e300
        case str() as text: return 3j
        case j.Decoder(a=1) | True: return 10**30
    try:
        with (open(x) as one, open(y) as two): ...
    except* ValueError as error: raise
    return [n for n in z], {**v}, {*z}, x[1:2, ...], (yield), not x, "\\u2028\U0001fae8\xe9", b"\\xff"
class C(j.X, metaclass=j.Y):
    x: int
    y: "int" = 1
global_text = """ a
b"""
'''
HEX = "import sys; from medinjection.plan.code.fingerprint import code_fingerprint as c; "
HEX += "root, *scripts = sys.argv[1:]; print([c(script, root) for script in scripts])"


@pytest.fixture(scope="module")
def fingerprinted(tmp_path_factory):
    """Scripts and the fingerprints that this Python gives them, by the folder of their modules."""
    folder = tmp_path_factory.mktemp("syntax")
    lay_out(folder, {"script.py": "from pack import near\nprint(near)\n", "near": SYNTAX})
    found = {ROOT / "src": SCRIPTS, folder / "src": [folder / "script.py"]}
    return {root: (scripts, [code_fingerprint(script, root) for script in scripts]) for root, scripts in found.items()}


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_version_of_python_gives_the_same_fingerprints(fingerprinted, version):
    program = interpreter(version)
    if program is None:
        pytest.skip(f"no Python {version} on this machine")
    for root, (scripts, expected) in fingerprinted.items():
        # -S: without what is installed, so that nothing but the standard library can be used.
        command = [program, "-S", "-W", "ignore", "-c", HEX, str(root), *map(str, scripts)]
        done = subprocess.run(command, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)
        assert done.stdout.strip() == str(expected), done.stderr


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type` statements and type parameters came with Python 3.12")
def test_type_aliases(tmp_path):
    files = {
        "script.py": "from pack.near import act\nact(1)\n",
        "near": "type Alias = int\ntype Other = int\ndef act[T: str](x):\n    return Alias\n",
    }
    before, after = edited(lay_out(tmp_path, files), ("near", "Alias = int", "Alias = str"))
    assert before != after
    before, after = edited(tmp_path, ("near", "Other = int", "Other = str"))
    assert before == after


@pytest.fixture(scope="module")
def real_runs(tmp_path_factory):
    """What six real scripts entered on two small sources, by script: pairs of a file of the package and a line."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "upstream").mkdir()
    rows = [
        {
            "id": f"x{number}",
            "question": f"Parmi les propositions suivantes, laquelle est exacte ({number}) ?",
            "answers": {letter: f"Proposition {letter}{number}" for letter in "abcde"},
            "correct_answers": ["a"],
            "subject_name": "pharmacie",
            "nbr_correct_answers": 1,
        }
        for number in range(6)
    ]
    for split in ("train", "dev", "test"):
        (folder / f"upstream/{split}.json").write_text(json.dumps([{**row, "id": split + row["id"]} for row in rows]))
    source = ["--registry", "config/sources.yaml", "--source", "frenchmedmcqa"]
    normalising = ["--specialties", "config/specialties.yaml", "--max-reject-share", "1"]
    component = f"native={folder}/native.parquet"
    part = ["--part", '{"component": "native"}', "--component", component, "--size", "2", "--mix", "NAT"]
    commands = {
        "fetch_source": [*source, "--path", f"{folder}/upstream", "--output", f"{folder}/raw"],
        "normalise_source": [*source, *normalising, "--raw", f"{folder}/raw", "--output", f"{folder}/native.parquet"],
        "count_records": ["--components", f"{folder}/native.parquet", "--output", f"{folder}/counts.csv"],
        "mix_records": [*part, "--output", f"{folder}/mix.parquet", "--summary", f"{folder}/mix.json"],
        "report_settings": ["--schema", f"{folder}/schema.json", "--page", f"{folder}/page.md"],
        "report_sources": ["--registry", "config/sources.yaml", "--page", f"{folder}/sources.md"],
    }
    entered = {}
    for script, arguments in commands.items():
        command = ["tests/support/entered_functions.py", f"{folder}/entered.json"]
        command += [f"workflow/scripts/{script}.py", *arguments]
        done = run_program(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": "src"})
        assert done.returncode == 0, done.stderr
        entered[script] = json.loads((folder / "entered.json").read_text())
    return entered


def names_at(file, line):
    """Names that the statement of a module that holds a line defines."""
    for node in ast.parse((ROOT / "src" / file).read_text(encoding="utf-8")).body:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        if first <= line <= node.end_lineno:
            targets = getattr(node, "targets", [getattr(node, "target", node)])
            return {one.id if isinstance(one, ast.Name) else one.name for one in targets}
    raise AssertionError(f"{file}:{line}")


@pytest.mark.parametrize(
    "script",
    ["fetch_source", "normalise_source", "count_records", "mix_records", "report_settings", "report_sources"],
)
def test_every_function_that_a_real_run_enters_is_reached(real_runs, script):
    also = ["medinjection.sources.readers.french.frenchmedmcqa:read"] if script == "normalise_source" else []
    places = Code(ROOT / "src", ROOT / "workflow/scripts").reached(ROOT / f"workflow/scripts/{script}.py", also)
    reached = {(module, name) for kind, module, name in places if kind == "name"}
    entered = {
        (file.removesuffix(".py").replace("/", "."), name)
        for file, line in real_runs[script]
        for name in names_at(file, line)
    }
    assert entered - reached == set()
    assert ("medinjection.program", "run_program") in entered
    assert len(entered) > 4
