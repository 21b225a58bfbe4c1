"""Where a model runs and in which number format."""

from typing import Any, Literal, get_args

from medinjection.records.errors import InputError

Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]
PRECISIONS: tuple[str, ...] = get_args(Precision)


def resolve_device(device: str) -> str:
    """Return "cuda" or "cpu" for `device`, one of "auto", "cuda", "cpu".

    Raises:
        InputError: CUDA is asked for and there is none.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"device {device}: no CUDA device on this machine; expected auto or cpu")
    return device


def resolve_dtype(dtype: Any, device: str) -> Any:
    """Return the torch dtype for `dtype`: itself, or what one of PRECISIONS means on `device`."""
    import torch

    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype not in PRECISIONS:
        raise InputError(f"precision {dtype!r}: expected one of {', '.join(PRECISIONS)}")
    if dtype == "auto":
        # An older card only imitates bfloat16, slowly.
        known = device.startswith("cuda") and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if known else torch.float32
    return getattr(torch, dtype)
