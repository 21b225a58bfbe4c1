"""Keys of the configuration that have other names now, or are gone, so that an old file is told what to do."""

from collections.abc import Mapping

# Old dotted key -> new one. A name that the user chose, such as that of an ablation, stands as `*`.
RENAMED: Mapping[str, str] = {
    "base_model": "base_models",
    "prediction.orders": "prediction.permutations",
    "prediction.max_unasked_share": "prediction.max_over_length_share",
    "training.batch_size": "training.per_device_batch_size",
    "training.accumulation": "training.gradient_accumulation_steps",
    "training.warmup": "training.warmup_ratio",
    "ablations.*.training.batch_size": "ablations.*.training.per_device_batch_size",
    "ablations.*.training.accumulation": "ablations.*.training.gradient_accumulation_steps",
    "ablations.*.training.warmup": "ablations.*.training.warmup_ratio",
    "teachers": "llms",
    "prediction.served": "prediction.api_models",
}

# Old dotted key -> what takes its place.
GONE: Mapping[str, str] = {
    "comparable": "whether a run can be compared with the paper is found out from what it uses; remove the key",
    "exam.english_predictions": "the run itself asks the English originals: prediction.english_originals",
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
