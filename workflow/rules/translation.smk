# English records to French ones, by the teacher that the configuration names for each source.
#
# reads   normalised/<source>.parquet, the translation prompt
# writes  translated/<source>/<shard>.parquet; journals/translate_source/<source>/<shard>.jsonl survives failed jobs


rule translate_source:
    """Translate a shard of a source's records; answers already in the journal are not asked again."""
    input:
        records=f"{RUN}/normalised/{{source}}.parquet",
        prompt=SETTINGS.translation.prompt,
        teacher=lambda wildcards: teacher_files(
            SETTINGS.sources[wildcards.source].teacher
        ),
    output:
        records=f"{RUN}/translated/{{source}}/{{shard}}.parquet",
        rejects=f"{RUN}/translated/{{source}}/{{shard}}.rejects.parquet",
    log:
        f"{RUN}/logs/translate_source/{{source}}/{{shard}}.log",
    benchmark:
        f"{RUN}/benchmarks/translate_source/{{source}}/{{shard}}.tsv"
    wildcard_constraints:
        source=any_of(SOURCES.english),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.teaching(wildcards.source).threads
    resources:
        **asked(lambda wildcards: ASKS.teaching(wildcards.source)),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of(
            "translate_source", SETTINGS.sources[wildcards.source].teacher
        ),
        teacher=lambda wildcards: teacher_flags(
            SETTINGS.sources[wildcards.source].teacher
        ),
        any_language="" if SETTINGS.translation.check_language else "--any-language",
        journal=lambda wildcards: f"{RUN}/journals/translate_source/{wildcards.source}/{wildcards.shard}.jsonl",
    message:
        "Translating {wildcards.source} into French, shard {wildcards.shard}"
    shell:
        """
        {params.python} workflow/scripts/translate_source.py \
            --input {input.records:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --shard {wildcards.shard} {params.any_language} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """
