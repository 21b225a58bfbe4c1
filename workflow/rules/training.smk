# The base models, and an adapter for each mix (paper section 4.2); or models that others have trained.
#
# reads   mixes/<mix>.parquet, mixes/validation.parquet, the prompts; for a base pre-trained here, documents and components
# writes  models/<model>/; models/<model>.checkpoints/ survives failed jobs; on demand merged/<model>/

ADAPTER_FILES = [
    "adapter_model.safetensors",
    "adapter_config.json",
    "training.parquet",
    "run.json",
]


rule fetch_model:
    """Bring a base model, or a released model or adapter, into the run, from the hub or from a folder."""
    input:
        files=lambda wildcards: model_files(PLAN.fetched_models[wildcards.model].path),
        template=lambda wildcards: PLAN.template_of_model(wildcards.model) or [],
    output:
        run=f"{RUN}/models/{{model}}/run.json",
    log:
        f"{RUN}/logs/fetch_model/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/fetch_model/{{model}}.tsv"
    wildcard_constraints:
        model=any_of(PLAN.fetched_models),
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=240),
    params:
        python=online(interpreter("workflow")),
        code=code("fetch_model"),
        folder=lambda wildcards, output: parent(output.run),
        kind=lambda wildcards: PLAN.kind_of_model(wildcards.model),
        origin=lambda wildcards: origin_flags(PLAN.fetched_models[wildcards.model]),
        template=lambda wildcards: optional(
            "--template", PLAN.template_of_model(wildcards.model)
        ),
    message:
        "Fetching the {params.kind} model {wildcards.model}"
    shell:
        """
        {params.python} workflow/scripts/fetch_model.py \
            --kind {params.kind} \
            {params.origin} \
            {params.template} \
            --output {params.folder:q} \
            >{log:q} 2>&1
        """


rule fetch_served:
    """Bring an open model that jobs serve into the hub's cache."""
    output:
        cached=f"{RUN}/hub_cache/llms/{{llm}}.json",
    log:
        f"{RUN}/logs/fetch_served/{{llm}}.log",
    benchmark:
        f"{RUN}/benchmarks/fetch_served/{{llm}}.tsv"
    wildcard_constraints:
        llm=any_of(CACHED),
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=240),
    params:
        python=online(interpreter("workflow")),
        code=code("fetch_cached"),
        model_id=lambda wildcards: CACHED[wildcards.llm].model,
        revision=lambda wildcards: CACHED[wildcards.llm].revision,
    message:
        "Fetching {params.model_id}"
    shell:
        """
        {params.python} workflow/scripts/fetch_cached.py \
            --model-id {params.model_id:q} \
            --revision {params.revision} \
            --output {output.cached:q} \
            >{log:q} 2>&1
        """


rule train_mix:
    """Fine-tune a base model on one mix; resumes from its checkpoints."""
    input:
        base=lambda wildcards: f"{RUN}/models/{PLANS[wildcards.model].base}/run.json",
        mix=lambda wildcards: f"{RUN}/mixes/{PLANS[wildcards.model].mix}.parquet",
        validation=validation_mix(SETTINGS.mixes, RUN) or [],
        prompts=prompt_files(SETTINGS.prompts),
    output:
        expand(f"{RUN}/models/{{{{model}}}}/{{file}}", file=ADAPTER_FILES),
    log:
        f"{RUN}/logs/train_mix/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/train_mix/{{model}}.tsv"
    wildcard_constraints:
        model=any_of(TRAINED),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.training(wildcards.model).threads
    resources:
        **asked(lambda wildcards: ASKS.training(wildcards.model)),
        **on_nodes(lambda wildcards: ASKS.training(wildcards.model)),
    params:
        launcher=lambda wildcards: training_launcher(
            PLANS[wildcards.model].training, interpreter("workflow")
        ),
        code=code("train_mix"),
        base=lambda wildcards, input: parent(input.base),
        folder=lambda wildcards, output: parent(output[0]),
        hyperparameters=lambda wildcards: training_flags(
            PLANS[wildcards.model].training
        ),
        validation=optional("--validation", validation_mix(SETTINGS.mixes, RUN)),
        prompts=prompt_flags(SETTINGS.prompts),
        trackers=f"{RUN}/trackers",
        seed=SETTINGS.seed,
    message:
        "Fine-tuning {wildcards.model}"
    shell:
        """
        {params.launcher} workflow/scripts/train_mix.py \
            --base {params.base:q} \
            --mix {input.mix:q} \
            {params.validation} \
            {params.prompts} \
            {params.hyperparameters} \
            --seed {params.seed} \
            --checkpoints {params.folder:q}.checkpoints \
            --trackers-folder {params.trackers:q} \
            --output {params.folder:q} \
            >{log:q} 2>&1
        """


rule merge_adapter:
    """Add a trained adapter to its base in float32: a whole model that any program can serve."""
    input:
        base=lambda wildcards: f"{RUN}/models/{PLANS[wildcards.model].base}/run.json",
        adapter=f"{RUN}/models/{{model}}/run.json",
        records=f"{RUN}/evaluation/choice.parquet",
    output:
        run=f"{RUN}/merged/{{model}}/run.json",
    log:
        f"{RUN}/logs/merge_adapter/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/merge_adapter/{{model}}.tsv"
    wildcard_constraints:
        model=any_of(TRAINED),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.merging(wildcards.model).threads
    resources:
        **asked(lambda wildcards: ASKS.merging(wildcards.model)),
    params:
        python=interpreter("workflow"),
        code=code("merge_adapter"),
        base=lambda wildcards, input: parent(input.base),
        adapter=lambda wildcards, input: parent(input.adapter),
        folder=lambda wildcards, output: parent(output.run),
        seed=SETTINGS.seed,
    message:
        "Merging the adapter of {wildcards.model} into its base"
    shell:
        """
        {params.python} workflow/scripts/merge_adapter.py \
            --base {params.base:q} \
            --adapter {params.adapter:q} \
            --records {input.records:q} \
            --seed {params.seed} \
            --output {params.folder:q} \
            >{log:q} 2>&1
        """
