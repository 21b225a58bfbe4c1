# What the trainings say of themselves: their curves on one page, and a card for every trained model.
#
# reads   models/<model>/run.json and training.parquet, mixes/<mix>.json
# writes  figures/training.*, models/<model>/README.md


rule report_training:
    """Draw loss, gradient norm and learning rate of every training."""
    input:
        trainings=expand(f"{RUN}/models/{{model}}/training.parquet", model=TRAINED),
    output:
        shown(expand(f"{RUN}/figures/training{{suffix}}", suffix=FIGURE_FILES)),
    log:
        f"{RUN}/logs/report_training.log",
    benchmark:
        f"{RUN}/benchmarks/report_training.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_training"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Drawing the training curves"
    shell:
        """
        {params.python} workflow/scripts/report_training.py \
            --trainings {input.trainings:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_model_cards:
    """Write the card of every trained model, in the hub's format."""
    input:
        runs=expand(f"{RUN}/models/{{model}}/run.json", model=TRAINED),
        bases=[f"{RUN}/models/{PLANS[model].base}/run.json" for model in TRAINED],
        mixes=[f"{RUN}/mixes/{PLANS[model].mix}.json" for model in TRAINED],
        trainings=expand(f"{RUN}/models/{{model}}/training.parquet", model=TRAINED),
        registry=SETTINGS.registry,
        template="src/medinjection/reporting/cards/model_card.md.j2",
    output:
        expand(f"{RUN}/models/{{model}}/README.md", model=TRAINED),
    log:
        f"{RUN}/logs/report_model_cards.log",
    benchmark:
        f"{RUN}/benchmarks/report_model_cards.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_model_cards"),
        run_name=SETTINGS.run,
        note=REMARK,
    message:
        "Writing the cards of the trained models"
    shell:
        """
        {params.python} workflow/scripts/report_model_cards.py \
            --runs {input.runs:q} \
            --bases {input.bases:q} \
            --mixes {input.mixes:q} \
            --trainings {input.trainings:q} \
            --registry {input.registry:q} \
            --run-name {params.run_name} \
            {params.note} \
            >{log:q} 2>&1
        """
