"""Trackers: off by default, refused with a way out, and nothing of theirs outside the run's folder."""

import importlib
import os
import sys
from pathlib import Path

import pytest

from medinjection.models.training.trackers import TRACKERS, report_to, without_telemetry
from medinjection.records.errors import InputError

FOLDERS = {
    "trackio": ("TRACKIO_DIR",),
    "tensorboard": ("TENSORBOARD_LOGGING_DIR",),
    "wandb": ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR"),
}


@pytest.fixture
def environment(monkeypatch):
    """The environment without any tracker's variables; what is set is undone."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("WANDB", "TRACKIO", "TENSORBOARD")):
            del os.environ[name]
    yield os.environ
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Every tracker as an empty package that can be found."""
    for tracker in TRACKERS:
        (tmp_path / "packages" / tracker).mkdir(parents=True)
        (tmp_path / "packages" / tracker / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, tracker, raising=False)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    importlib.invalidate_caches()


def test_none_chosen_changes_nothing(environment, tmp_path):
    before = dict(environment)
    assert report_to([], tmp_path / "trackers", "NAT", "demo") == []
    assert dict(environment) == before
    assert not (tmp_path / "trackers").exists()


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_tracker_that_is_not_installed_is_refused_with_the_command(tracker, environment, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, tracker, None)
    with pytest.raises(InputError) as raised:
        report_to([tracker], tmp_path / "trackers", "NAT", "demo")
    assert f"{tracker} is not installed, expected it in the environment of the training jobs" in str(raised.value)
    assert str(raised.value).endswith(f"{sys.executable} -m pip install {tracker}")
    assert not (tmp_path / "trackers").exists()


def test_a_folder_of_the_same_name_is_not_the_package(environment, tmp_path, monkeypatch):
    (tmp_path / "wandb").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with pytest.raises(InputError, match="wandb is not installed"):
        report_to(["wandb"], tmp_path / "trackers", "NAT", "demo")


def test_an_unknown_tracker_is_refused(environment, tmp_path):
    with pytest.raises(InputError, match="found 'mlflow', expected some of trackio, wandb, tensorboard"):
        report_to(["mlflow"], tmp_path, "NAT", "demo")


@pytest.mark.parametrize("tracker", TRACKERS)
def test_every_folder_is_below_the_trackers_own_whatever_was_set(tracker, environment, installed, tmp_path):
    for name in FOLDERS[tracker]:
        environment[name] = "/somewhere/else"
    assert report_to([tracker], tmp_path / "trackers", "NAT", "demo") == [tracker]
    for name in FOLDERS[tracker]:
        folder = Path(environment[name])
        assert folder.is_dir() and folder.is_absolute()
        assert folder.is_relative_to(tmp_path / "trackers" / tracker)


def test_several_keep_their_order_and_each_model_has_its_curves(environment, installed, tmp_path):
    chosen = ["wandb", "tensorboard"]
    assert report_to(chosen, tmp_path, "NAT", "demo") == chosen
    assert environment["TENSORBOARD_LOGGING_DIR"] == str(tmp_path / "tensorboard" / "NAT")
    assert not any(name.startswith("TRACKIO") for name in environment)


def test_wandb_stays_offline_until_a_key_is_there(environment, installed, tmp_path):
    report_to(["wandb"], tmp_path, "NAT", "demo")
    assert environment["WANDB_MODE"] == "offline"
    assert environment["WANDB_PROJECT"] == "demo"
    assert environment["WANDB_CONSOLE"] == "off"
    assert environment["WANDB_ERROR_REPORTING"] == "false"


def test_wandb_with_a_key_decides_its_mode_itself(environment, installed, tmp_path):
    environment["WANDB_API_KEY"] = "0" * 40
    report_to(["wandb"], tmp_path, "NAT", "demo")
    assert "WANDB_MODE" not in environment


@pytest.mark.parametrize(("name", "value"), [("WANDB_MODE", "online"), ("WANDB_PROJECT", "mine")])
def test_what_the_user_said_of_wandb_stays(name, value, environment, installed, tmp_path):
    environment[name] = value
    report_to(["wandb"], tmp_path, "NAT", "demo")
    assert environment[name] == value


def test_telemetry_is_off_unless_the_user_said_otherwise(environment):
    environment.pop("HF_HUB_DISABLE_TELEMETRY", None)
    without_telemetry()
    assert environment["HF_HUB_DISABLE_TELEMETRY"] == "1"
    environment["HF_HUB_DISABLE_TELEMETRY"] = "0"
    without_telemetry()
    assert environment["HF_HUB_DISABLE_TELEMETRY"] == "0"
