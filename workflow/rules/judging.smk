# LLM judges of open answers (paper section 4.3.2, Figure 14).
#
# reads   predictions/<model>/open.parquet, evaluation/open.parquet, the judge's prompt
# writes  judgements/<judge>/<model>.parquet; journals/judge_answers/ survives failed jobs


rule judge_answers:
    """Have one judge score the open answers of all models; nothing is asked twice, and a served judge starts once."""
    input:
        predictions=ANSWERS.prediction_files("open"),
        records=f"{RUN}/evaluation/open.parquet",
        prompt=SETTINGS.judging.prompt,
        teacher=lambda wildcards: teacher_files(wildcards.judge),
    output:
        judgements=expand(
            f"{RUN}/judgements/{{{{judge}}}}/{{model}}.parquet",
            model=ANSWERS.open_models,
        ),
    log:
        f"{RUN}/logs/judge_answers/{{judge}}.log",
    benchmark:
        f"{RUN}/benchmarks/judge_answers/{{judge}}.tsv"
    wildcard_constraints:
        judge=any_of(JUDGES),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=1440,
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of("judge_answers", wildcards.judge),
        models=" ".join(ANSWERS.open_models),
        teacher=lambda wildcards: teacher_flags(wildcards.judge),
        journal=lambda wildcards: f"{RUN}/journals/judge_answers/{wildcards.judge}/all.jsonl",
        folder=lambda wildcards, output: parent(output.judgements[0]),
    message:
        "Judging the open answers of all models by {wildcards.judge}"
    shell:
        """
        {params.python} workflow/scripts/judge_answers.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            --records {input.records:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
