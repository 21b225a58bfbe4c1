# Scores to what a lab asks of a model: marks of the exam, slices, suspect keys, the leaderboard. No model is loaded.
#
# reads   predictions/<model>/choice.parquet, evaluation/choice.parquet, or precomputed ones
# writes  scores/{exam,slices,suspect_keys,errata,leaderboard}.csv; scores/languages.csv where English
#         originals are asked; leaderboard.html, leaderboard.fr.html, leaderboard/; exam.leaderboard, a folder that several runs share

# What each model that was loaded says of its answers; those behind an endpoint have it in cost.csv.
ANSWERED_RUNS = answer_runs(PLAN)
# Scores in both languages, where the English originals of translated questions are asked.
LANGUAGES = (
    [f"{RUN}/scores/languages.csv"] if SETTINGS.prediction.english_originals else []
)


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
        **growing(mem_mb=4000, runtime=30),
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


if ANSWERS.questions:

    rule score_slices:
        """Score the choice answers of all models by specialty, case, question type, component, right options and stem."""
        input:
            predictions=ANSWERS.prediction_files("choice"),
            questions=ANSWERS.questions,
            marked=SETTINGS.exam.marked_options or [],
        output:
            scores=f"{RUN}/scores/slices.csv",
        log:
            f"{RUN}/logs/score_slices.log",
        benchmark:
            f"{RUN}/benchmarks/score_slices.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=4000, runtime=30),
        params:
            python=interpreter("workflow"),
            code=code("score_slices"),
            models=" ".join(ANSWERS.choice_models),
            marked=as_written(
                optional("--marked-options", SETTINGS.exam.marked_options)
            ),
            seed=SETTINGS.seed,
        message:
            "Scoring the choice answers of all models by part of the questions"
        shell:
            """
            {params.python} workflow/scripts/score_slices.py \
                --predictions {input.predictions:q} \
                --models {params.models} \
                --questions {input.questions:q} \
                {params.marked} \
                --seed {params.seed} \
                --output {output.scores:q} \
                >{log:q} 2>&1
            """

    rule find_suspect_keys:
        """List answer keys on which strong models agree otherwise, and score without those that a person confirmed."""
        input:
            predictions=ANSWERS.prediction_files("choice"),
            questions=ANSWERS.questions,
            errata=SETTINGS.exam.errata,
        output:
            suspects=f"{RUN}/scores/suspect_keys.csv",
            scores=f"{RUN}/scores/errata.csv",
        log:
            f"{RUN}/logs/find_suspect_keys.log",
        benchmark:
            f"{RUN}/benchmarks/find_suspect_keys.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=4000, runtime=30),
        params:
            python=interpreter("workflow"),
            code=code("find_suspect_keys"),
            models=" ".join(ANSWERS.choice_models),
            strong=flag("strong_models", SETTINGS.exam.strong_models),
            min_models=SETTINGS.exam.min_strong_models,
            min_share=SETTINGS.exam.min_agreement,
        message:
            "Looking for suspect answer keys"
        shell:
            """
            {params.python} workflow/scripts/find_suspect_keys.py \
                --predictions {input.predictions:q} \
                --models {params.models} \
                --questions {input.questions:q} \
                --errata {input.errata:q} \
                {params.strong} \
                --min-models {params.min_models} \
                --min-share {params.min_share} \
                --output {output.suspects:q} \
                --output-scores {output.scores:q} \
                >{log:q} 2>&1
            """


if LANGUAGES:

    rule score_languages:
        """Compare the models' answers to the same questions in French and in English."""
        input:
            french=ANSWERS.prediction_files("choice"),
            english=ANSWERS.english_files(),
        output:
            scores=LANGUAGES,
        log:
            f"{RUN}/logs/score_languages.log",
        benchmark:
            f"{RUN}/benchmarks/score_languages.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=4000, runtime=30),
        params:
            python=interpreter("workflow"),
            code=code("score_languages"),
            models=" ".join(ANSWERS.choice_models),
            seed=SETTINGS.seed,
        message:
            "Comparing French and English answers"
        shell:
            """
            {params.python} workflow/scripts/score_languages.py \
                --french {input.french:q} \
                --english {input.english:q} \
                --models {params.models} \
                --seed {params.seed} \
                --output {output.scores:q} \
                >{log:q} 2>&1
            """


rule score_leaderboard:
    """Put all models beside each other."""
    input:
        predictions=ANSWERS.prediction_files("choice"),
        pairs=f"{RUN}/scores/paired_all.csv",
        marked=SETTINGS.exam.marked_options or [],
    output:
        board=f"{RUN}/scores/leaderboard.csv",
    log:
        f"{RUN}/logs/score_leaderboard.log",
    benchmark:
        f"{RUN}/benchmarks/score_leaderboard.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=8000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("score_leaderboard"),
        models=" ".join(ANSWERS.choice_models),
        marked=as_written(optional("--marked-options", SETTINGS.exam.marked_options)),
        seed=SETTINGS.seed,
    message:
        "Comparing all models"
    shell:
        """
        {params.python} workflow/scripts/score_leaderboard.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            {params.marked} \
            --pairs {input.pairs:q} \
            --seed {params.seed} \
            --output {output.board:q} \
            >{log:q} 2>&1
        """


rule report_leaderboard:
    """Write the leaderboard: a page, CSV, Markdown, and a block for the card of each model."""
    input:
        board=f"{RUN}/scores/leaderboard.csv",
        pairs=f"{RUN}/scores/paired_all.csv",
        exam=f"{RUN}/scores/exam.csv",
        slices=[f"{RUN}/scores/slices.csv"] if ANSWERS.questions else [],
        languages=LANGUAGES,
        published=f"{PUBLISHED}/others.csv",
        runs=ANSWERED_RUNS,
        cost=[f"{RUN}/cost.csv"] if SERVED and not PLAN.precomputed else [],
        registry=SETTINGS.registry,
        templates=page_files("leaderboard", "web", "french"),
    output:
        page=shown(f"{RUN}/leaderboard.html"),
        french=f"{RUN}/leaderboard.fr.html",
        board=shown(f"{RUN}/leaderboard/leaderboard.csv"),
        text=f"{RUN}/leaderboard/leaderboard.md",
        blocks=expand(
            f"{RUN}/leaderboard/{{model}}.model-index.md", model=ANSWERS.choice_models
        ),
    log:
        f"{RUN}/logs/report_leaderboard.log",
    benchmark:
        f"{RUN}/benchmarks/report_leaderboard.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=1000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_leaderboard"),
        slices=lambda wildcards, input: optional(
            "--slices", input.get("slices") or None
        ),
        languages=lambda wildcards, input: optional(
            "--languages", input.get("languages") or None
        ),
        cost=lambda wildcards, input: optional("--cost", input.get("cost") or None),
        report=optional("--report", "report.html" if REPORT else None),
        explorer=optional("--explorer", EXPLORER_PAGE),
        run_name=SETTINGS.run,
        note=REMARK,
        folder=lambda wildcards, output: parent(output.board),
    message:
        "Writing {output.page}"
    shell:
        """
        {params.python} workflow/scripts/report_leaderboard.py \
            --title "Leaderboard of {params.run_name}" \
            --board {input.board:q} \
            --pairs {input.pairs:q} \
            --exam {input.exam:q} \
            {params.slices} \
            {params.languages} \
            --published {input.published:q} \
            --runs {input.runs:q} \
            {params.cost} \
            --registry {input.registry:q} \
            {params.report} \
            {params.explorer} \
            {params.note} \
            --page {output.page:q} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule add_to_leaderboard:
    """Add the answers of this run's models to the leaderboard that several runs share; what was asked otherwise is refused."""
    input:
        predictions=[f"{parent(run)}/choice.parquet" for run in ANSWERED_RUNS],
        runs=ANSWERED_RUNS,
        published=f"{PUBLISHED}/others.csv",
        registry=SETTINGS.registry,
    output:
        touch(f"{RUN}/leaderboard/added"),
    log:
        f"{RUN}/logs/add_to_leaderboard.log",
    benchmark:
        f"{RUN}/benchmarks/add_to_leaderboard.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=8000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("add_to_leaderboard"),
        store=as_written(SETTINGS.exam.leaderboard),
        folders=lambda wildcards, input: [parent(run) for run in input.runs],
        seed=SETTINGS.seed,
    message:
        "Adding to {params.store}"
    shell:
        """
        {params.python} workflow/scripts/add_to_leaderboard.py \
            --store {params.store:q} \
            --add {params.folders:q} \
            --seed {params.seed} \
            --registry {input.registry:q} \
            --published {input.published:q} \
            >{log:q} 2>&1
        """
