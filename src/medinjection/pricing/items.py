"""How many items a prompt asks a teacher for."""

import re

# Where a prompt does not say "generate 15 ...": the maximum of the paper's prompts.
_MAXIMUM_ITEMS = 16
_ITEMS = re.compile(r"\bgenerate (\d+)\b", re.IGNORECASE)


def items_asked(prompt: str) -> int:
    """Return how many items a prompt asks for ("generate 15 ..."), else the maximum of the paper's prompts."""
    found = _ITEMS.search(prompt)
    return int(found[1]) if found else _MAXIMUM_ITEMS
