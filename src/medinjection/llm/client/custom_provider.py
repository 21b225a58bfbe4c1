"""A provider of one's own: a litellm CustomLLM that is named by its import path and found when it is needed."""

import importlib
from collections.abc import Callable
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.stand_ins import SCRIPTED, is_scripted


def register_provider(model: str, import_path: str) -> None:
    """Make litellm send the requests for `model` and all models of its provider to a class of one's own.

    A second call changes nothing.

    Args:
        model: `<provider>/<model>`.
        import_path: `package.module:Class`, a subclass of litellm.CustomLLM that is made without arguments. One that
            answers from a script has the attribute `scripted = True`, and its models are called `scripted/<name>`: by
            that name every journal, record and table knows that no language model answered.

    Raises:
        InputError: there is no such class, or it is none that litellm can ask; the provider's name is taken, or says
            of it what is not so.
    """
    import litellm
    from litellm import utils

    provider_class = _load(model, import_path)
    name = model.partition("/")[0]
    if getattr(provider_class, "scripted", False) and not is_scripted(model):
        raise InputError(f"{model}: {import_path} answers from a script: call its models {SCRIPTED}/<name>")
    if is_scripted(model) and not getattr(provider_class, "scripted", False):
        raise InputError(
            f"{model}: a provider called {SCRIPTED!r} answers from a script, and {import_path} does not say so "
            "(`scripted = True`); give it another name"
        )
    handlers = {entry["provider"]: entry["custom_handler"] for entry in litellm.custom_provider_map}
    if name not in handlers and name in litellm.provider_list:
        raise InputError(f"{model}: {name!r} is a provider that litellm knows; give that of {import_path} another name")
    if name not in handlers:
        litellm.custom_provider_map.append({"provider": name, "custom_handler": provider_class()})
    elif type(handlers[name]) is not provider_class:
        raise InputError(f"{model}: {name!r} is the name of two providers, {import_path} and {_path(handlers[name])}")
    set_up: Callable[[], None] = utils.custom_llm_setup
    set_up()


def _load(model: str, import_path: str) -> Any:
    from litellm.llms.custom_llm import CustomLLM

    module_name, _, class_name = import_path.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        if not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise InputError(f"{model}: provider {import_path}: no module {error.name}") from None
    except AttributeError:
        raise InputError(f"{model}: provider {import_path}: the module has no {class_name}") from None
    if not (isinstance(found, type) and issubclass(found, CustomLLM)):
        raise InputError(f"{model}: provider {import_path}: expected a subclass of litellm.CustomLLM")
    return found


def _path(handler: object) -> str:
    return f"{type(handler).__module__}:{type(handler).__name__}"
