"""The demonstration's own corpora."""

from pydantic import Field

from medinjection.config.settings.common import Count, FilePath, Section


class DemoSettings(Section):
    """The corpora that the workflow can render from its own knowledge base, in the upstream formats."""

    knowledge: FilePath = Field(default="resources/knowledge_base.yaml", description="The bilingual knowledge base.")
    size: Count = Field(default=600, description="Number of native training questions; other files are in proportion.")
