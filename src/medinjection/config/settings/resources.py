"""What jobs ask of a cluster."""

from pydantic import Field

from medinjection.config.settings.common import Count, Section


class ResourceSettings(Section):
    """Rates from which time limits of jobs are worked out, and what a GPU comes with.

    **Every rate is an assumption: none was measured on a GPU.** `snakemake --cores 1 resources_estimate` says so too.
    """

    training_tokens_per_second: float = Field(
        default=5000,
        gt=0,
        description="Assumption: tokens that a GPU learns a second, of Qwen3-4B on an H100 or H200 at the paper's "
        "dropout.",
    )
    tokens_per_chat: float = Field(
        default=200,
        gt=0,
        description="Assumption: tokens of a chat that is learnt, on average. Chats of FrenchMedMCQA have 138 (Qwen's "
        "tokenizer); those of other sources are longer.",
    )
    choice_prompts_per_second: float = Field(
        default=50, gt=0, description="Assumption: choice questions, in one order each, that a GPU answers a second."
    )
    open_tokens_per_second: float = Field(
        default=1000, gt=0, description="Assumption: tokens of open answers that a GPU writes a second."
    )
    served_requests_per_second: float = Field(
        default=2,
        gt=0,
        description="Assumption: requests that a model answers a second which a job serves for itself (`serve`), on "
        "all GPUs of the job together, with an answer of a few tokens.",
    )
    api_requests_per_second: float = Field(
        default=8,
        gt=0,
        description="Assumption: requests that an endpoint answers a second, in each job; 16 in flight of two seconds "
        "each. `llms.<name>.requests_per_minute` lowers it.",
    )
    margin: float = Field(
        default=2,
        ge=1,
        description="The time limit of a job is its expected time, times this; a job that comes up to it is tried "
        "again with twice as much.",
    )
    threads_per_gpu: Count = Field(default=8, description="CPU cores that a job asks for beside each GPU.")
    memory_per_gpu: Count = Field(default=64000, description="Main memory in MB that a job asks for beside each GPU.")
