"""Out of memory: how it is recognised, and how what failed work still holds is freed."""

import gc

from medinjection.records.errors import InputError

_OUT_OF_MEMORY = (
    "DefaultCPUAllocator: can't allocate memory",
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)


class OutOfMemory(InputError):
    """A forward or backward pass did not fit into memory."""


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether `error` says that a device or the machine has no memory left."""
    import torch

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)


def free_memory() -> None:
    """Free what failed work still holds."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
