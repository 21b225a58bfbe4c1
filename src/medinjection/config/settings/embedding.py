"""The embedding model behind Figure 4."""

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, FilePath, Section, check_origin


class EmbeddingSettings(Section):
    """The model that embeds instructions for Figure 4, from the hub, a folder or an installed Python package."""

    model_id: str | None = Field(default=None, description="sentence-transformers model id to download.")
    revision: str | None = Field(default=None, description="Commit of the model id; required with it.")
    path: FilePath | None = Field(default=None, description="Local sentence-transformers model folder.")
    package: str | None = Field(default=None, description="Installed Python package that ships such a folder.")
    name: str | None = Field(default=None, description="Name in the caption; by default the id or the folder.")
    records: Count = Field(default=1000, description="Number of records per component that are embedded.")

    @model_validator(mode="after")
    def _one_origin(self) -> "EmbeddingSettings":
        check_origin(self, ("model_id", "path", "package"))
        return self
