"""Models that are evaluated as they are: what each name of the configuration stands for.

A name is read without a network: whether a hub has the model, and whether it is an adapter, shows when it is fetched.
"""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

from medinjection.config.settings.common import without_braces
from medinjection.config.settings.evaluation.evaluated import COMPLETION, EvaluatedModel
from medinjection.config.settings.run import Settings
from medinjection.llm.language_model import LanguageModel
from medinjection.models.files.adapters import ADAPTER_CONFIG, is_adapter
from medinjection.records.errors import InputError

COMPLETION_TEMPLATE = "config/templates/completion.jinja"
FORMS = (
    "a Hub id (org/name@revision), a folder of a model or an adapter, an endpoint (http://HOST:PORT/v1#MODEL), "
    "a litellm name (openai/gpt-4o), or one under llms"
)

_HUB_ID = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_LOCAL = ("/", "./", "../", "~")
# litellm's names of providers. A model on the hub whose owner has such a name is told apart by its revision.
_PROVIDERS = frozenset(
    {
        *("ai21", "anthropic", "azure", "azure_ai", "bedrock", "cerebras", "codestral", "cohere", "databricks"),
        *("deepinfra", "deepseek", "fireworks_ai", "gemini", "github", "groq", "hosted_vllm", "huggingface", "mistral"),
        *("nebius", "novita", "nvidia_nim", "ollama", "ollama_chat", "openai", "openrouter", "ovhcloud", "perplexity"),
        *("replicate", "sagemaker", "sambanova", "scaleway", "together_ai", "vertex_ai", "watsonx", "xai"),
    }
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where weights come from: a commit, branch or tag on the hub (None: its newest commit), or a folder."""

    model_id: str | None = None
    revision: str | None = None
    path: str | None = None

    @property
    def title(self) -> str:
        """What people call the model."""
        return self.model_id.rpartition("/")[2] if self.model_id else Path(self.path or "").resolve().name

    @property
    def is_pinned(self) -> bool:
        """Whether it will be the same model tomorrow."""
        return self.path is not None or bool(_COMMIT.fullmatch(self.revision or ""))


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model that is evaluated as it is.

    Attributes:
        name: what files and tables call it.
        chosen: its section of the configuration.
        origin: where its weights come from; None where an endpoint answers.
        base: of an adapter, where its base model comes from.
        llm: how it is asked, where an endpoint answers and it does not stand under `llms`.
    """

    name: str
    chosen: EvaluatedModel
    origin: Origin | None = None
    base: Origin | None = None
    llm: LanguageModel | None = None

    @property
    def base_name(self) -> str:
        """What the folder of its base model is called: its own, unless it is an adapter."""
        if self.base is None:
            return self.name
        # Adapters of one base share it, unless one of them is asked in another chat template.
        shared = self.base.model_id if self.template_file is None else None
        return f"{shared.replace('/', '--') if shared else self.name}.base"

    @property
    def template_file(self) -> str | None:
        """The chat template that takes the place of the model's own."""
        return COMPLETION_TEMPLATE if self.chosen.template == COMPLETION else self.chosen.template


def named_models(settings: Settings) -> dict[str, NamedModel]:
    """Return name -> model of the models that a configuration evaluates as they are.

    Raises:
        InputError: a name is none of the forms, a folder or a template is not there, the base of an adapter is not, or
            two models have one name.
    """
    found: dict[str, NamedModel] = {}
    taken = {base.name for base in settings.base_models} | set(settings.prediction.api_models)
    taken |= set(settings.mixes.recipes) if settings.base_models else set()
    for i, chosen in enumerate(settings.model):
        one = _named_model(chosen, f"model[{i}]", settings)
        if one.name in found or one.name in taken:
            raise InputError(
                f"model[{i}] is {chosen.model!r}, and another model of the run is called {one.name} too; "
                "give it a name: {model: ..., name: ...}"
            )
        if one.name.endswith((".checkpoints", ".chunks", ".base")) or one.name in ("embedder", "bertscore"):
            raise InputError(
                f"model[{i}] would be called {one.name!r}, which is the name of another folder; give it a name"
            )
        found[one.name] = one
    return found


def with_endpoints(settings: Settings, models: dict[str, NamedModel]) -> Settings:
    """Return the settings in which the models behind endpoints stand under `llms` and `prediction.api_models`."""
    served = [one for one in models.values() if one.origin is None]
    llms = {one.name: one.llm or settings.llms[one.chosen.model] for one in served}
    prediction = settings.prediction.model_copy(
        update={"api_models": [*settings.prediction.api_models, *(one.name for one in served)]}
    )
    return settings.model_copy(update={"llms": {**settings.llms, **llms}, "prediction": prediction})


def unpinned_warnings(models: dict[str, NamedModel]) -> list[str]:
    """Return a sentence for each model of the hub that is named without a commit."""
    origins = [(f"model {one.name}", one.origin) for one in models.values()]
    origins += [(f"the base of {one.name}", one.base) for one in models.values()]
    return [
        f"{what}: {origin.model_id} is named without a commit, so that the newest one of "
        f"{origin.revision or 'its main branch'} is taken when it is fetched; run.json in its folder says which. "
        f"To have the same model again: {origin.model_id}@COMMIT."
        for what, origin in origins
        if origin is not None and not origin.is_pinned
    ]


def _named_model(chosen: EvaluatedModel, key: str, settings: Settings) -> NamedModel:
    model = chosen.model
    if (template := chosen.template) and template != COMPLETION and not Path(template).is_file():
        raise InputError(
            f"{key}.template is {template!r}: no such file, expected a Jinja chat template or {COMPLETION}"
        )
    if model in settings.llms:
        return NamedModel(chosen.name or _name(model, chosen), chosen)
    if re.match(r"https?://", model):
        url, _, served = model.partition("#")
        if not served:
            raise InputError(f"{key} is {model!r}, an endpoint without a model: expected http://HOST:PORT/v1#MODEL")
        # A server of a model that may think or not is told which, where that was set: not all servers know the word.
        said = {"chat_template_kwargs": {"enable_thinking": bool(chosen.thinking)}}
        llm = LanguageModel(
            model=f"hosted_vllm/{served}",
            api_base=url,
            extra={"extra_body": said} if "thinking" in chosen.model_fields_set else {},
        )
        return _asked(NamedModel(chosen.name or _name(served, chosen), chosen, llm=llm), key)
    if Path(model).is_dir():
        return _of_folder(chosen, key)
    if model.startswith(_LOCAL):
        raise InputError(f"{key} is {model!r}: no such folder, expected that of a model or of an adapter")
    provider, _, rest = model.partition("/")
    if rest and provider in _PROVIDERS and "@" not in model:
        return _asked(NamedModel(chosen.name or _name(model, chosen), chosen, llm=LanguageModel(model=model)), key)
    if origin := _of_hub(model):
        base = _given_base(chosen.base, key) if chosen.base else None
        return NamedModel(chosen.name or _name(origin.title, chosen), chosen, origin, base)
    raise InputError(f"{key} is {model!r}: no such folder, and none of the other forms; expected {FORMS}")


def _asked(model: NamedModel, key: str) -> NamedModel:
    """Refuse what only weights can be given."""
    for name in ("template", "base"):
        if getattr(model.chosen, name) is not None:
            raise InputError(f"{key}.{name}: {model.chosen.model} is asked over an endpoint, which has its own")
    return model


def _of_folder(chosen: EvaluatedModel, key: str) -> NamedModel:
    folder = Path(chosen.model)
    try:
        origin = Origin(path=without_braces(chosen.model.rstrip("/") or "/"))
    except ValueError as error:
        raise InputError(f"{key} is {chosen.model!r}: {error}") from None
    name = chosen.name or _name(origin.title, chosen)
    if is_adapter(folder):
        base = _given_base(chosen.base, key) if chosen.base else _base_of_adapter(folder, key)
        return NamedModel(name, chosen, origin, base)
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{key}: {folder} has neither config.json nor {ADAPTER_CONFIG}, expected a model or an adapter"
        )
    if chosen.base is not None:
        raise InputError(f"{key}.base: {folder} holds a whole model, expected no base")
    return NamedModel(name, chosen, origin)


def _base_of_adapter(folder: Path, key: str) -> Origin:
    """Return where the base model of an adapter comes from, as the adapter says."""
    try:
        config = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
        said, revision = config.get("base_model_name_or_path"), config.get("revision")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{key}: {folder / ADAPTER_CONFIG} cannot be read as JSON ({error})") from None
    if isinstance(said, str) and Path(said).is_dir():
        return Origin(path=said)
    if isinstance(said, str) and (origin := _of_hub(said)):
        return replace(origin, revision=origin.revision or revision)
    raise InputError(
        f"{key}: {folder} is an adapter, and the base that its {ADAPTER_CONFIG} names is {said!r}, which is no folder "
        f"here and no Hub id; name the base: {{model: {folder}, base: FOLDER or org/name@revision}}"
    )


def _given_base(base: str, key: str) -> Origin:
    origin = Origin(path=base) if Path(base).is_dir() else _of_hub(base)
    if origin is None:
        raise InputError(f"{key}.base is {base!r}: no such folder, and no Hub id (org/name@revision)")
    return origin


def _of_hub(name: str) -> Origin | None:
    """Return where a model with this name is on the hub, None where it is no Hub id."""
    found = None if name.startswith(_LOCAL) else _HUB_ID.fullmatch(name)
    return Origin(model_id=found[1], revision=found[2]) if found else None


def _name(title: str, chosen: EvaluatedModel) -> str:
    """Return the name of a model, of letters, digits and . _ -; what was set for it stands behind."""
    title = title.rpartition("/")[2]
    set_here = ["thinking"] if chosen.thinking else []
    set_here += [Path(chosen.template).stem] if chosen.template else []
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join([title, *set_here])).lstrip("._-") or "model"
