"""Finished evaluations as a machine leaves them: a folder with answers and run.json."""

import json

from medinjection.records.files import write_table
from medinjection.records.stand_ins import StandIn, with_stand_ins
from support.choice_predictions import answered, table

GOOD = table(answered("good", [[1, 1]] * 18 + [[0, 0]] * 2, (0, 1)))
BAD = table(answered("bad", [[0, 0]] * 18 + [[1, 0]] * 2, (0, 1)))


def write_evaluation(folder, predictions, **changes):
    """Write the folder of a model's finished answers below `folder`, and return it."""
    model = predictions["model"][0].as_py()
    made = folder / "predictions" / model
    write_table(made / "choice.parquet", with_stand_ins(predictions, [StandIn.BASE]))
    facts = {
        "status": "finished",
        "model": model,
        "model_sha256": {"model.safetensors": model},
        "adapter_sha256": None,
        "choice_sha256": "questions-1",
        "prompts_sha256": "prompts-1",
        "permutations": 1,
        "seed": 42,
        "code": "code-1",
        "dtype": "float32",
        "wall_seconds": 12.5,
        "choice": {"records": 20, "prompts": 40, "parts": [{"prompts": 40, "batch_size": 8, "hardware": "CPU x"}]},
        "open": {"prompts": 0, "parts": []},
    }
    (made / "run.json").write_text(json.dumps(facts | changes), encoding="utf-8")
    return made
