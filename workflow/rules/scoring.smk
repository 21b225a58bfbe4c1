# Predictions to scores. Nothing is generated here: scores can be made again from stored predictions alone.
#
# reads   predictions/<model>/{choice,open}.parquet, evaluation/open.parquet, judgements/; or precomputed ones (docs/rescoring.md);
#         the model of BERTScore, which is fetched or a folder's
# writes  scores/{choice,choice_spread,choice_extras,choice_positions,parse_rates,intervals,paired,paired_all}.csv,
#         scores/{open,judges,judge_pairs,judge_consistency}.csv, scores/{open_answers,bertscore}.parquet,
#         scores/length{,_association,_deciles,_matched}.csv, scores/{correlations,correlation_tests,rated_accuracy}.csv,
#         scores/faithfulness.{csv,parquet}


rule score_choice:
    """Score the choice predictions of all models, with intervals and paired tests between models."""
    input:
        predictions=ANSWERS.prediction_files("choice"),
    output:
        scores=f"{RUN}/scores/choice.csv",
        intervals=f"{RUN}/scores/intervals.csv",
        pairs=f"{RUN}/scores/paired.csv",
        all_pairs=f"{RUN}/scores/paired_all.csv",
        gaps=f"{RUN}/scores/decoding_gaps.csv",
        spread=f"{RUN}/scores/choice_spread.csv",
        extras=f"{RUN}/scores/choice_extras.csv",
        positions=f"{RUN}/scores/choice_positions.csv",
        parse_rates=f"{RUN}/scores/parse_rates.csv",
    log:
        f"{RUN}/logs/score_choice.log",
    benchmark:
        f"{RUN}/benchmarks/score_choice.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=16000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("score_choice"),
        models=" ".join(ANSWERS.choice_models),
        bases=ANSWERS.tested_pairs(PLANS),
        seed=SETTINGS.seed,
        folder=lambda wildcards, output: parent(output.scores),
    message:
        "Scoring the choice questions of all models"
    shell:
        """
        {params.python} workflow/scripts/score_choice.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            --bases {params.bases} \
            --seed {params.seed} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


if BERTSCORE and BERTSCORE.model_id:

    rule fetch_bertscore:
        """Bring the model of BERTScore into the run."""
        output:
            config=f"{RUN}/models/bertscore/config.json",
        log:
            f"{RUN}/logs/fetch_bertscore.log",
        benchmark:
            f"{RUN}/benchmarks/fetch_bertscore.tsv"
        localrule: True
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=2000, runtime=60),
        params:
            python=online(interpreter("workflow")),
            code=code("fetch_model"),
            model_id=as_written(BERTSCORE.model_id),
            revision=as_written(BERTSCORE.revision),
            folder=lambda wildcards, output: parent(output.config),
        message:
            "Fetching {params.model_id}"
        shell:
            """
            {params.python} workflow/scripts/fetch_model.py \
                --kind encoder \
                --model-id {params.model_id:q} \
                --revision {params.revision} \
                --output {params.folder:q} \
                >{log:q} 2>&1
            """


if BERTSCORE:

    rule score_bertscore:
        """Score the open answers of all models with BERTScore; each distinct text is encoded once."""
        input:
            predictions=ANSWERS.prediction_files("open"),
            references=ANSWERS.references or [],
            model=bertscore_files(BERTSCORE, RUN),
        output:
            scores=f"{RUN}/scores/bertscore.parquet",
        log:
            f"{RUN}/logs/score_bertscore.log",
        benchmark:
            f"{RUN}/benchmarks/score_bertscore.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: ASKS.metric(tiny=bool(BERTSCORE.package)).threads
        resources:
            **asked(lambda wildcards: ASKS.metric(tiny=bool(BERTSCORE.package))),
        params:
            python=interpreter("workflow"),
            code=code("score_bertscore"),
            models=" ".join(ANSWERS.open_models),
            model=as_written(bertscore_flags(BERTSCORE, RUN)),
        message:
            "Scoring the open answers of all models with BERTScore"
        shell:
            """
            {params.python} workflow/scripts/score_bertscore.py \
                --predictions {input.predictions:q} \
                --models {params.models} \
                --references {input.references:q} \
                {params.model} \
                --output {output.scores:q} \
                >{log:q} 2>&1
            """


rule score_open:
    """Score the open answers of all models with BLEU, ROUGE and METEOR, and average these and their BERTScore."""
    input:
        predictions=ANSWERS.prediction_files("open"),
        references=ANSWERS.references or [],
        scored=[f"{RUN}/scores/bertscore.parquet"] if BERTSCORE else [],
    output:
        scores=f"{RUN}/scores/open.csv",
        answers=f"{RUN}/scores/open_answers.parquet",
    log:
        f"{RUN}/logs/score_open.log",
    benchmark:
        f"{RUN}/benchmarks/score_open.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=8000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("score_open"),
        models=" ".join(ANSWERS.open_models),
        translations=" ".join(SOURCES.of_passages),
        scored=optional(
            "--scored", f"{RUN}/scores/bertscore.parquet" if BERTSCORE else None
        ),
    message:
        "Scoring the open answers of all models"
    shell:
        """
        {params.python} workflow/scripts/score_open.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            --references {input.references:q} \
            --translations {params.translations} \
            {params.scored} \
            --output {output.scores:q} \
            --answers {output.answers:q} \
            >{log:q} 2>&1
        """


rule score_faithfulness:
    """Screen the open answers of all models for numbers, units and negations of the reference that they change or drop."""
    input:
        predictions=ANSWERS.prediction_files("open"),
        references=ANSWERS.references or [],
    output:
        scores=f"{RUN}/scores/faithfulness.csv",
        answers=f"{RUN}/scores/faithfulness.parquet",
    log:
        f"{RUN}/logs/score_faithfulness.log",
    benchmark:
        f"{RUN}/benchmarks/score_faithfulness.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=60),
    params:
        python=interpreter("workflow"),
        code=code("score_faithfulness"),
        models=" ".join(ANSWERS.open_models),
        translations=" ".join(SOURCES.of_passages),
    message:
        "Comparing numbers and negations of the open answers with their references"
    shell:
        """
        {params.python} workflow/scripts/score_faithfulness.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            --references {input.references:q} \
            --translations {params.translations} \
            --output {output.scores:q} \
            --answers {output.answers:q} \
            >{log:q} 2>&1
        """


rule score_judgements:
    """Average the judgements of all models, and compare the judges with each other and with themselves."""
    input:
        judgements=ANSWERS.judgement_files(),
        again=list(CONSISTENCY.values()),
        references=ANSWERS.references or [],
    output:
        scores=f"{RUN}/scores/judges.csv",
        pairs=f"{RUN}/scores/judge_pairs.csv",
        consistency=f"{RUN}/scores/judge_consistency.csv",
    log:
        f"{RUN}/logs/score_judgements.log",
    benchmark:
        f"{RUN}/benchmarks/score_judgements.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("score_judgements"),
        models=" ".join(ANSWERS.open_models),
        judges=named_words(ANSWERS.judgement_folders()),
        again=as_written(named_words(CONSISTENCY)),
        folder=lambda wildcards, output: parent(output.scores),
    message:
        "Averaging the judgements of all models"
    shell:
        """
        {params.python} workflow/scripts/score_judgements.py \
            --judgements {params.judges} \
            --again {params.again} \
            --models {params.models} \
            --references {input.references:q} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule score_lengths:
    """Measure the length of the open answers, and relate it to the judges' scores."""
    input:
        predictions=ANSWERS.prediction_files("open"),
        judgements=ANSWERS.judgement_files(),
    output:
        expand(
            f"{RUN}/scores/length{{part}}.csv",
            part=["", "_association", "_deciles", "_matched"],
        ),
    log:
        f"{RUN}/logs/score_lengths.log",
    benchmark:
        f"{RUN}/benchmarks/score_lengths.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("score_lengths"),
        models=" ".join(ANSWERS.open_models),
        bases=ANSWERS.tested_pairs(PLANS, "open"),
        judges=named_words(ANSWERS.judgement_folders()),
        seed=SETTINGS.seed,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Measuring the length of the open answers of all models"
    shell:
        """
        {params.python} workflow/scripts/score_lengths.py \
            --predictions {input.predictions:q} \
            --models {params.models} \
            --bases {params.bases} \
            --judgements {params.judges} \
            --seed {params.seed} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule score_correlations:
    """Correlate judges and text metrics with the ratings, and estimate accuracy from few ratings."""
    input:
        ratings=f"{RUN}/human/ratings.parquet",
        judgements=ANSWERS.judgement_files(),
        metrics=f"{RUN}/scores/open_answers.parquet",
        records=ANSWERS.references or [],
    output:
        correlations=f"{RUN}/scores/correlations.csv",
        tests=f"{RUN}/scores/correlation_tests.csv",
        accuracy=f"{RUN}/scores/rated_accuracy.csv",
    log:
        f"{RUN}/logs/score_correlations.log",
    benchmark:
        f"{RUN}/benchmarks/score_correlations.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=8000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("score_correlations"),
        models=" ".join(ANSWERS.open_models),
        judges=named_words(ANSWERS.judgement_folders()),
        translations=" ".join(SETTINGS.human_review.translation_sources),
        seed=SETTINGS.seed,
        folder=lambda wildcards, output: parent(output.correlations),
    message:
        "Correlating the scores of open answers with the ratings"
    shell:
        """
        {params.python} workflow/scripts/score_correlations.py \
            --ratings {input.ratings:q} \
            --judgements {params.judges} \
            --metrics {input.metrics:q} \
            --records {input.records:q} \
            --models {params.models} \
            --translation-sources {params.translations} \
            --seed {params.seed} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
