"""Fingerprints that are kept: the same as those worked out, and worked out anew after every edit."""

import pytest

from medinjection.plan.code import remembered
from medinjection.plan.code.fingerprint import Code
from medinjection.plan.code.remembered import RememberedFingerprints


class Tree:
    """A script and a package that it uses, and the fingerprints that were worked out of them."""

    def __init__(self, folder):
        self.scripts, self.sources, self.kept = folder / "scripts", folder / "src", folder / "kept"
        self.worked_out = []
        self.module = self.sources / "pack" / "near.py"
        self.module.parent.mkdir(parents=True)
        self.scripts.mkdir()
        (self.sources / "pack" / "__init__.py").write_text("")
        self.module.write_text("def act():\n    return 1\n")
        (self.scripts / "script.py").write_text("from pack.near import act\nact()\n")

    def fresh(self, script="script.py", also=()):
        # A new reading of the code each time, as another process has.
        return Code(self.sources, self.scripts).fingerprint(self.scripts / script, also)

    def remembered(self, also=(), kept=None):
        return RememberedFingerprints(self.scripts, self.sources, kept or self.kept).of("script.py", also)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    tree = Tree(tmp_path)

    def counted(script, source_root, also):
        tree.worked_out.append((script.name, *also))
        return tree.fresh(script.name, also)

    monkeypatch.setattr(remembered, "code_fingerprint", counted)
    return tree


def test_a_fingerprint_is_worked_out_once_for_each_script_and_what_it_loads(tree):
    assert tree.remembered() == tree.remembered() == tree.fresh()
    assert tree.remembered(["pack.near"]) == tree.remembered(["pack.near"]) == tree.fresh(also=["pack.near"])
    assert tree.worked_out == [("script.py",), ("script.py", "pack.near")]


@pytest.mark.parametrize("edited", ["same size", "comment", "another file"])
def test_after_any_edit_it_is_worked_out_anew(tree, edited):
    before = tree.remembered()
    if edited == "another file":
        (tree.module.parent / "far.py").write_text("x = 1\n")
    else:
        old, new = {"same size": ("return 1", "return 2"), "comment": ("def", "# why\ndef")}[edited]
        tree.module.write_text(tree.module.read_text().replace(old, new))
    assert tree.remembered() == tree.fresh()
    assert (tree.fresh() != before) is (edited == "same size")
    assert len(tree.worked_out) == 2
    assert tree.remembered() == tree.fresh() and len(tree.worked_out) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": 1}', '{"state": "x", "fingerprints": 3}'])
def test_a_damaged_file_is_passed_over(tree, content):
    tree.remembered()
    (file,) = tree.kept.iterdir()
    file.write_text(content)
    assert tree.remembered() == tree.fresh()
    assert tree.remembered() == tree.fresh() and len(tree.worked_out) == 2


def test_where_nothing_can_be_kept_it_is_worked_out_each_time(tree, tmp_path):
    (tmp_path / "no-folder").write_text("")
    kept = tmp_path / "no-folder" / "below"
    assert tree.remembered(kept=kept) == tree.remembered(kept=kept) == tree.fresh()
    assert len(tree.worked_out) == 2
