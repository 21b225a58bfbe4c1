"""Types and checks that several sections share."""

from collections.abc import Sequence
from inspect import signature
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


Count = Annotated[int, Field(ge=1)]


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


# Folders that a path of the configuration may begin with.
PLACES = ("{run_folder}", "{data_folder}")


def without_braces(path: str) -> str:
    """Return a path, or raise ValueError where Snakemake would read a part of it as a name to fill in."""
    rest = path
    for place in PLACES:
        rest = rest.replace(place, "")
    if "{" in rest or "}" in rest:
        raise ValueError("Snakemake reads braces in a path as a name to fill in: rename it, or make a link to it")
    return path


FilePath = Annotated[str, AfterValidator(without_braces)]


class Section(BaseModel):
    """A group of keys; a key that is not listed is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def field_of(spec: type[object], name: str, **checks: Any) -> Any:
    """Return a key with the default and the description of a field of a dataclass: `Annotated[type, description]`.

    Args:
        checks: what pydantic's Field takes besides, such as `gt`.
    """
    default = signature(spec).parameters[name].default
    _, description = get_args(get_type_hints(spec, include_extras=True)[name])
    return Field(default=list(default) if isinstance(default, tuple) else default, description=description, **checks)


def check_origin(section: Section, keys: Sequence[str]) -> None:
    """Refuse a model that comes from none or several of `keys`, or from a repository without a commit."""
    values = section.model_dump()
    given = [key for key in keys if values[key] is not None]
    if len(given) != 1:
        raise ValueError(
            f"expected exactly one of {', '.join(keys[:-1])} and {keys[-1]}, found {', '.join(given) or 'none'}"
        )
    if values["model_id"] and not values["revision"]:
        raise ValueError("model_id without revision: name the commit, so that the run can be repeated")
