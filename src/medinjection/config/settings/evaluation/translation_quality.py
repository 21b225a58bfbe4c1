"""Quality of the translations (Table 3)."""

from typing import Literal

from pydantic import Field, model_validator

from medinjection.config.settings.common import Count, FilePath, Name, Section


class TranslationTestSet(Section):
    """An English-French test set and the translations of it that are scored."""

    folder: FilePath = Field(
        description="Folder with the English texts and their reference translations. `{run_folder}` and "
        "`{data_folder}` are filled in."
    )
    layout: Literal["wmt_abstracts", "wmt_biomedical", "clinical_cases"] = Field(
        description="`wmt_abstracts`: the files of WMT 2024, which the paper scored, `en2fr_en.txt` beside the "
        "reference `en2fr_fr.txt`, an abstract a line; `wmt_biomedical`: aligned sentence files of the WMT biomedical "
        "task; `clinical_cases`: the folder AB (abstracts) or FT (full texts) of its clinical cases, with the outputs "
        "of four systems."
    )
    files: str = Field(
        default="*en2fr*",
        description="Pattern of the aligned files to read; by default the sets that were translated from English.",
    )
    limit: Count | None = Field(default=None, description="Maximum number of segments, chosen by a keyed hash.")
    outputs: dict[Name, FilePath] = Field(
        default_factory=dict,
        description="Existing translations to score beside the teachers': name of the system -> text file with one "
        "line per segment, before `limit`. `{run_folder}` and `{data_folder}` are filled in.",
    )


class CometSettings(Section):
    """The COMET model of Table 3; it runs in the environment `comet` (`make comet`)."""

    model_id: str = Field(default="Unbabel/wmt22-comet-da", description="Model of the Hugging Face hub.")
    revision: str = Field(
        default="2760a223ac957f30acfb18c8aa649b01cf1d75f2",
        description="Commit of the model id; required with another one. The model, and the tokenizer and the "
        "configuration of its encoder (xlm-roberta-large), are fetched into the hub's cache.",
    )
    path: FilePath | None = Field(
        default=None,
        description="Local checkpoint file, or a folder with checkpoints/model.ckpt and hparams.yaml, in place of "
        "both. It is read as weights only: it cannot run code.",
    )
    batch_size: Count = Field(default=16, description="Segments per forward pass.")

    @model_validator(mode="after")
    def _pinned(self) -> "CometSettings":
        if "model_id" in self.model_fields_set and "revision" not in self.model_fields_set:
            raise ValueError("model_id without revision: name the commit, so that the run can be repeated")
        return self


class TranslationQualitySettings(Section):
    """Table 3: translations of a test set by each teacher, by BLEU and COMET (paper section 3.3)."""

    test_sets: dict[Name, TranslationTestSet] = Field(
        default_factory=dict, description="The test sets; without any, Table 3 is not made."
    )
    teachers: list[Name] = Field(default_factory=list, description="Names under `llms` that translate them.")
    prompt: FilePath = Field(default="config/prompts/translate_text.txt", description="System prompt file.")
    comet: CometSettings | None = Field(default=None, description="COMET; null: only BLEU is computed.")

    @model_validator(mode="after")
    def _have_outputs(self) -> "TranslationQualitySettings":
        for name, test_set in self.test_sets.items():
            if test_set.layout != "clinical_cases" and not (self.teachers or test_set.outputs):
                raise ValueError(f"test_sets.{name}: nothing to score, expected teachers or outputs")
            if both := sorted({*self.teachers} & {*test_set.outputs}):
                raise ValueError(f"test_sets.{name}.outputs: {both[0]!r} is also a teacher's name")
        return self
