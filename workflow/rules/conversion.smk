# Closed French questions (a passage, a question, its answer) to multiple choice (paper section 3.2, FrBMedQA).
#
# reads   normalised/<source>.parquet, the conversion prompt
# writes  converted/<source>/<shard>.parquet; journals/convert_source/<source>/<shard>.jsonl survives failed jobs


rule convert_source:
    """Have a teacher turn a shard of closed questions into choice questions; journalled answers are not asked again."""
    input:
        records=f"{RUN}/normalised/{{source}}.parquet",
        prompt=SETTINGS.conversion.prompt,
        teacher=lambda wildcards: teacher_files(
            SETTINGS.sources[wildcards.source].teacher
        ),
    output:
        records=f"{RUN}/converted/{{source}}/{{shard}}.parquet",
        rejects=f"{RUN}/converted/{{source}}/{{shard}}.rejects.parquet",
    log:
        f"{RUN}/logs/convert_source/{{source}}/{{shard}}.log",
    benchmark:
        f"{RUN}/benchmarks/convert_source/{{source}}/{{shard}}.tsv"
    wildcard_constraints:
        source=any_of(SOURCES.closed),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.teaching(wildcards.source).threads
    resources:
        **asked(lambda wildcards: ASKS.teaching(wildcards.source)),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of(
            "convert_source", SETTINGS.sources[wildcards.source].teacher
        ),
        teacher=lambda wildcards: teacher_flags(
            SETTINGS.sources[wildcards.source].teacher
        ),
        drop_context="" if SETTINGS.conversion.keep_context else "--drop-context",
        journal=lambda wildcards: f"{RUN}/journals/convert_source/{wildcards.source}/{wildcards.shard}.jsonl",
    message:
        "Converting the closed questions of {wildcards.source}, shard {wildcards.shard}"
    shell:
        """
        {params.python} workflow/scripts/convert_source.py \
            --input {input.records:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --shard {wildcards.shard} {params.drop_context} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """
