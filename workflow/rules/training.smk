# The base model, and one adapter a mix (paper section 4.2).
#
# reads   mixes/<mix>.parquet; for a base pre-trained here, documents and components
# writes  models/base/, models/<mix>/; models/<mix>.checkpoints/ survives failed jobs

ADAPTER_FILES = [
    "adapter_model.safetensors",
    "adapter_config.json",
    "training.parquet",
    "run.json",
]

if SETTINGS.base_model.pretraining:

    rule pretrain_base:
        """Pre-train the tiny base model on the run's own text."""
        input:
            documents=expand(f"{RUN}/normalised/{{source}}.parquet", source=DOCUMENTS),
            records=expand(
                f"{RUN}/components/{{component}}.parquet",
                component=["native", "translated"],
            ),
        output:
            run=f"{RUN}/models/base/run.json",
        log:
            f"{RUN}/logs/pretrain_base.log",
        benchmark:
            f"{RUN}/benchmarks/pretrain_base.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            mem_mb=4000,
            runtime=60,
        params:
            python=interpreter("workflow"),
            code=code("pretrain_base"),
            folder=lambda wildcards, output: parent(output.run),
            shape=" ".join(
                f"--{key.replace('_', '-')} {value}"
                for key, value in SETTINGS.base_model.pretraining.model_dump().items()
            ),
            seed=SETTINGS.seed,
        message:
            "Pre-training the tiny base model"
        shell:
            """
            {params.python} workflow/scripts/pretrain_base.py \
                --documents {input.documents:q} \
                --records {input.records:q} \
                {params.shape} \
                --seed {params.seed} \
                --output {params.folder:q} \
                >{log:q} 2>&1
            """

else:

    rule fetch_base:
        """Bring the base model into the run, from the hub or from a folder."""
        output:
            run=f"{RUN}/models/base/run.json",
        log:
            f"{RUN}/logs/fetch_base.log",
        benchmark:
            f"{RUN}/benchmarks/fetch_base.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            mem_mb=4000,
            runtime=240,
        params:
            python=interpreter("workflow"),
            code=code("fetch_base"),
            folder=lambda wildcards, output: parent(output.run),
            model_id=optional("--model-id", SETTINGS.base_model.model_id),
            revision=optional("--revision", SETTINGS.base_model.revision),
            path=optional("--path", SETTINGS.base_model.path),
        message:
            "Fetching the base model"
        shell:
            """
            {params.python} workflow/scripts/fetch_base.py \
                {params.model_id} {params.revision} {params.path} \
                --output {params.folder:q} \
                >{log:q} 2>&1
            """


rule train_mix:
    """Fine-tune the base model on one mix; resumes from its checkpoints."""
    input:
        base=f"{RUN}/models/base/run.json",
        mix=f"{RUN}/mixes/{{mix}}.parquet",
    output:
        expand(f"{RUN}/models/{{{{mix}}}}/{{file}}", file=ADAPTER_FILES),
    log:
        f"{RUN}/logs/train_mix/{{mix}}.log",
    benchmark:
        f"{RUN}/benchmarks/train_mix/{{mix}}.tsv"
    wildcard_constraints:
        mix=any_of(MIXES),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=16000,
        runtime=1200,
    params:
        python=interpreter("workflow"),
        code=code("train_mix"),
        base=lambda wildcards, input: parent(input.base),
        folder=lambda wildcards, output: parent(output[0]),
        hyperparameters=training_flags(),
        seed=SETTINGS.seed,
    message:
        "Fine-tuning on the mix {wildcards.mix}"
    shell:
        """
        {params.python} workflow/scripts/train_mix.py \
            --base {params.base:q} \
            --mix {input.mix:q} \
            {params.hyperparameters} \
            --seed {params.seed} \
            --checkpoints {params.folder:q}.checkpoints \
            --output {params.folder:q} \
            >{log:q} 2>&1
        """
