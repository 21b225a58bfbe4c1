"""The code fingerprint: semantic edits of whatever a script reaches change it, cosmetic ones and strangers do not."""

import pytest

from medinjection.plan.fingerprint import _parse, code_fingerprint

SCRIPT = '"""Doc."""\nfrom medinjection.near import act\n\nact()\n'
NEAR = "def act():\n    from medinjection.deep.far import number\n    return number\n"
FAR = "# a comment\nnumber = 1\n"


@pytest.fixture
def tree(tmp_path):
    for path, text in {
        "script.py": SCRIPT,
        "src/medinjection/__init__.py": "",
        "src/medinjection/near.py": NEAR,
        "src/medinjection/deep/__init__.py": "",
        "src/medinjection/deep/far.py": FAR,
        "src/medinjection/stranger.py": "x = 1\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def fingerprint(tree):
    _parse.cache_clear()
    return code_fingerprint(tree / "script.py", tree / "src")


@pytest.mark.parametrize(
    ("path", "text", "changes"),
    [
        ("script.py", SCRIPT + "act()\n", True),
        ("script.py", SCRIPT.replace("Doc.", "Other words."), False),
        ("src/medinjection/near.py", NEAR.replace("return number", "return -number"), True),
        ("src/medinjection/near.py", NEAR.replace("():\n", "():\n    # why\n\n"), False),
        ("src/medinjection/near.py", NEAR.replace("():\n", '():\n    """Act."""\n'), False),
        ("src/medinjection/deep/far.py", "number = 2\n", True),
        ("src/medinjection/deep/far.py", "number   =  1\n", False),
        ("src/medinjection/stranger.py", "x = 2\n", False),
    ],
)
def test_edits(tree, path, text, changes):
    before = fingerprint(tree)
    (tree / path).write_text(text)
    assert (fingerprint(tree) != before) is changes


def test_the_place_of_the_checkout_does_not_matter(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "copy"
    tree.rename(other)
    moved = fingerprint(other)
    other.rename(tree)
    assert fingerprint(tree) == moved
