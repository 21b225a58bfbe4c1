# Questions, answers and judgements to the page on which single questions are looked at (docs/explorer.md).
#
# reads   evaluation/{choice,open}.parquet, predictions/<model>/{choice,open,reasoning}.parquet, judgements/, scores/suspect_keys.csv,
#         the verdicts of persons
# writes  explorer/

from medinjection.reporting.explorer.pages import PAGES


rule report_explorer:
    """Write the explorer: a page, and the data that it reads beside it."""
    input:
        choice=ANSWERS.questions or [],
        choice_answers=ANSWERS.prediction_files("choice") if ANSWERS.questions else [],
        open=ANSWERS.references or [],
        open_answers=ANSWERS.prediction_files("open"),
        judgements=ANSWERS.judgement_files(),
        reasoning=list(ANSWERS.reasoning_files().values()),
        suspects=f"{RUN}/scores/suspect_keys.csv" if ANSWERS.questions else [],
        errata=SETTINGS.exam.errata if ANSWERS.questions else [],
        page=page_files("explorer", "web"),
    output:
        folder=directory(f"{RUN}/explorer"),
    log:
        f"{RUN}/logs/report_explorer.log",
    benchmark:
        f"{RUN}/benchmarks/report_explorer.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("report_explorer"),
        run_name=SETTINGS.run,
        note=REMARK,
        choice=lambda wildcards, input: optional(
            "--choice-questions", input.get("choice") or None
        ),
        choice_models=" ".join(ANSWERS.choice_models if ANSWERS.questions else ()),
        open=lambda wildcards, input: optional(
            "--open-questions", input.get("open") or None
        ),
        open_models=" ".join(ANSWERS.open_models),
        judges=named_words(ANSWERS.judgement_folders()),
        reasoning=named_words(ANSWERS.reasoning_files()),
        suspects=lambda wildcards, input: optional(
            "--suspects", input.get("suspects") or None
        ),
        errata=lambda wildcards, input: optional(
            "--errata", input.get("errata") or None
        ),
        pages="" if PLAN.precomputed else " ".join(PAGES),
    message:
        "Writing {output.folder}"
    shell:
        """
        {params.python} workflow/scripts/report_explorer.py \
            --run-name {params.run_name} \
            {params.note} \
            {params.choice} \
            --choice-predictions {input.choice_answers:q} \
            --choice-models {params.choice_models} \
            {params.open} \
            --open-predictions {input.open_answers:q} \
            --open-models {params.open_models} \
            --judgements {params.judges} \
            --reasoning {params.reasoning} \
            {params.suspects} \
            {params.errata} \
            --pages {params.pages} \
            --output-folder {output.folder:q} \
            >{log:q} 2>&1
        """
