# LLM judges of open answers (paper section 4.3.2, Figure 14).
#
# reads   predictions/<model>/open.parquet, evaluation/open.parquet, the judge's prompt and its paraphrase
# writes  judgements/<judge>/<model>.parquet, judge_consistency/<judge>.parquet; journals/judge_{answers,consistency}/ survive
#         failed jobs


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
    threads: lambda wildcards: ASKS.judging(wildcards.judge).threads
    resources:
        **asked(lambda wildcards: ASKS.judging(wildcards.judge)),
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


rule judge_consistency:
    """Ask one judge again about a sample of the answers that it has judged, in other words and in another order."""
    input:
        predictions=ANSWERS.prediction_files("open"),
        judgements=expand(
            f"{RUN}/judgements/{{{{judge}}}}/{{model}}.parquet",
            model=ANSWERS.open_models,
        ),
        records=f"{RUN}/evaluation/open.parquet",
        prompt=SETTINGS.judging.prompt,
        paraphrase=SETTINGS.judging.paraphrase,
        teacher=lambda wildcards: teacher_files(wildcards.judge),
    output:
        again=f"{RUN}/judge_consistency/{{judge}}.parquet",
    log:
        f"{RUN}/logs/judge_consistency/{{judge}}.log",
    benchmark:
        f"{RUN}/benchmarks/judge_consistency/{{judge}}.tsv"
    wildcard_constraints:
        judge=any_of(CONSISTENCY),
    conda:
        "../../envs/workflow.yaml"
    threads: lambda wildcards: ASKS.judging_again(wildcards.judge).threads
    resources:
        **asked(lambda wildcards: ASKS.judging_again(wildcards.judge)),
    params:
        python=interpreter("workflow"),
        code=lambda wildcards: code_of("judge_consistency", wildcards.judge),
        models=" ".join(ANSWERS.open_models),
        folder=lambda wildcards, input: parent(input.judgements[0]),
        size=SETTINGS.judging.consistency_size,
        seed=SETTINGS.seed,
        teacher=lambda wildcards: teacher_flags(wildcards.judge),
        journal=lambda wildcards: f"{RUN}/journals/judge_consistency/{wildcards.judge}/all.jsonl",
    message:
        "Asking {wildcards.judge} again about some open answers"
    shell:
        """
        {params.python} workflow/scripts/judge_consistency.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            --judgements {params.folder:q} \
            --records {input.records:q} \
            --prompt {input.prompt:q} \
            --paraphrase {input.paraphrase:q} \
            --size {params.size} \
            --seed {params.seed} \
            {params.teacher} \
            --journal {params.journal:q} \
            --output {output.again:q} \
            >{log:q} 2>&1
        """
