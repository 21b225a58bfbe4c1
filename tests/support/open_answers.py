"""Open answers of a model and their references."""

import pyarrow as pa

from medinjection.prediction.schema import OPEN_SCHEMA

REFERENCES = [
    "La metformine expose à un risque d'acidose lactique.",
    "Une fièvre élevée évoque une infection bactérienne sévère.",
    "L'insuline est produite par le pancréas.",
]
OUTPUTS = [
    "La metformine peut causer une acidose lactique.",
    "Une fièvre modérée évoque une infection virale.",
    "L'insuline est produite par le foie.",
]
SOURCES = ("x", "y", "x")


def answers(outputs=OUTPUTS, model="NAT", finished=True):
    rows = [
        {
            "model": model,
            "record_id": f"src:{i}",
            "source": SOURCES[i],
            "output": output,
            "output_tokens": 10 + i,
            "reference_tokens": 20,
            "finished": finished,
        }
        for i, output in enumerate(outputs)
    ]
    return pa.Table.from_pylist(rows, schema=OPEN_SCHEMA)


def references():
    return {f"src:{i}": text for i, text in enumerate(REFERENCES)}
