"""Small trees of code, with edits that a fingerprint must follow and edits that it must not."""

# By case: files of a tree, edits (file, old text, new text) that change the fingerprint, and edits that do not.
CASES = {
    "cosmetics": (
        {"script.py": '"""Doc."""\nfrom pack.near import act\n\nact()\n', "near": "def act():\n    return 1\n"},
        [("near", "return 1", "return 2"), ("script.py", "act()\n", "act()\nact()\n")],
        [
            ("script.py", "Doc.", "Other words."),
            ("near", "():\n", "():\n    # why\n\n"),
            ("near", "():\n", '():\n    """Act."""\n'),
            ("near", "return 1", "return  (1)"),
            ("near", "def act", "# a word\ndef act"),
        ],
    ),
    "definitions across modules": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "def act():\n    from pack.deep.far import number\n    return number\ndef other():\n    return 1\n",
            "deep.far": "number = BASE = 1\nBASE2 = 1\nnumber2 = BASE2\n",
        },
        [("deep.far", "BASE = 1", "BASE = 2"), ("near", "    return number", "    return -number")],
        [("near", "return 1", "return 2"), ("deep.far", "BASE2 = 1", "BASE2 = 2")],
    ),
    "import as, and an attribute of a module": (
        {
            "script.py": "import pack.near as z\nimport pack.deep.far\nz.f()\npack.deep.far.h(z.f)\n",
            "near": "def f(): return 1\ndef g(): return 2\n",
            "deep.far": "def h(x): return 3\ndef i(): return 4\n",
        },
        [("near", "return 1", "return 9"), ("deep.far", "return 3", "return 9")],
        [("near", "return 2", "return 9"), ("deep.far", "return 4", "return 9")],
    ),
    "a module from its package": (
        {"script.py": "from pack import near\nnear.f()\n", "near": "def f(): return 1\ndef g(): return 2\n"},
        [("near", "return 1", "return 9")],
        [("near", "return 2", "return 9")],
    ),
    "relative imports": (
        {
            "script.py": "from pack.deep.far import f\nf()\n",
            "deep.far": "from ..near import g\nfrom . import beside\ndef f(): return g(beside.h)\n",
            "deep.beside": "def h(): return 3\ndef i(): return 4\n",
            "near": "def g(x): return 1\ndef k(): return 2\n",
        },
        [("near", "return 1", "return 9"), ("deep.beside", "return 3", "return 9")],
        [("near", "return 2", "return 9"), ("deep.beside", "return 4", "return 9")],
    ),
    "which of two things a name stands for": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "from math import floor as f, ceil as c\nfrom pack.far import p as x, q as y\n"
            "def act(): return f(1), c(1), x, y\n",
            "far": "p = 1\nq = 2\n",
        },
        [("near", "floor as f, ceil as c", "ceil as f, floor as c"), ("near", "p as x, q as y", "q as x, p as y")],
        [("near", "p as x, q as y", "q as y, p as x")],
    ),
    "inside functions: nested ones, lambdas, defaults, decorators": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "from functools import wraps\n"
            "A, B, C, D, E = 1, 1, 1, 1, 1\na = 1\nb = 1\nc = 1\nd = 1\nstranger = 1\n"
            "def mark(f):\n    @wraps(f)\n    def g(*x): return f(*x) + d\n    return g\n"
            "@mark\ndef act(x=b, *, y=c):\n    def inner():\n        return (lambda: a)()\n"
            "    return inner() + x + y\n",
        },
        [("near", f"\n{name} = 1", f"\n{name} = 2") for name in "abcd"],
        [("near", "stranger = 1", "stranger = 2"), ("near", "A, B, C, D, E = 1,", "A, B, C, D, E = 2,")],
    ),
    "classes count whole": (
        {
            "script.py": "from pack.near import Child\nChild()\n",
            "near": "from pack.far import Base, limit, Other\n"
            "class Child(Base):\n    size: int = limit\n    def unused(self): return helper()\n"
            "def helper(): return 5\ndef stranger(): return Other\n",
            "far": "limit = 1\nclass Base:\n    def used(self): return 2\nclass Other:\n    def x(self): return 3\n",
        },
        [
            ("far", "return 2", "return 9"),
            ("far", "limit = 1", "limit = 9"),
            ("near", "return 5", "return 9"),
            ("near", "size: int", "size: float"),
        ],
        [("far", "return 3", "return 9"), ("near", "(self)", "(self: object) -> int")],
    ),
    "hints of types": (
        {
            "script.py": "from pack.near import act\nact(1)\n",
            "near": "from pack.far import Hint\ndef act(x: Hint) -> Hint:\n    y: int = x\n    return y\n",
            "far": "class Hint:\n    size = 1\n",
        },
        [("near", "y: int = x", "y: int = -x")],
        [
            ("near", "x: Hint) -> Hint", "x: int) -> int"),
            ("near", "y: int = x", "y: float = x"),
            ("near", "y: int = x", "y = x"),
            ("far", "size = 1", "size = 2"),
        ],
    ),
    "hints of types that are read": (
        {
            "script.py": "from pack.near import act\nfrom typing import get_type_hints\nget_type_hints(act)\n",
            "near": "from pack.far import Hint\ndef act(x: Hint, y: 'Hint'): return x\n",
            "far": "class Hint:\n    size = 1\n",
        },
        [("near", "x: Hint", "x: int"), ("far", "size = 1", "size = 2")],
        [("near", "def act", "def stranger(): pass\ndef act")],
    ),
    "hints of the fields of a class that are read": (
        {
            "script.py": "from pack.near import act, Own\nfrom typing import get_type_hints\n"
            "get_type_hints(type(act(Own())))\n",
            "near": "def act(x: int): return x\nclass Own:\n    y: int = 1\n",
        },
        [("near", "y: int", "y: float")],
        [("near", "x: int", "x: float")],
    ),
    "hints that a decorator may read": (
        {
            "script.py": "from pack.near import act\nact(1)\n",
            "near": "from somewhere import checked\n@checked\ndef act(x: int): return x\ndef other(x: int): return x\n",
        },
        [("near", "act(x: int)", "act(x: float)")],
        [("near", "return x\ndef other(x: int)", "return x\ndef other(x: float)")],
    ),
    "what happens when a module is loaded": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "import os\nfrom pack.far import TABLE, helper\nimport pack.third\n"
            "os.environ['X'] = '1'\nTABLE['near'] = helper\nTABLE |= {}\nfor _ in range(2): helper()\n"
            "def act(): return TABLE\ndef stranger(): return 7\n",
            "far": "TABLE = {}\ndef helper(): return 1\ndef stranger(): return 2\n",
            "third": "from pack.far import TABLE\nif len(TABLE) > 3: print(3)\ndef unreached(): return 4\n",
        },
        [
            ("near", "'1'", "'2'"),
            ("near", "TABLE['near']", "TABLE['mere']"),
            ("near", "|= {}", "|= {1: 1}"),
            ("near", "range(2)", "range(3)"),
            ("far", "return 1", "return 9"),
            ("third", "print(3)", "print(9)"),
        ],
        [
            ("far", "return 2", "return 9"),
            ("near", "return 7", "return 9"),
            ("third", "return 4", "return 9"),
        ],
    ),
    "registration by decorator, by call, by base, by default": (
        {
            "script.py": "import pack.plugins\nfrom pack.near import run\nrun()\n",
            "near": "TABLE = {}\nALL = []\ndef run(): return TABLE, ALL\n"
            "def register(f):\n    TABLE[f.__name__] = f\n    return f\n"
            "class Base:\n    def __init_subclass__(cls): ALL.append(cls)\n"
            "class Meta(type):\n    def __init__(cls, *a): ALL.append(cls)\n"
            "def pure(x): return x\n",
            "plugins": "from pack.near import register, Base, Meta, pure, TABLE\n"
            "@register\ndef one(): return 1\n"
            "def two(): return 2\n_two = register(two)\n"
            "class Three(Base):\n    x = 3\n"
            "class Four(metaclass=Meta):\n    x = 4\n"
            "class Five(Four):\n    x = 5\n"
            "def six(): return 6\nsixth = TABLE.setdefault('six', six)\n"
            "def seven(x=register(lambda: 7)): return x\n"
            "def eight(): return 8\neighth = pure(eight)\n"
            "def ten(): return 10\n_ = pure(ten)\n"
            "class Nine:\n    x = 9\n",
        },
        [("plugins", f"return {n}", "return 0") for n in (1, 2, 6, 10)]
        + [("plugins", f"x = {n}", "x = 0") for n in (3, 4, 5)]
        + [("plugins", "lambda: 7", "lambda: 0")],
        [("plugins", "return 8", "return 0"), ("plugins", "x = 9", "x = 0")],
    ),
    "classes that nobody names": (
        {
            "script.py": "import pack.near, pack.far\npack.far.Base.__subclasses__()\n",
            "near": "from pack.far import Base\nclass Child(Base):\n    x = 1\n",
            "far": "class Base: pass\n",
            "stranger": "x = 1\n",
        },
        [("near", "x = 1", "x = 2")],
        [("stranger", "x = 1", "x = 2")],
    ),
    "conditional definitions": (
        {
            "script.py": "from pack.near import f, g\nf(g)\n",
            "near": "import sys\nif sys.platform == 'x':\n    def f(x): return 1\nelse:\n    def f(x): return 2\n"
            "try:\n    from pack.far import g\nexcept ImportError:\n    g = None\ndef h(): return 3\n",
            "far": "def g(): return 4\ndef h(): return 5\n",
        },
        [("near", "return 1", "return 9"), ("near", "return 2", "return 9"), ("far", "return 4", "return 9")],
        [("near", "return 3", "return 9"), ("far", "return 5", "return 9")],
    ),
    "a name defined several times": (
        {
            "script.py": "from pack.near import f\nf()\n",
            "near": "def f(): return 1\nold = f\ndef f(): return old() + 2\ndef g(): return 3\n",
        },
        [("near", "return 1", "return 9"), ("near", "() + 2", "() + 9")],
        [("near", "return 3", "return 9")],
    ),
    "global names": (
        {
            "script.py": "from pack.near import set_it\nset_it()\n",
            "near": "count = first()\ndef first(): return 1\ndef g(): return 3\n"
            "def set_it():\n    global count\n    count = 2\n",
        },
        [("near", "return 1", "return 9"), ("near", "count = 2", "count = 9")],
        [("near", "return 3", "return 9")],
    ),
    "star imports take the whole module": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "from pack.far import *\ndef act(): return f()\ndef g(): return 5\n",
            "far": "from pack.third import h\ndef f(): return 1\ndef other(): return 2\n",
            "third": "def h(): return 3\ndef i(): return 4\n",
        },
        [("far", "return 1", "return 9"), ("far", "return 2", "return 9"), ("third", "return 3", "return 9")],
        [("near", "return 5", "return 9"), ("third", "return 4", "return 9")],
    ),
    "packages on the way": (
        {
            "script.py": "from pack.deep.far import f\nf()\n",
            "deep.__init__": "import os\nos.environ['Y'] = '1'\ndef g(): return 2\n",
            "deep.far": "def f(): return 3\n",
        },
        [("deep.__init__", "'1'", "'2'")],
        [("deep.__init__", "return 2", "return 9")],
    ),
    "names passed on by another module": (
        {
            "script.py": "from pack.deep import f\nimport pack.near\npack.near.far.k(f)\n",
            "deep.__init__": "from pack.far import f\nfrom .inner import g\n",
            "deep.inner": "def g(): return 2\n",
            "near": "from pack import far\n",
            "far": "def f(): return 1\ndef k(x): return 3\ndef m(): return 4\n",
        },
        [("far", "return 1", "return 9"), ("far", "return 3", "return 9")],
        [("deep.inner", "return 2", "return 9"), ("far", "return 4", "return 9")],
    ),
    "two modules that pass a name on to each other": (
        {
            "script.py": "from pack.near import f\nf()\n",
            "near": "from pack.far import f\n",
            "far": "from pack.near import f\ndef g(): return 1\n",
        },
        [("near", "import f", "import g as f")],
        [("far", "return 1", "return 9")],
    ),
    "a name that a module makes up": (
        {
            "script.py": "from pack.near import anything\nanything()\n",
            "near": "def __getattr__(name): return helper\ndef helper(): return 1\n",
            "stranger": "x = 1\n",
        },
        [("near", "return 1", "return 9")],
        [("stranger", "x = 1", "x = 2")],
    ),
    "a module used as an object": (
        {
            "script.py": "from pack import near\nprint(getattr(near, input()))\n",
            "near": "def f(): return 1\ndef g(): return 2\n",
            "stranger": "x = 1\n",
        },
        [("near", "return 1", "return 9"), ("near", "return 2", "return 9")],
        [("stranger", "x = 1", "x = 2")],
    ),
    "the file of a module": (
        {
            "script.py": "from pack import near\nprint(near.__file__)\n",
            "near": "def f(): return 1\n",
            "stranger": "x = 1\n",
        },
        [("near", "return 1", "return 9")],
        [("stranger", "x = 1", "x = 2")],
    ),
    "a package used as an object": (
        {
            "script.py": "import pkgutil\nfrom pack import deep\npkgutil.iter_modules(deep.__path__)\n",
            "deep.far": "def f(): return 1\n",
            "near": "def f(): return 2\n",
        },
        [("deep.far", "return 1", "return 9")],
        [("near", "return 2", "return 9")],
    ),
    "names looked up by a text": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "def act(): return globals()['f']\ndef f(): return 1\ndef stranger(): return 2\n",
            "far": "x = 1\n",
        },
        [("near", "return 1", "return 9"), ("near", "return 2", "return 9")],
        [("far", "x = 1", "x = 2")],
    ),
    "a module imported by a computed name": (
        {
            "script.py": "from pack.near import act\nact('far')\n",
            "near": "from importlib import import_module\ndef f(): return 1\n"
            "def act(name): return import_module(name)\n",
            "far": "x = 1\n",
        },
        [("near", "return 1", "return 9")],
        [("far", "x = 1", "x = 2")],
    ),
    "import paths in texts": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "PLACES = ('pack.far:f', 'pack.far.g', 'pack.third')\nNAMES = f'pack.deep.{PLACES}'\n"
            "def act(): return PLACES, NAMES\n",
            "far": "def f(): return 1\ndef g(): return 2\ndef h(): return 3\n",
            "third": "def f(): return 4\n",
            "deep.one": "def f(): return 5\n",
        },
        [
            ("far", "return 1", "return 9"),
            ("far", "return 2", "return 9"),
            ("third", "return 4", "return 9"),
            ("deep.one", "return 5", "return 9"),
        ],
        [("far", "return 3", "return 9")],
    ),
    "files beside a module": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "def act(): return load('page.j2')\ndef other(): return load('table.csv')\ndef load(x): return x\n",
            "pack/page.j2": "{% include 'part.j2' %}\n",
            "pack/part.j2": "part\n",
            "pack/table.csv": "a,b\n",
        },
        [("pack/page.j2", "{%", "<p>{%"), ("pack/part.j2", "part", "piece")],
        [("pack/table.csv", "a,b", "c,d")],
    ),
    "files in the own folder": (
        {
            "script.py": "from pack.near import act\nact('x')\n",
            "near": "from pathlib import Path\ndef act(x): return Path(__file__).parent / f'{x}'\n",
            "pack/page.j2": "page\n",
            "pack/deep/other.j2": "other\n",
        },
        [("pack/page.j2", "page", "other")],
        [("pack/deep/other.j2", "other", "page")],
    ),
    "what is for type checkers": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from pack.far import Hint\ndef act(): return 1\n",
            "far": "print(1)\nclass Hint: pass\n",
        },
        [("near", "return 1", "return 9")],
        [
            ("far", "print(1)", "print(2)"),
            ("near", "from __future__ import annotations\n", ""),
            ("near", "import Hint", "import Hint as H"),
        ],
    ),
    "an import that nothing mentions": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "import readline\nimport json\ndef act(): return 1\ndef other(): return json\n",
        },
        [("near", "import readline\n", "")],
        [("near", "return json", "return json.loads")],
    ),
    "a script beside the script": (
        {
            "script.py": "import shared\nshared.f()\n",
            "shared.py": "def f(): return 1\ndef g(): return 2\n",
        },
        [("shared.py", "return 1", "return 9")],
        [("shared.py", "return 2", "return 9")],
    ),
    "matches, texts with values, what is awaited": (
        {
            "script.py": "from pack.near import act\nact()\n",
            "near": "async def act(x, w=1):\n    match x:\n"
            "        case {'a': [1, *rest]} if rest: return f'{x!r:>{w}} {{a}} b'\n"
            "        case None | True: await act(x)\n    return f'{x=}'\n",
        },
        [
            ("near", "[1, *rest]", "[2, *rest]"),
            ("near", "!r", "!s"),
            ("near", ":>", ":<"),
            ("near", " b'", " c'"),
            ("near", "None | True", "None | False"),
            ("near", "{x=}", "{x}"),
        ],
        [("near", "{w}} {{a}} b'", "{w}} {{a' '}' f' b'")],
    ),
}
