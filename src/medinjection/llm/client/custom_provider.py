"""A provider of one's own, named by its import path and found when it is needed: a litellm CustomLLM, or a script."""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from medinjection.llm.client.scripted_model import ScriptedModel
from medinjection.records.errors import InputError
from medinjection.records.stand_ins import SCRIPTED, is_scripted


@cache
def scripted_model(model: str, import_path: str) -> ScriptedModel | None:
    """Return the script that an import path names; None where it names a litellm CustomLLM.

    Raises:
        InputError: there is no such class, or it is neither of them; its models are not called `scripted/<name>`.
    """
    found = _load(model, import_path)
    if not issubclass(found, ScriptedModel):
        return None
    _check_name(model, import_path, found)
    return _made_once(found)


@cache
def _made_once(scripted: type[ScriptedModel]) -> ScriptedModel:
    return scripted()


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
    _check_name(model, import_path, provider_class)
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


def _check_name(model: str, import_path: str, provider_class: Any) -> None:
    """Refuse a name that does not say of a provider that it answers from a script, or says it of another one."""
    if getattr(provider_class, "scripted", False) and not is_scripted(model):
        raise InputError(f"{model}: {import_path} answers from a script: call its models {SCRIPTED}/<name>")
    if is_scripted(model) and not getattr(provider_class, "scripted", False):
        raise InputError(
            f"{model}: a provider called {SCRIPTED!r} answers from a script, and {import_path} does not say so "
            "(`scripted = True`); give it another name"
        )


def _load(model: str, import_path: str) -> Any:
    module_name, _, class_name = import_path.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        if not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise InputError(f"{model}: provider {import_path}: no module {error.name}") from None
    except AttributeError:
        raise InputError(f"{model}: provider {import_path}: the module has no {class_name}") from None
    if isinstance(found, type) and issubclass(found, ScriptedModel):
        return found
    from litellm.llms.custom_llm import CustomLLM

    if not (isinstance(found, type) and issubclass(found, CustomLLM)):
        raise InputError(f"{model}: provider {import_path}: expected a subclass of litellm.CustomLLM or ScriptedModel")
    return found


def _path(handler: object) -> str:
    return f"{type(handler).__module__}:{type(handler).__name__}"
