# Answers and scores for another site, without a text of the questions that may not be given away (docs/sharing.md).
#
# reads   evaluation/{choice,open}.parquet, predictions/, judgements/, scores/; for the bundle everything that a run leaves
# writes  shared/, ro-crate-metadata.json, provenance/

from snakemake import __version__ as snakemake_version


rule share_answers:
    """Write the answers of every model, the judgements and the scores into one folder, texts of closed sources sealed."""
    input:
        records=expand(f"{RUN}/evaluation/{{kind}}.parquet", kind=["choice", "open"]),
        predictions=ANSWERS.prediction_files("choice")
        + ANSWERS.prediction_files("open"),
        judgements=ANSWERS.judgement_files(),
        scores=expand(
            f"{RUN}/scores/{{name}}",
            name=[
                "choice.csv",
                "choice_spread.csv",
                "intervals.csv",
                "paired.csv",
                "open.csv",
                "open_answers.parquet",
                *(["judges.csv"] if JUDGES else []),
            ],
        ),
    output:
        manifest=f"{RUN}/shared/manifest.json",
    log:
        f"{RUN}/logs/share_answers.log",
    benchmark:
        f"{RUN}/benchmarks/share_answers.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("share_answers"),
        run_name=SETTINGS.run,
        predictions=as_written(ANSWERS.predictions),
        models=" ".join(ANSWERS.models),
        judges=named_words(ANSWERS.judgement_folders()),
        folder=lambda wildcards, output: parent(output.manifest),
    message:
        "Writing {params.folder}, without texts that may not be given away"
    shell:
        """
        {params.python} workflow/scripts/share_answers.py \
            --run-name {params.run_name} \
            --records {input.records:q} \
            --predictions {params.predictions:q} \
            --models {params.models} \
            --judgements {params.judges} \
            --scores {input.scores:q} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule describe_run:
    """Describe the finished run as a Workflow Run RO-Crate."""
    input:
        results=rules.all.input,
        snakefile="Snakefile",
        environment="envs/workflow.txt",
        citation="CITATION.cff",
    output:
        metadata=f"{RUN}/ro-crate-metadata.json",
    log:
        f"{RUN}/logs/describe_run.log",
    benchmark:
        f"{RUN}/benchmarks/describe_run.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("describe_run"),
        snakemake=snakemake_version,
        settings=as_written(SETTINGS.model_dump_json()),
        note=REMARK,
        folder=lambda wildcards, output: parent(output.metadata),
    message:
        "Describing {params.folder} as an RO-Crate"
    shell:
        """
        {params.python} workflow/scripts/describe_run.py \
            --run-folder {params.folder:q} \
            --snakefile {input.snakefile:q} \
            --snakemake {params.snakemake} \
            --environment {input.environment:q} \
            --citation {input.citation:q} \
            --settings {params.settings:q} \
            {params.note} \
            >{log:q} 2>&1
        """
