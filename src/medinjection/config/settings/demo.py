"""What the demonstration makes for itself: corpora and raters."""

from pydantic import Field

from medinjection.config.settings.common import Count, FilePath, Name, Section


class DemoSettings(Section):
    """What stands in for corpora, rendered from the project's own knowledge base, and for physicians."""

    knowledge: FilePath = Field(default="resources/knowledge_base.yaml", description="The bilingual knowledge base.")
    size: Count = Field(default=600, description="Number of native training questions; other files are in proportion.")
    raters: list[Name] = Field(
        default_factory=list,
        description="Simulated raters of the human review: a program makes their ratings up, which say so everywhere.",
    )
