"""A provider of one's own: a litellm CustomLLM that is named by its import path and found when it is needed."""

import importlib
from collections.abc import Callable
from typing import Any

from medinjection.records.errors import InputError


def register_provider(model: str, import_path: str) -> None:
    """Make litellm send the requests for `model` and all models of its provider to a class of one's own.

    A second call changes nothing.

    Args:
        model: `<provider>/<model>`.
        import_path: `package.module:Class`, a subclass of litellm.CustomLLM that is made without arguments.

    Raises:
        InputError: there is no such class, or it is none that litellm can ask; the provider's name is taken.
    """
    import litellm
    from litellm import utils

    provider_class = _load(model, import_path)
    name = model.partition("/")[0]
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
