"""What run.json says of a training: the commit it was made with, and the hardware."""

import os
import shutil
import subprocess
import sysconfig

import pytest

from medinjection.models.files.run_facts import git_state, hardware, processor_name

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *arguments):
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "checkout"
    package = folder / "src" / "package"
    package.mkdir(parents=True)
    (package / "module.py").write_text("one = 1\n")
    (folder / ".gitignore").write_text("results/\n.venv/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


@needs_git
def test_state_is_the_full_commit_and_clean(checkout):
    revision = git(checkout, "rev-parse", "HEAD")
    assert len(revision) == 40
    assert git_state(checkout / "src" / "package") == {"revision": revision, "dirty": False}


@needs_git
def test_untracked_and_ignored_files_make_nothing_dirty(checkout):
    (checkout / "results").mkdir()
    (checkout / "results" / "run.json").write_text("{}")
    (checkout / "notes.txt").write_text("mine")
    assert git_state(checkout / "src" / "package")["dirty"] is False


@needs_git
@pytest.mark.parametrize("change", ["edited", "removed", "staged", "elsewhere"])
def test_a_changed_tracked_file_makes_it_dirty(checkout, change):
    module = checkout / "src" / "package" / "module.py"
    if change == "removed":
        (checkout / "src" / "package" / "other.py").write_text("")
        git(checkout, "add", ".")
        git(checkout, "commit", "--quiet", "--message", "second")
        module.unlink()
    elif change == "elsewhere":
        (checkout / ".gitignore").write_text("results/\n")
    else:
        module.write_text("one = 2\n")
    if change == "staged":
        git(checkout, "add", ".")
    assert git_state(module.parent) == {"revision": git(checkout, "rev-parse", "HEAD"), "dirty": True}


@needs_git
def test_a_worktree_has_its_own_commit(checkout, tmp_path):
    git(checkout, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    (tmp_path / "tree" / "src" / "package" / "module.py").write_text("one = 2\n")
    git(tmp_path / "tree", "add", ".")
    git(tmp_path / "tree", "commit", "--quiet", "--message", "second")
    other = git(tmp_path / "tree", "rev-parse", "HEAD")
    assert git_state(tmp_path / "tree" / "src" / "package") == {"revision": other, "dirty": False}
    assert git_state(checkout / "src" / "package")["revision"] != other


@needs_git
def test_no_state_for_a_copy_installed_inside_somebody_elses_checkout(checkout):
    installed = checkout / ".venv" / "site-packages" / "package"
    installed.mkdir(parents=True)
    (installed / "module.py").write_text("one = 1\n")
    assert git_state(installed) is None


@needs_git
def test_no_state_before_the_first_commit(tmp_path):
    (tmp_path / "module.py").write_text("")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    assert git_state(tmp_path) is None


@needs_git
def test_no_state_where_git_refuses_the_checkout_of_another_user(checkout, monkeypatch):
    # Git's own switch for its tests: treat every folder as somebody else's.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("HOME", str(checkout))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(checkout))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    assert git_state(checkout / "src" / "package") is None


@needs_git
def test_a_hooks_variables_do_not_lead_to_another_checkout(checkout, tmp_path, monkeypatch):
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    state = git_state(checkout / "src" / "package")
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_WORK_TREE")
    assert state == {"revision": git(checkout, "rev-parse", "HEAD"), "dirty": False}


def test_no_state_outside_a_checkout_nor_for_a_missing_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "module.py").write_text("")
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "absent") is None


def test_no_state_without_git(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state() is None


def test_processor_name(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        "processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD  EPYC 9354\nflags\t: fpu\n\nmodel name\t: other\n"
    )
    assert processor_name(cpuinfo) == "AMD EPYC 9354"
    cpuinfo.write_text("processor\t: 0\nBogoMIPS\t: 50.00\n")
    assert processor_name(cpuinfo) == processor_name(tmp_path / "absent") == "of unknown model"


def test_hardware_names_machine_and_processors():
    machine = sysconfig.get_platform().rpartition("-")[2]
    assert hardware("cpu").startswith(f"CPU {processor_name()}, {machine}, {len(os.sched_getaffinity(0))} CPU(s), ")
