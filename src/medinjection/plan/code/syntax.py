"""What a piece of a program says and which names it uses, told the same way under every version of Python.

Comments, layout, docstrings, lines that only write to the log, and hints of types that nobody reads at run time are
left out.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

# Fields that hold how a text was written, or that one version of Python has and another has not.
_LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
# Decorators that read no hints of types and register nothing.
PLAIN_DECORATORS = {
    "abstractmethod",
    "asynccontextmanager",
    "cache",
    "cached_property",
    "classmethod",
    "contextmanager",
}
PLAIN_DECORATORS |= {
    "dataclass",
    "deleter",
    "final",
    "getter",
    "lru_cache",
    "overload",
    "override",
    "property",
    "setter",
}
PLAIN_DECORATORS |= {"staticmethod", "total_ordering", "unique", "wraps"}
# What looks hints of types up at run time; `inspect` does too, see `Code`.
_INTROSPECTION = {"__annotations__", "get_annotations", "get_type_hints", "singledispatch", "singledispatchmethod"}
_INTROSPECTION |= {"validate_call", "TypeAdapter"}
# What looks names up by a text.
_LOOKUPS = {"eval", "exec", "globals", "__import__"}
_OWN_FILE = {"__file__", "__path__", "__spec__", "__loader__"}
# Methods that change what they are called on.
_MUTATORS = {"add", "append", "clear", "extend", "insert", "pop", "popitem", "register", "remove", "seed", "setdefault"}
_MUTATORS |= {"update", "__setitem__"}
_ACTING_NAMES = ("add_", "disable", "enable", "install", "register", "set_")


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import attribute as name`, or `import module as name` where `attribute` is None."""

    name: str
    module: str
    attribute: str | None
    # What runs when the line does: of `import a.b`, which binds `a`, it is `a.b`.
    loads: str

    def said(self) -> str:
        """Return one text for it."""
        return f"{self.name}={self.module}:{self.attribute}:{self.loads}"


@dataclass(slots=True)
class Reading:
    """Text of what was read, the chains of names in it (`a.b.c`), its texts and imports, and marks of what it does."""

    parts: list[str] = field(default_factory=list)
    chains: set[tuple[str, ...]] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    imports: list[Import] = field(default_factory=list)
    # "lookup": finds names by a text; "file": uses its own place; "acts": may change what others see;
    # "hints": reads hints of types at run time; "subclasses": finds classes that nobody names; "subclass hook": is told
    # of each class made of it.
    marks: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """What was read, in one text."""
        return "".join(self.parts)


def is_for_type_checkers(node: ast.AST) -> bool:
    """Say whether `node` is `if TYPE_CHECKING:`, whose block never runs."""
    if not isinstance(node, ast.If):
        return False
    test = node.test
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def makes_no_result(node: ast.AST) -> bool:
    """Say whether `node` is a statement that changes no result: a docstring, a text beside a field, `pass`, a log line.

    A log line is a call of a method of `_logger`, the name that every module gives its logger.
    """
    if isinstance(node, ast.Pass):
        return True
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str)
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "_logger"


def last_name(node: ast.expr) -> str:
    """Return the last name of what is called: `wraps` of `functools.wraps(f)`."""
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def imports_of(node: ast.stmt, package: str) -> Iterator[Import]:
    """Yield the imports of one import statement.

    Args:
        node: any statement; one that imports nothing yields nothing.
        package: the package that relative imports start from.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield Import(alias.asname or top, alias.name if alias.asname else top, None, alias.name)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if node.level:
            start = package.split(".")[: len(package.split(".")) - node.level + 1]
            module = ".".join([*start, module] if module else start)
        for alias in node.names:
            if module != "__future__":
                yield Import(alias.asname or alias.name, module, alias.name, module)


class Reader:
    """Reads statements into one `Reading`."""

    def __init__(self, package: str, hints: bool) -> None:
        """Start an empty reading.

        Args:
            package: the package that relative imports start from.
            hints: whether hints of types count in functions too.
        """
        self.reading = Reading()
        self._package = package
        self._all_hints = hints
        self._hints = hints
        self._in_class = False

    def read(self, node: ast.AST) -> None:
        """Add `node` and all that is in it."""
        if (special := _SPECIAL.get(type(node))) is None:
            self._plainly(node)
        else:
            special(self, node)

    def _plainly(self, node: ast.AST, *without: str) -> None:
        parts = self.reading.parts
        parts.append(f"{type(node).__name__}(")
        for name in node._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or name in _LEFT_OUT or name in without:
                continue
            parts.append(f"{name}=")
            if isinstance(value, ast.AST):
                self.read(value)
            elif isinstance(value, list):
                self._list(value)
            else:
                parts.append(ascii(value))
        parts.append(")")

    def _list(self, values: list[ast.AST | str | None]) -> None:
        parts = self.reading.parts
        parts.append("[")
        for value in values:
            if not isinstance(value, ast.AST):
                parts.append(ascii(value))
            elif makes_no_result(value):
                continue
            else:
                self.read(value)
            parts.append(",")
        parts.append("]")

    def _Name(self, node: ast.Name) -> None:  # noqa: N802
        self._chain((node.id,))
        self.reading.parts.append(f"Name({node.id})")

    def _Attribute(self, node: ast.Attribute) -> None:  # noqa: N802
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.reading.marks.add("acts")
        names: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            names.append(base.attr)
            base = base.value
        names.reverse()
        if isinstance(base, ast.Name):
            self._chain((base.id, *names))
            self.reading.parts.append(f"Attribute({base.id}.{'.'.join(names)})")
        else:
            self.reading.parts.append(f"Attribute({'.'.join(names)} of ")
            self.read(base)
            self.reading.parts.append(")")
            self._look_at_names(names)

    def _chain(self, names: tuple[str, ...]) -> None:
        self.reading.chains.add(names)
        self._look_at_names(names)
        if names[0] in _LOOKUPS or names[:2] == ("sys", "modules"):
            self.reading.marks.add("lookup")
        if names[0] in _OWN_FILE:
            self.reading.marks.add("file")

    def _look_at_names(self, names: tuple[str, ...] | list[str]) -> None:
        if not _INTROSPECTION.isdisjoint(names):
            self.reading.marks.add("hints")
        if "__subclasses__" in names:
            self.reading.marks.add("subclasses")

    def _Subscript(self, node: ast.Subscript) -> None:  # noqa: N802
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.reading.marks.add("acts")
        self._plainly(node)

    def _Constant(self, node: ast.Constant) -> None:  # noqa: N802
        if isinstance(node.value, str):
            self.reading.texts.add(node.value)
        self.reading.parts.append(ascii(node.value))

    def _JoinedStr(self, node: ast.JoinedStr) -> None:  # noqa: N802
        """Join what stands between the values: where it is cut differs between versions."""
        parts = self.reading.parts
        parts.append("JoinedStr(")
        text = ""
        for value in node.values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                text += value.value
                self.reading.texts.add(value.value)
            else:
                parts.append(ascii(text))
                text = ""
                self.read(value)
        parts.append(ascii(text) + ")")

    def _FormattedValue(self, node: ast.FormattedValue) -> None:  # noqa: N802
        spec = node.format_spec
        self._plainly(node, *(("format_spec",) if isinstance(spec, ast.JoinedStr) and not spec.values else ()))

    def _Call(self, node: ast.Call) -> None:  # noqa: N802
        name = last_name(node.func)
        if isinstance(node.func, ast.Name) and name in ("vars", "locals", "dir") and not node.args:
            self.reading.marks.add("lookup")
        if name == "import_module" and not (node.args and isinstance(node.args[0], ast.Constant)):
            self.reading.marks.add("lookup")
        on_something = isinstance(node.func, ast.Attribute) and name in _MUTATORS
        if name in ("setattr", "delattr") or on_something or name.startswith(_ACTING_NAMES):
            self.reading.marks.add("acts")
        known = "hints" in self.reading.marks
        self._plainly(node)
        first = node.args[0] if node.args else None
        if name == "get_type_hints" and isinstance(first, ast.Call) and last_name(first) == "type" and not known:
            # What `type` returns is a class: the hints of its fields count anyway.
            self.reading.marks.discard("hints")

    def _Expr(self, node: ast.Expr) -> None:  # noqa: N802
        if isinstance(node.value, ast.Call | ast.Await):
            self.reading.marks.add("acts")
        self._plainly(node)

    def _Global(self, node: ast.Global) -> None:  # noqa: N802
        self.reading.marks.add("acts")
        self.reading.chains.update((name,) for name in node.names)
        self._plainly(node)

    def _Import(self, node: ast.Import | ast.ImportFrom) -> None:  # noqa: N802
        found = list(imports_of(node, self._package))
        self.reading.imports += found
        self.reading.parts.append(f"Import({';'.join(one.said() for one in found)})")

    _ImportFrom = _Import

    def _If(self, node: ast.If) -> None:  # noqa: N802
        if is_for_type_checkers(node):
            self._list([*node.orelse])
        else:
            self._plainly(node)

    def _ClassDef(self, node: ast.ClassDef) -> None:  # noqa: N802
        outer, self._in_class = self._in_class, True
        if node.keywords or any(
            isinstance(one, ast.FunctionDef) and one.name == "__init_subclass__" for one in node.body
        ):
            self.reading.marks.add("subclass hook")
        self._plainly(node)
        self._in_class = outer

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:  # noqa: N802
        outer = self._in_class, self._hints
        self._in_class = False
        self._hints = self._hints or any(last_name(one) not in PLAIN_DECORATORS for one in node.decorator_list)
        self._plainly(node, *(() if self._hints else ("returns",)))
        self._in_class, self._hints = outer

    _AsyncFunctionDef = _FunctionDef

    def _arg(self, node: ast.arg) -> None:
        if self._hints and node.annotation:
            self._hint(node.annotation)
        self._plainly(node, *(() if self._hints else ("annotation",)))

    def _AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: N802
        if self._in_class or self._hints:
            self._hint(node.annotation)
            self._plainly(node, "simple")
        elif node.value is None:
            self._plainly(node, "simple", "annotation")
        else:
            self.read(ast.Assign(targets=[node.target], value=node.value))

    def _hint(self, annotation: ast.expr) -> None:
        """Read a hint that is written as a text: what it names counts."""
        for node in ast.walk(annotation):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                try:
                    inner = ast.parse(node.value, mode="eval")
                except SyntaxError:
                    continue
                for name in ast.walk(inner):
                    if isinstance(name, ast.Name):
                        self.reading.chains.add((name.id,))


_SPECIAL: dict[type[ast.AST], Callable[[Reader, Any], None]] = {
    kind: getattr(Reader, f"_{kind.__name__}")
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and hasattr(Reader, f"_{kind.__name__}")
}
