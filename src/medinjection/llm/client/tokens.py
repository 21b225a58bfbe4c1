"""Tokens of a text, counted without the language model."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

_ENCODING = "o200k_base"


def token_counter() -> Callable[[str], int]:
    """Return what counts the tokens of a text: OpenAI's encoding o200k_base, whatever the language model.

    It is exact for GPT-4o and its successors and near for others. litellm ships its file, so that none is downloaded.
    """
    import tiktoken

    litellm = find_spec("litellm")
    assert litellm is not None and litellm.submodule_search_locations is not None
    (folder,) = litellm.submodule_search_locations
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(folder) / "litellm_core_utils" / "tokenizers")
    encoding = tiktoken.get_encoding(_ENCODING)
    return lambda text: len(encoding.encode_ordinary(text))
