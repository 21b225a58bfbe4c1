"""Where the workflow may run and write: a wrong place is told in one sentence."""

import os
import shutil
import subprocess
import sys

import pytest

from medinjection.plan.places import check_places
from medinjection.records.errors import InputError


def test_the_checkout_itself_is_right_by_whatever_way_it_is_reached(tmp_path):
    (tmp_path / "checkout").mkdir()
    (tmp_path / "link").symlink_to("checkout")
    check_places(tmp_path / "checkout", tmp_path / "link")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "checkout/results").symlink_to(tmp_path / "scratch")
    check_places(tmp_path / "checkout", tmp_path / "checkout")


def test_another_working_folder_is_told_where_to_go(tmp_path):
    (tmp_path / "checkout").mkdir()
    with pytest.raises(InputError, match=f"Snakemake runs in {tmp_path}, but .* cd {tmp_path}/checkout, then"):
        check_places(tmp_path / "checkout", tmp_path)


def test_braces_in_the_name_of_the_checkout_are_told(tmp_path):
    folder = tmp_path / "projet {2024}"
    folder.mkdir()
    with pytest.raises(InputError, match="reads braces in a path as names of its own: rename the folder"):
        check_places(folder, folder)


def test_a_link_of_results_that_leads_nowhere_is_told(tmp_path):
    (tmp_path / "results").symlink_to("/nowhere/at all")
    with pytest.raises(InputError, match="results is a link to /nowhere/at all, which is not there"):
        check_places(tmp_path, tmp_path)


def test_a_file_in_place_of_results_is_told(tmp_path):
    (tmp_path / "results").touch()
    with pytest.raises(InputError, match="results is a file, expected a folder"):
        check_places(tmp_path, tmp_path)


def test_a_checkout_that_this_user_may_not_write_is_told(tmp_path):
    tmp_path.chmod(0o555)
    asked = "import sys; from pathlib import Path; from medinjection.plan.places import check_places"
    asked += "; check_places(Path.cwd(), Path.cwd())"
    # The administrator may write everywhere, unless that right is given up.
    given_up = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("the administrator may write everywhere, and setpriv is not there to give that up")
        given_up = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    done = subprocess.run([*given_up, sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True)
    assert f"InputError: {tmp_path}: this user may not write there; Snakemake keeps its notes there" in done.stderr
