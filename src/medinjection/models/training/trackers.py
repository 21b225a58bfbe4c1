"""Experiment trackers (trackio, Weights & Biases, TensorBoard): what they keep stays in the run's folder."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from medinjection.records.errors import InputError

Tracker = Literal["trackio", "wandb", "tensorboard"]
TRACKERS: tuple[str, ...] = get_args(Tracker)


def report_to(trackers: Sequence[str], folder: Path | str, run_name: str, project: str) -> list[str]:
    """Return the Trainer's `report_to` for `trackers`, with the environment set that transformers and they read.

    Files stay in `folder/<tracker>/`, whatever the environment said before. Nothing leaves the machine unless the
    environment asks for it: W&B is offline without WANDB_API_KEY or WANDB_MODE, trackio local without
    TRACKIO_SPACE_ID or TRACKIO_SERVER_URL, TensorBoard always. To be called before the trainer is made, since the
    packages read some variables when they are imported. `run_name` and `project` go to the trainer's arguments of
    the same names too.

    Raises:
        InputError: a tracker is unknown or not installed.
    """
    for tracker in trackers:
        _check(tracker)
    for tracker in trackers:
        own = Path(folder).absolute() / tracker
        for name, subfolder in _folders(tracker, run_name).items():
            (own / subfolder).mkdir(parents=True, exist_ok=True)
            os.environ[name] = str(own / subfolder)
        for name, value in _choices(tracker, project).items():
            os.environ.setdefault(name, value)
    return list(trackers)


def without_telemetry() -> None:
    """Turn off what TRL would send of each training to huggingface.co (kind of trainer, of model, of hardware).

    To be called before huggingface_hub is imported, which happens with transformers. A variable that is set stays.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _check(tracker: str) -> None:
    """Refuse a tracker that this interpreter could not import."""
    if tracker not in TRACKERS:
        raise InputError(f"training.trackers: found {tracker!r}, expected some of {', '.join(TRACKERS)}")
    found = importlib.util.find_spec(tracker)
    # A folder `wandb/` that an earlier run left on the path looks like a package without a file.
    if found is None or found.origin is None:
        raise InputError(
            f"training.trackers: {tracker} is not installed, expected it in the environment of the training jobs: "
            f"{sys.executable} -m pip install {tracker}"
        )


def _folders(tracker: str, run_name: str) -> dict[str, str]:
    """Return environment variable -> folder below the tracker's own; one variable a place it would write to."""
    if tracker == "tensorboard":
        return {"TENSORBOARD_LOGGING_DIR": run_name}
    if tracker == "trackio":
        return {"TRACKIO_DIR": "."}
    # Without these, W&B writes to ~/.cache, ~/.config and ~/.local/share too.
    return {
        "WANDB_DIR": ".",
        "WANDB_CACHE_DIR": "cache",
        "WANDB_CONFIG_DIR": "config",
        "WANDB_DATA_DIR": "data",
        "WANDB_ARTIFACT_DIR": "artifacts",
    }


def _choices(tracker: str, project: str) -> dict[str, str]:
    """Return environment variable -> what it is where the user's environment does not say."""
    if tracker != "wandb":
        return {}
    chosen = {
        "WANDB_PROJECT": project,
        # What is printed holds an example of the training data; code and its changes are in git.
        "WANDB_CONSOLE": "off",
        "WANDB_DISABLE_CODE": "true",
        "WANDB_ERROR_REPORTING": "false",
    }
    return chosen if os.environ.get("WANDB_API_KEY") else chosen | {"WANDB_MODE": "offline"}
