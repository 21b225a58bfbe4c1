"""Libraries that jobs load write nothing outside the checkout, unless the user names another place."""

import subprocess
import sys

from medinjection.plan.caches import cache_folders

LOADING = """
import matplotlib.font_manager
import torch, torch._inductor.runtime.cache_dir_utils as inductor
import nltk, huggingface_hub.constants
matplotlib.use("svg")
import matplotlib.pyplot as plt
plt.plot([1, 2]); plt.savefig("drawn.svg")
print(matplotlib.get_configdir(), matplotlib.get_cachedir(), inductor.cache_dir(), torch.hub.get_dir())
print(huggingface_hub.constants.HF_HOME, nltk.data.path[0])
"""


def test_a_home_folder_stays_empty(tmp_path):
    home, checkout = tmp_path / "home", tmp_path / "checkout"
    home.mkdir()
    checkout.mkdir()
    plain = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", LOADING],
        cwd=checkout,
        env=plain | cache_folders(checkout, plain),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(home.rglob("*")) == []
    named = done.stdout.split()
    assert len(named) == 6
    assert [name for name in named if not name.startswith(f"{checkout}/.cache/")] == []
    assert (checkout / ".cache/matplotlib").is_dir()


def test_what_the_user_names_is_left_alone():
    mine = {"XDG_CACHE_HOME": "/scratch/me", "TORCH_HOME": "/models"}
    chosen = cache_folders("/checkout", mine)
    assert chosen["MPLCONFIGDIR"] == "/scratch/me/matplotlib"
    assert mine.keys().isdisjoint(chosen)
