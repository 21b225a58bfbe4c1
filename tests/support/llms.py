"""Language models of the tests."""

import json
from pathlib import Path

from medinjection.llm.language_model import LanguageModel

SCRIPTED_PROVIDER = "medinjection.demo.teacher.provider:ScriptedProvider"
KNOWLEDGE = Path(__file__).resolve().parents[2] / "resources" / "knowledge_base.yaml"


def scripted(name="teacher", **changes):
    """Return the values that describe a scripted model."""
    return {
        "model": f"scripted/{name}",
        "provider": SCRIPTED_PROVIDER,
        "api_base": str(KNOWLEDGE),
        **changes,
    }


def scripted_model(name="teacher", **changes):
    return LanguageModel(**scripted(name, **changes))


def llm_flag(**values):
    """Return the flag that describes a model to a script."""
    return ["--llm", json.dumps(values)]
