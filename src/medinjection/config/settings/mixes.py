"""The training mixes."""

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator

from medinjection.config.settings.common import Count, FilePath, Name, Section, Share
from medinjection.mixes.recipe import Part, check_parts
from medinjection.records.errors import InputError

Component = Literal["native", "translated", "synthetic"]


class PartSettings(Section):
    """One part of a mix: records of a component that pass its filters."""

    component: Component = Field(description="The component that the records come from.")
    sources: list[Name] = Field(default=[], description="Sources of the component; empty: all.")
    share: Share | None = Field(default=None, description="Share of the mix; null in all parts: equal shares.")
    tasks: list[Literal["mcq", "mcqu", "oeq"]] = Field(
        default=["mcq", "mcqu"], description="Tasks of the records; the paper's mixes hold choice questions only."
    )
    specialties: list[str] = Field(
        default=[], description="Specialties of the records; empty: all records, also those without one."
    )
    minimum_score: float | None = Field(default=None, description="Minimum score of a record; needs `scores`.")
    scores: FilePath | None = Field(
        default=None,
        description="Parquet file with record_id and score, such as a judge's. `{run_folder}` is filled in.",
    )

    def part(self) -> Part:
        """Return the part as the library takes it."""
        lists = {name: tuple(getattr(self, name)) for name in ("sources", "tasks", "specialties")}
        return Part(self.component, share=self.share, minimum_score=self.minimum_score, scores=self.scores, **lists)


class RecipeSettings(Section):
    """One mix. A plain list of components stands for one part each, in equal shares."""

    parts: list[PartSettings] = Field(description="What the mix is made of.")
    size: Count | None = Field(default=None, description="Examples in this mix; null: `mixes.size`.")
    seed: int | None = Field(default=None, description="Seed of its sampling; null: `mixes.seed`.")

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"parts": [{"component": name} for name in value]} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _sound(self) -> "RecipeSettings":
        try:
            check_parts([part.part() for part in self.parts])
        except InputError as error:
            raise ValueError(str(error)) from None
        return self


class WithShortForm:
    """Lets editors accept a list of components in place of a recipe."""

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Return the schema of either form."""
        return {"anyOf": [{"type": "array", "items": {"enum": list(get_args(Component))}}, handler(core_schema)]}


def _one_fault(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """Refuse a size with one sentence, where pydantic has one for each form that it may have."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError("expected a whole number of at least 1, or smallest") from None


class MixSettings(Section):
    """The training mixes (paper section 4.1)."""

    size: Annotated[Count | Literal["smallest"], WrapValidator(_one_fault)] = Field(
        default="smallest",
        description="Examples in every mix; `smallest`, the paper's rule: as many as the component with the fewest has "
        "choice questions in its split train.",
    )
    seed: int = Field(default=42, description="Seed of the sampling.")
    validation_size: Count | None = Field(
        default=1000,
        description="Maximum number of choice questions in the validation mix, which every training is validated on "
        "after each epoch: as many of each component that the mixes are made of and that has any; null: no validation.",
    )
    recipes: dict[Name, Annotated[RecipeSettings, WithShortForm()]] = Field(
        default={
            "NAT": ["native"],
            "TRAD": ["translated"],
            "SYN": ["synthetic"],
            "NAT-TRAD": ["native", "translated"],
            "NAT-SYN": ["native", "synthetic"],
            "TRAD-SYN": ["translated", "synthetic"],
            "ALL": ["native", "translated", "synthetic"],
        },
        validate_default=True,
        description="The mixes: a list of components in equal shares, of which the first gets the odd example, "
        "or a section with parts.",
    )

    @model_validator(mode="after")
    def _sound(self) -> "MixSettings":
        for name, whose in (("base", "the untrained model's"), ("validation", "the validation mix's")):
            if name in self.recipes:
                raise ValueError(f"a mix cannot be called {name!r}: that name is {whose}")
        return self
