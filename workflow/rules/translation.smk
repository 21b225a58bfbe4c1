# English records to French ones, by the teacher that the configuration names for each source.
#
# reads   normalised/<source>.parquet, the translation prompt
# writes  records/translated/<source>.parquet; journals/translate_source/<source>.jsonl survives failed jobs


rule translate_source:
    """Translate a source's records; answers already in the journal are not asked again."""
    input:
        records=f"{RUN}/normalised/{{source}}.parquet",
        prompt=SETTINGS.translation.prompt,
        teacher=lambda wildcards: teacher_files(
            SETTINGS.sources[wildcards.source].teacher
        ),
    output:
        records=f"{RUN}/records/translated/{{source}}.parquet",
        rejects=f"{RUN}/records/translated/{{source}}.rejects.parquet",
    log:
        f"{RUN}/logs/translate_source/{{source}}.log",
    benchmark:
        f"{RUN}/benchmarks/translate_source/{{source}}.tsv"
    wildcard_constraints:
        source=any_of(ENGLISH),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=1440,
    params:
        python=interpreter("workflow"),
        code=code("translate_source"),
        teacher=lambda wildcards: teacher_flags(
            SETTINGS.sources[wildcards.source].teacher
        ),
        journal=lambda wildcards: f"{RUN}/journals/translate_source/{wildcards.source}.jsonl",
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Translating {wildcards.source} into French"
    shell:
        """
        {params.python} workflow/scripts/translate_source.py \
            --input {input.records:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --max-reject-share {params.max_reject_share} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """
