"""Keys of the configuration that have other names now, so that an old file is told the new ones."""

from collections.abc import Mapping

# Old dotted key -> new one. A name that the user chose, such as that of an ablation, stands as `*`.
RENAMED: Mapping[str, str] = {
    "base_model": "base_models",
}


def new_name(key: str) -> str | None:
    """Return the name that the dotted `key` has now, None where it never was a key."""
    words = key.split(".")
    for old, new in RENAMED.items():
        pattern = old.split(".")
        if len(pattern) == len(words) and all(p in ("*", w) for p, w in zip(pattern, words, strict=True)):
            chosen = iter(w for p, w in zip(pattern, words, strict=True) if p == "*")
            return ".".join(next(chosen) if part == "*" else part for part in new.split("."))
    return None
