"""A module cut into what it defines by name, what it imports, and what simply happens when it is loaded."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from medinjection.plan.code.syntax import (
    PLAIN_DECORATORS,
    Import,
    Reader,
    Reading,
    imports_of,
    is_for_type_checkers,
    last_name,
    makes_no_result,
)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(slots=True)
class Module:
    """A module: statements by the name they define, and those that count whenever the module is loaded."""

    name: str
    package: str
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    imports: dict[str, list[Import]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)
    # Names that effects bind, such as both ways of a conditional definition.
    bound: set[str] = field(default_factory=set)
    # Modules of which all names are imported.
    stars: list[str] = field(default_factory=list)
    # Imports that nothing in the module mentions: they may be there for what they do.
    unmentioned: list[Import] = field(default_factory=list)
    # Pydantic reads the hints of functions that it is given.
    reads_hints: bool = False

    def read(self, nodes: Iterable[ast.AST], hints: bool) -> Reading:
        """Read statements of this module."""
        # Pydantic reads the hints of functions that it is given.
        reader = Reader(
            self.package, hints or any(one.module == "pydantic" for one in self.imports.get("BaseModel", ()))
        )
        for node in nodes:
            reader.read(node)
        return reader.reading


def cut(source: str, name: str, package: str, whole: bool = False) -> Module:
    """Return the parts of a module.

    Args:
        source: its text.
        name: its dotted name.
        package: the package that its relative imports start from.
        whole: whether all its statements count, as those of a script do.
    """
    module = Module(name, package)
    statements = list(_that_run(ast.parse(source, filename=name).body))
    for node in _inside(statements):
        for one in imports_of(node, package) if isinstance(node, ast.Import | ast.ImportFrom) else ():
            if one.attribute == "*":
                module.stars.append(one.module)
            else:
                module.imports.setdefault(one.name, []).append(one)
    module.reads_hints = any(one.module.startswith("pydantic") for many in module.imports.values() for one in many)
    defined = [(node, _names_defined(node)) for node in statements if not isinstance(node, ast.Import | ast.ImportFrom)]
    counts = Counter(name for _, names in defined for name in names)
    for node, names in defined:
        # What nobody can name is there for what it does.
        only_once = all(counts[one] == 1 and one not in module.imports and one != "_" for one in names)
        if whole or not names or not only_once or _registers(node, module):
            module.effects.append(node)
            module.bound.update(names or _names_bound(node))
        else:
            module.definitions.update(dict.fromkeys(names, node))
    words = Counter(word for word in re.findall(r"\w+", source) if word in module.imports)
    module.unmentioned = [
        one for name, many in module.imports.items() if words[name] < 2 for one in many if one.attribute is None
    ]
    return module


def _that_run(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for node in statements:
        if is_for_type_checkers(node) and isinstance(node, ast.If):
            yield from _that_run(node.orelse)
        elif not makes_no_result(node):
            yield node


def _inside(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield statements at the level of the module: also those in `if`, `try`, loops, not those in functions."""
    for node in statements:
        yield node
        if not isinstance(node, ast.expr | ast.ClassDef | _FUNCTIONS[0] | _FUNCTIONS[1]) and not is_for_type_checkers(
            node
        ):
            yield from _inside(ast.iter_child_nodes(node))


def _names_defined(node: ast.stmt) -> list[str]:
    """Return the names that a statement defines and nothing more; none where it does something else as well."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    elif type(node).__name__ == "TypeAlias":
        targets = [node.name]  # type: ignore[attr-defined]
    names: list[str] = []
    for target in targets:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        names += [part.id for part in parts if isinstance(part, ast.Name)]
        if not all(isinstance(part, ast.Name) for part in parts):
            return []
    return names


def _names_bound(node: ast.AST) -> set[str]:
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(inner.name)
    return found


def _registers(node: ast.stmt, module: Module) -> bool:
    """Say whether a definition itself may change, when it runs, what others see: by its decorators, body or value."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        plain = all(last_name(one) in PLAIN_DECORATORS for one in node.decorator_list)
        if not plain or (isinstance(node, ast.ClassDef) and _class_acts(node)):
            return True
    return "acts" in module.read(_run_at_once(node), hints=False).marks


def _class_acts(node: ast.ClassDef) -> bool:
    fields = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return bool(node.keywords) or not all(isinstance(one, fields) or makes_no_result(one) for one in node.body)


def called_at_once(node: ast.stmt, module: Module) -> Reading:
    """Read what a definition calls, or hands to what it calls, when it runs: in values, defaults, decorators."""
    calls: list[ast.AST] = []
    for expression in _run_at_once(node):
        calls += [inner for inner in _outside_lambdas(expression) if isinstance(inner, ast.Call)]
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        calls += node.decorator_list
    return module.read(calls, hints=False)


def bases_of(node: ast.stmt, module: Module) -> Reading:
    """Read the bases of a class; of anything else there are none."""
    return module.read(node.bases if isinstance(node, ast.ClassDef) else (), hints=False)


def _outside_lambdas(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _outside_lambdas(child)


def _run_at_once(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield from [*node.decorator_list, *node.args.defaults, *(one for one in node.args.kw_defaults if one)]
    elif isinstance(node, ast.ClassDef):
        yield from [*node.decorator_list, *node.bases]
        for inner in node.body:
            yield from _run_at_once(inner)
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        yield node.value
