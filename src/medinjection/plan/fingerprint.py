"""A hash over the code that a rule's script can reach, so that Snakemake reruns what an edit concerns and no more.

Snakemake sees neither edits to an imported module nor to a script called from `shell:`; rules carry this hash in
`params`. It is taken over syntax trees without docstrings: comments, layout and documentation change nothing.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "medinjection"


def code_fingerprint(script: Path | str, source_root: Path | str) -> str:
    """Return 16 hex digits over the syntax trees of `script` and of every package module it imports, however deep.

    Args:
        script: a Python program.
        source_root: the folder that holds the package (`src`).
    """
    root = Path(source_root)
    trees = {}
    waiting = [Path(script)]
    while waiting:
        path = waiting.pop()
        if path in trees:
            continue
        trees[path], imported = _parse(path, root)
        waiting += imported
    names = {path: path.name if path == Path(script) else path.relative_to(root).as_posix() for path in trees}
    digest = hashlib.sha256()
    for path in sorted(trees, key=lambda p: names[p]):
        digest.update(f"{names[path]}\n{trees[path]}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _parse(path: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstring(node)
    return ast.dump(tree), tuple(_imported_files(tree, root))


def _drop_docstring(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    first = node.body[0] if node.body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body = node.body[1:]


def _imported_files(tree: ast.Module, root: Path) -> list[Path]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    files = []
    for name in sorted(n for n in names if n.split(".")[0] == PACKAGE):
        stem = root / name.replace(".", "/")
        files += [path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()]
    return files
