"""Choice questions as a French medical examiner marks them."""

from pydantic import Field

from medinjection.config.settings.common import FilePath, Section


class ExamSettings(Section):
    """The scale of the French medical exam (docs/exam-scale.md)."""

    marked_options: FilePath | None = Field(
        default=None,
        description="CSV of options that bring a question to nothing: `record_id`, and the letters that are "
        "`indispensable` or `unacceptable`; null where no corpus marks any.",
    )
    english_predictions: FilePath | None = Field(
        default=None,
        description="Folder of answers of the same models to the English originals of translated questions, "
        "`<model>/choice.parquet`, under the same record ids: `scores/languages.csv` compares both languages.",
    )
