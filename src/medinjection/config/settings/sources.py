"""Which sources a run uses, and how."""

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, FilePath, Name, Section, Share


class SplitShares(Section):
    """Shares of a source's items per split, for a source whose upstream splits are not used; they add up to 1."""

    train: Share = Field(description="Share of the items that go to training.")
    validation: Share = Field(description="Share of the items that go to validation.")
    test: Share = Field(description="Share of the items that go to the test split.")

    @model_validator(mode="after")
    def _add_up(self) -> "SplitShares":
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares add up to {total:g}, expected 1")
        return self


class GenerationPrompts(Section):
    """Prompt files for the two kinds of items made from a document."""

    choice: FilePath = Field(description="System prompt that asks for multiple-choice items.")
    open: FilePath = Field(description="System prompt that asks for open questions.")


class SourceSettings(Section):
    """One source of the registry `config/sources.yaml` and how this run uses it."""

    path: FilePath | None = Field(
        default=None,
        description="Folder with upstream's own files. `{run_folder}` and `{data_folder}` are filled in. "
        "Without it the files are downloaded as the registry says.",
    )
    limit: Count | None = Field(default=None, description="Maximum number of items, chosen by a keyed hash.")
    split_shares: SplitShares | None = Field(
        default=None,
        description="Shares of splits drawn by a keyed hash of the clinical case or the id; null: upstream's splits.",
    )
    teacher: Name | None = Field(
        default=None,
        description="Name under `llms` of the LLM that translates the source, converts it or generates items from it.",
    )
    prompts: GenerationPrompts | None = Field(
        default=None, description="Prompts of a source of documents, from which items are generated."
    )
    shards: Count = Field(
        default=1, description="Number of jobs that share the teacher's work on the source; they may run side by side."
    )
