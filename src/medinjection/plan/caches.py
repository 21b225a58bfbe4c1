"""Where libraries keep what they make again (in the checkout, unless told otherwise), and what may ask the network."""

from collections.abc import Mapping
from pathlib import Path

# By default these write to the home folder or to /tmp: matplotlib its fonts and settings, torch and triton compiled
# kernels, NLTK and torch.hub what they download.
_BELOW_THE_CACHE = {
    "MPLCONFIGDIR": "matplotlib",
    "NLTK_DATA": "nltk_data",
    "TORCHINDUCTOR_CACHE_DIR": "torchinductor",
    "TORCH_HOME": "torch",
    "TRITON_CACHE_DIR": "triton",
}

# Only rules that fetch may ask a hub: compute nodes often have no network, and a result must not depend on it.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


def online(command: str) -> str:
    """Return a command that may ask a hub, in an environment in which others may not."""
    return f"env {' '.join(f'-u {name}' for name in OFFLINE)} {command}"


def kept_fingerprints(environment: Mapping[str, str]) -> Path:
    """Return the folder in which fingerprints of the code are kept between calls of Snakemake.

    Args:
        environment: with what `cache_folders` returns.
    """
    return Path(environment["XDG_CACHE_HOME"]) / "medinjection"


def cache_folders(checkout: Path | str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables to set so that no library writes outside the checkout.

    Args:
        checkout: folder of the Snakefile.
        environment: variables that are set already; none of them is changed.
    """
    cache = environment.get("XDG_CACHE_HOME") or str(Path(checkout) / ".cache")
    wanted = {"XDG_CACHE_HOME": cache, **{name: f"{cache}/{folder}" for name, folder in _BELOW_THE_CACHE.items()}}
    return {name: folder for name, folder in wanted.items() if not environment.get(name)}
