# LLM judges of open answers (paper section 4.3.2, Figure 14).
#
# reads   predictions/<model>/open.parquet, evaluation/open.parquet, the judge's prompt
# writes  judgements/<judge>/<model>.parquet; journals/judge_answers/ survives failed jobs


rule judge_answers:
    """Have one judge score one model's open answers."""
    input:
        predictions=f"{RUN}/predictions/{{model}}/open.parquet",
        records=f"{RUN}/evaluation/open.parquet",
        prompt=SETTINGS.judging.prompt,
        teacher=lambda wildcards: teacher_files(wildcards.judge),
    output:
        judgements=f"{RUN}/judgements/{{judge}}/{{model}}.parquet",
    log:
        f"{RUN}/logs/judge_answers/{{judge}}/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/judge_answers/{{judge}}/{{model}}.tsv"
    wildcard_constraints:
        judge=any_of(JUDGES),
        model=any_of(MODELS),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=720,
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of("judge_answers", wildcards.judge),
        teacher=lambda wildcards: teacher_flags(wildcards.judge),
        journal=lambda wildcards: f"{RUN}/journals/judge_answers/{wildcards.judge}/{wildcards.model}.jsonl",
    message:
        "Judging the open answers of {wildcards.model} by {wildcards.judge}"
    shell:
        """
        {params.python} workflow/scripts/judge_answers.py \
            --predictions {input.predictions:q} \
            --records {input.records:q} \
            --prompt {input.prompt:q} \
            {params.teacher} \
            --journal {params.journal:q} \
            --output {output.judgements:q} \
            >{log:q} 2>&1
        """
