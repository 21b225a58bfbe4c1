# The choice questions of an evaluation in the formats of other evaluation programs, so that they check our numbers.
#
# reads   evaluation/choice.parquet, the prompts
# writes  export/


rule export_evaluation:
    """Write the choice questions for lm-evaluation-harness, lighteval, Inspect and EuroEval."""
    input:
        questions=ANSWERS.questions,
        prompts=prompt_files(SETTINGS.prompts),
    output:
        folder=directory(f"{RUN}/export"),
    log:
        f"{RUN}/logs/export_evaluation.log",
    benchmark:
        f"{RUN}/benchmarks/export_evaluation.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("export_evaluation"),
        prompts=prompt_flags(SETTINGS.prompts),
        name=SETTINGS.run,
        note=REMARK,
    message:
        "Exporting the choice questions"
    shell:
        """
        {params.python} workflow/scripts/export_evaluation.py \
            --questions {input.questions:q} \
            {params.prompts} \
            --name {params.name} \
            {params.note} \
            --output {output.folder:q} \
            >{log:q} 2>&1
        """
