"""A hash over the code that a rule's script uses, so that Snakemake reruns what an edit concerns and no more.

Snakemake sees neither edits to an imported module nor to a script called from `shell:`; rules carry this hash in
`params`. It covers the definitions that the script reaches by name, however deep, and what happens when the modules
that hold them are loaded. Where a name cannot be followed, the whole module counts: too much rather than too little.
"""

import gc
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from medinjection.plan.code import definitions, syntax
from medinjection.plan.code.definitions import Module, bases_of, called_at_once, cut
from medinjection.plan.code.syntax import Import, Reading

# A place in the code: what kind of place, its module or file, and a name in it.
#   ("load", module, "")      what happens when a module is loaded
#   ("name", module, name)    a definition
#   ("bind", module, name)    what an import calls by a name
#   ("bound", module, name)   a name that loading the module gives a meaning
#   ("all", module, "")       everything in a module
#   ("below", module, "")     everything in a package
#   ("file", path, "")        a file beside the code that is no code
Place = tuple[str, str, str]

_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(?=[.:])(\.[A-Za-z_]\w*)*\.?(:[A-Za-z_]\w*)?")
# Kinds of places that names lead to, without what loading their modules does.
_NAMES = ("name", "bind", "bound")
# What makes fingerprints shows in them; it makes no result.
_OWN = {__name__, definitions.__name__, syntax.__name__}


def code_fingerprint(script: Path | str, source_root: Path | str, also: Sequence[str] = ()) -> str:
    """Return 16 hex digits over what `script` reaches: the same under every version of Python.

    Args:
        script: a Python program.
        source_root: the folder that holds the package (`src`).
        also: import paths `package.module` or `package.module:Name` that the job loads by a computed name; what lies
            elsewhere than beside the script or the package counts by its name alone.
    """
    return _fingerprint(Path(script), Path(source_root), tuple(also))


@cache
def _fingerprint(script: Path, source_root: Path, also: tuple[str, ...]) -> str:
    with _without_collecting():
        return _code(source_root, script.parent).fingerprint(script, also)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no circles among objects: trees have none, and looking takes a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@cache
def _code(source_root: Path, script_folder: Path) -> "Code":
    return Code(source_root, script_folder)


@dataclass(frozen=True, slots=True)
class Node:
    """What a place says, where it leads, and what it does (see `Reading.marks`)."""

    text: str
    leads_to: frozenset[Place]
    marks: frozenset[str] = frozenset()


class Code:
    """The package below a folder and the scripts of another one, read once each."""

    def __init__(self, source_root: Path, script_folder: Path, hints: bool = False) -> None:
        """Read nothing yet.

        Args:
            source_root: the folder that holds the package.
            script_folder: where a script finds modules beside itself.
            hints: whether hints of types in functions count.
        """
        self._roots = (script_folder, source_root)
        self._hints = hints
        self._modules: dict[str, Module | None] = {}
        self._paths: dict[str, Path] = {}
        self._nodes: dict[Place, Node] = {}
        self._named: dict[str, frozenset[Place]] = {}
        self._hinted: Code | None = None
        self._packages = {path.parent.name for path in source_root.glob("*/__init__.py")}
        # Programs and other files, by their path below the folder they are found in.
        self._programs: dict[str, str] = {}
        self._files: dict[str, Path] = {}
        for root, paths in (
            (script_folder, script_folder.glob("*")),
            (source_root, (path for name in self._packages for path in (source_root / name).rglob("*"))),
        ):
            for path in sorted(paths):
                place = path.relative_to(root).as_posix()
                if path.suffix == ".py":
                    self._programs[place] = place.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
                elif path.suffix != ".pyc" and not path.name.startswith(".") and path.is_file():
                    self._files[place] = path

    def fingerprint(self, script: Path, also: Sequence[str] = ()) -> str:
        """Return 16 hex digits; see `code_fingerprint`."""
        places = self.reached(script, also)
        if self._does(places, "hints") and not self._hints:
            self._hinted = self._hinted or Code(self._roots[1], self._roots[0], hints=True)
            return self._hinted.fingerprint(script, also)
        digest = hashlib.sha256("\n".join([script.name, *also]).encode())
        for place in sorted(places):
            if text := self._node(place).text:
                digest.update(f"\n{' '.join(place)} {text}".encode())
        return digest.hexdigest()[:16]

    def reached(self, script: Path, also: Sequence[str] = ()) -> set[Place]:
        """Return every place that `script` reaches."""
        name = f"<{script.stem}>"
        if name not in self._modules:
            self._paths[name] = script
            self._modules[name] = cut(script.read_text(encoding="utf-8-sig"), name, "", whole=True)
        places = self._closure([("load", name, ""), *(place for text in also for place in self._named_by(text))])
        if self._does(places, "subclasses"):
            loaded = [self._modules[name] for kind, name, _ in places if kind == "load"]
            classes = (("name", module.name, name) for module in loaded if module for name in module.definitions)
            places = self._closure([*places, *classes])
        return places

    def _does(self, places: Iterable[Place], mark: str) -> bool:
        return any(mark in self._node(place).marks for place in places)

    def _closure(self, start: Iterable[Place], kinds: Sequence[str] = ()) -> set[Place]:
        reached: set[Place] = set()
        waiting = list(start)
        while waiting:
            place = waiting.pop()
            if place not in reached and (not kinds or place[0] in kinds):
                reached.add(place)
                waiting += self._node(place).leads_to
        return reached

    def _node(self, place: Place) -> Node:
        if place not in self._nodes:
            self._nodes[place] = self._make_node(*place)
        return self._nodes[place]

    def _make_node(self, kind: str, where: str, name: str) -> Node:
        if kind == "file":
            return Node(hashlib.sha256(self._files[where].read_bytes()).hexdigest(), frozenset(self._included(where)))
        if kind == "below":
            return Node("", frozenset(("all", module, "") for module in self._modules_below(where)))
        module = self._module(where)
        if module is None:
            return Node("", frozenset())
        loaded: Place = ("load", where, "")
        if kind == "load":
            return self._loading(module)
        if kind == "all":
            return Node("", frozenset([loaded, *self._all_of(module), *self._beside(where)]))
        if kind == "bound":
            return Node("", frozenset([loaded]), frozenset({"acts", "subclass hook"}))
        if kind == "bind":
            return Node(";".join(one.said() for one in module.imports[name]), frozenset([loaded]))
        reading = module.read([module.definitions[name]], self._hints)
        return Node(_short(reading.text), frozenset([loaded, *self._uses(module, reading)]), frozenset(reading.marks))

    def _loading(self, module: Module) -> Node:
        """Read what happens when a module is loaded: statements that define nothing, and the other modules it loads."""
        reading = module.read(module.effects, self._hints)
        places = self._uses(module, reading)
        if "." in module.name:
            places.add(("load", module.name.rpartition(".")[0], ""))
        for many in module.imports.values():
            places.update(place for one in many for place in self._loads(one))
        for star in module.stars:
            places.add(("all", star, ""))
        for name, statement in module.definitions.items():
            called = self._closure(self._uses(module, called_at_once(statement, module)), _NAMES)
            bases = self._closure(self._uses(module, bases_of(statement, module)), _NAMES)
            if self._does(called, "acts") or self._does(bases, "subclass hook"):
                places.add(("name", module.name, name))
        said = ";".join(one.said() for one in module.unmentioned)
        return Node(
            _short(reading.text + said) if reading.text + said else "", frozenset(places), frozenset(reading.marks)
        )

    def _loads(self, one: Import) -> list[Place]:
        places: list[Place] = []
        for name in (one.loads, f"{one.module}.{one.attribute}") if one.attribute else (one.loads,):
            if self._module(name):
                places.append(("load", name, ""))
        return places

    def _uses(self, module: Module, reading: Reading) -> set[Place]:
        """Return the places that what was read in `module` uses."""
        places: set[Place] = set()
        inner: dict[str, list[Import]] = {}
        for one in reading.imports:
            inner.setdefault(one.name, []).append(one)
            places.update(self._loads(one))
            if one.attribute == "*":
                places.add(("all", one.module, ""))
        for chain in reading.chains:
            first, *rest = chain
            if first in module.definitions:
                places.add(("name", module.name, first))
            if first in module.bound:
                places.add(("bound", module.name, first))
            if first in module.imports:
                places.add(("bind", module.name, first))
            for one in [*inner.get(first, ()), *module.imports.get(first, ())]:
                places.update(self._imported(one, rest))
                if (one.module, one.attribute) == ("sys", "modules"):
                    places.add(("all", module.name, ""))
                if one.module == "inspect":
                    reading.marks.add("hints")
        for text in reading.texts:
            if _IMPORT_PATH.fullmatch(text) and re.split("[.:]", text)[0] in self._packages:
                places.update(self._named_by(text))
            places.update(self._files_named(text))
        if "lookup" in reading.marks:
            places.add(("all", module.name, ""))
        if "file" in reading.marks:
            places.update(("name", module.name, name) for name in module.definitions)
            places.update(self._beside(module.name))
        return places

    def _imported(self, one: Import, rest: Sequence[str], seen: frozenset[str] = frozenset()) -> set[Place]:
        names = [one.attribute, *rest] if one.attribute else rest
        return self._attribute(one.module, names, seen) if self._module(one.module) else set()

    def _attribute(self, name: str, rest: Sequence[str], seen: frozenset[str] = frozenset()) -> set[Place]:
        """Return what `name.rest` uses, where `name` is a module."""
        module = self._module(name)
        if module is None or f"{name}:{'.'.join(rest)}" in seen:
            return set()
        places: set[Place] = {("load", name, "")}
        if not rest or rest[0] == "__path__":
            return places | {("all", name, ""), ("below", name, "")}
        first, *more = rest
        found = first in module.bound
        if found:
            places.add(("bound", name, first))
        if first in module.definitions:
            places.add(("name", name, first))
            found = True
        for one in module.imports.get(first, ()):
            places.add(("bind", name, first))
            places |= self._imported(one, more, seen | {f"{name}:{'.'.join(rest)}"})
            found = True
        if self._module(f"{name}.{first}"):
            places |= self._attribute(f"{name}.{first}", more, seen)
            found = True
        return places if found else places | {("all", name, "")}

    def _all_of(self, module: Module) -> set[Place]:
        places: set[Place] = {("name", module.name, name) for name in module.definitions}
        for name, many in module.imports.items():
            places.add(("bind", module.name, name))
            places.update(place for one in many for place in self._imported(one, ()))
        return places

    def _named_by(self, text: str) -> set[Place]:
        """Return what an import path names: `package.module:Name`, `package.module.name`, or `package.module.`."""
        path, _, name = text.partition(":")
        if path.endswith("."):
            return {("below", path[:-1], "")}
        names = path.split(".")
        for count in range(len(names), 0, -1):
            module = ".".join(names[:count])
            if self._module(module):
                places = self._attribute(module, [*names[count:], *([name] if name else [])])
                return places | (self._beside(module) if count == len(names) and not name else set())
        return set()

    def _files_named(self, text: str) -> frozenset[Place]:
        """Return the files beside the code whose name a text is or ends."""
        if text not in self._named:
            found: set[Place] = set()
            if len(text) > 2 and "." in text and len(text.split()) == 1:
                found = {("file", path, "") for path in self._files if path.endswith(text)}
                if text.endswith(".py"):
                    programs = (name for path, name in self._programs.items() if f"/{path}".endswith(f"/{text}"))
                    found |= {("all", name, "") for name in programs}
            self._named[text] = frozenset(found)
        return self._named[text]

    def _included(self, path: str) -> set[Place]:
        """Return the files that a file names in quotes, as a template does that includes another."""
        text = self._files[path].read_text(encoding="utf-8", errors="replace")
        return {place for name in re.findall(r"""["']([^"'\s]+)["']""", text) for place in self._files_named(name)}

    def _beside(self, name: str) -> set[Place]:
        folder = self._paths[name].parent
        return {("file", path, "") for path, file in self._files.items() if file.parent == folder}

    def _modules_below(self, package: str) -> list[str]:
        return [name for name in self._programs.values() if name.startswith(f"{package}.")]

    def _module(self, name: str) -> Module | None:
        if name not in self._modules:
            self._modules[name] = self._find_module(name)
        return self._modules[name]

    def _find_module(self, name: str) -> Module | None:
        if name in _OWN or not re.fullmatch(r"\w+(\.\w+)*", name):
            return None
        for root in self._roots:
            folder = root / name.replace(".", "/")
            for path, package in ((folder / "__init__.py", name), (folder.with_suffix(".py"), name.rpartition(".")[0])):
                if path.is_file():
                    self._paths[name] = path
                    return cut(path.read_text(encoding="utf-8-sig"), name, package)
            if folder.is_dir() and root == self._roots[1]:
                self._paths[name] = folder / "__init__.py"
                return Module(name, name)
        return None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
