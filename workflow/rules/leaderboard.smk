# Scores to what a lab asks of a model: marks of the exam, slices, suspect keys, the leaderboard. No model is loaded.
#
# reads   predictions/<model>/choice.parquet, or precomputed ones
# writes  scores/exam.csv


rule score_exam:
    """Mark the choice answers of all models on the scale of the French medical exam."""
    input:
        predictions=ANSWERS.prediction_files("choice"),
        marked=SETTINGS.exam.marked_options or [],
    output:
        scores=f"{RUN}/scores/exam.csv",
    log:
        f"{RUN}/logs/score_exam.log",
    benchmark:
        f"{RUN}/benchmarks/score_exam.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        python=interpreter("workflow"),
        code=code("score_exam"),
        models=" ".join(ANSWERS.choice_models),
        marked=as_written(optional("--marked-options", SETTINGS.exam.marked_options)),
        seed=SETTINGS.seed,
    message:
        "Marking the choice answers of all models as an exam"
    shell:
        """
        {params.python} workflow/scripts/score_exam.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            {params.marked} \
            --seed {params.seed} \
            --output {output.scores:q} \
            >{log:q} 2>&1
        """
