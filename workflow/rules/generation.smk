# French documents to synthetic items: multiple-choice and open questions, each with its own prompt.
#
# reads   normalised/<source>.parquet (documents), the source's two prompts
# writes  generated/<source>/{choice,open}/<shard>.parquet; records/<component>/<source>.parquet of every source that a
#         teacher translated, converted or generated from; journals/generate_items/ survives failed jobs


rule generate_items:
    """Have a teacher write items of one kind from each document of a shard."""
    input:
        documents=f"{RUN}/normalised/{{source}}.parquet",
        prompt=lambda wildcards: getattr(
            SETTINGS.sources[wildcards.source].prompts, wildcards.form
        ),
        teacher=lambda wildcards: teacher_files(
            SETTINGS.sources[wildcards.source].teacher
        ),
    output:
        records=f"{RUN}/generated/{{source}}/{{form}}/{{shard}}.parquet",
        rejects=f"{RUN}/generated/{{source}}/{{form}}/{{shard}}.rejects.parquet",
    log:
        f"{RUN}/logs/generate_items/{{source}}/{{form}}/{{shard}}.log",
    benchmark:
        f"{RUN}/benchmarks/generate_items/{{source}}/{{form}}/{{shard}}.tsv"
    wildcard_constraints:
        source=any_of(SOURCES.documents),
        form="choice|open",
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.teaching(wildcards.source).threads
    resources:
        **asked(lambda wildcards: ASKS.teaching(wildcards.source)),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of(
            "generate_items", SETTINGS.sources[wildcards.source].teacher
        ),
        teacher=lambda wildcards: teacher_flags(
            SETTINGS.sources[wildcards.source].teacher
        ),
        kind=lambda wildcards: SOURCES.generating_flags(
            wildcards.source, wildcards.form
        ),
        journal=lambda wildcards: f"{RUN}/journals/generate_items/{wildcards.source}/{wildcards.form}/{wildcards.shard}.jsonl",
    message:
        "Generating {wildcards.form} items from {wildcards.source}, shard {wildcards.shard}"
    shell:
        """
        {params.python} workflow/scripts/generate_items.py \
            {params.kind} \
            --input {input.documents:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --shard {wildcards.shard} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """


rule join_records:
    """Put a teacher's work on one source into one file; here too many rejects fail."""
    input:
        records=lambda wildcards: SOURCES.teacher_files(wildcards.source),
    output:
        records=f"{RUN}/records/{{component}}/{{source}}.parquet",
        rejects=f"{RUN}/records/{{component}}/{{source}}.rejects.parquet",
    log:
        f"{RUN}/logs/join_records/{{component}}/{{source}}.log",
    benchmark:
        f"{RUN}/benchmarks/join_records/{{component}}/{{source}}.tsv"
    wildcard_constraints:
        component=any_of(COMPONENTS),
        source=any_of(SOURCES.asked),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("join_records"),
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Joining what a teacher made of {wildcards.source}"
    shell:
        """
        {params.python} workflow/scripts/join_records.py \
            --inputs {input.records:q} \
            --max-reject-share {params.max_reject_share} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """
