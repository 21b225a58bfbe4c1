# French documents to synthetic items: multiple-choice and open questions, each with its own prompt.
#
# reads   normalised/<source>.parquet (documents), the source's two prompts
# writes  generated/<source>.{choice,open}.parquet, records/synthetic/<source>.parquet


rule generate_items:
    """Have a teacher write items of one kind from each document."""
    input:
        documents=f"{RUN}/normalised/{{source}}.parquet",
        prompt=lambda wildcards: getattr(
            SETTINGS.sources[wildcards.source].prompts, wildcards.form
        ),
        teacher=lambda wildcards: teacher_files(
            SETTINGS.sources[wildcards.source].teacher
        ),
    output:
        records=f"{RUN}/generated/{{source}}.{{form}}.parquet",
        rejects=f"{RUN}/generated/{{source}}.{{form}}.rejects.parquet",
    log:
        f"{RUN}/logs/generate_items/{{source}}.{{form}}.log",
    benchmark:
        f"{RUN}/benchmarks/generate_items/{{source}}.{{form}}.tsv"
    wildcard_constraints:
        source=any_of(DOCUMENTS),
        form="choice|open",
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=1440,
    params:
        python=interpreter("workflow"),
        code=code("generate_items"),
        teacher=lambda wildcards: teacher_flags(
            SETTINGS.sources[wildcards.source].teacher
        ),
        journal=lambda wildcards: f"{RUN}/journals/generate_items/{wildcards.source}.{wildcards.form}.jsonl",
        max_reject_share=SETTINGS.max_reject_share,
    message:
        "Generating {wildcards.form} items from {wildcards.source}"
    shell:
        """
        {params.python} workflow/scripts/generate_items.py \
            --form {wildcards.form} \
            --input {input.documents:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --max-reject-share {params.max_reject_share} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """


rule join_records:
    """Put both kinds of a source's synthetic items into one file."""
    input:
        records=expand(
            f"{RUN}/generated/{{{{source}}}}.{{form}}.parquet", form=["choice", "open"]
        ),
    output:
        records=f"{RUN}/records/synthetic/{{source}}.parquet",
        rejects=f"{RUN}/records/synthetic/{{source}}.rejects.parquet",
    log:
        f"{RUN}/logs/join_records/{{source}}.log",
    benchmark:
        f"{RUN}/benchmarks/join_records/{{source}}.tsv"
    wildcard_constraints:
        source=any_of(DOCUMENTS),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        python=interpreter("workflow"),
        code=code("join_records"),
    message:
        "Joining the synthetic items of {wildcards.source}"
    shell:
        """
        {params.python} workflow/scripts/join_records.py \
            --inputs {input.records:q} \
            --output {output.records:q} \
            >{log:q} 2>&1
        """
