# What the trainings say of themselves: their curves on one page, and a card for every trained model.
#
# reads   models/<model>/run.json and training.parquet, mixes/<mix>.json
# writes  figures/training.*, models/<model>/README.md


rule report_training:
    """Draw loss, gradient norm and learning rate of every training."""
    input:
        trainings=expand(f"{RUN}/models/{{model}}/training.parquet", model=TRAINED),
    output:
        expand(f"{RUN}/figures/training{{suffix}}", suffix=FIGURE_FILES),
    log:
        f"{RUN}/logs/report_training.log",
    benchmark:
        f"{RUN}/benchmarks/report_training.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
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


rule report_model_card:
    """Write the card of one trained model, in the hub's format."""
    input:
        run=f"{RUN}/models/{{model}}/run.json",
        base=lambda wildcards: f"{RUN}/models/{PLANS[wildcards.model].base}/run.json",
        mix=lambda wildcards: f"{RUN}/mixes/{PLANS[wildcards.model].mix}.json",
        training=f"{RUN}/models/{{model}}/training.parquet",
        registry=SETTINGS.registry,
        template="src/medinjection/reporting/cards/model_card.md.j2",
    output:
        card=f"{RUN}/models/{{model}}/README.md",
    log:
        f"{RUN}/logs/report_model_card/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/report_model_card/{{model}}.tsv"
    wildcard_constraints:
        model=any_of(TRAINED),
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        python=interpreter("workflow"),
        code=code("report_model_card"),
        run_name=SETTINGS.run,
        note=REMARK,
    message:
        "Writing the card of {wildcards.model}"
    shell:
        """
        {params.python} workflow/scripts/report_model_card.py \
            --run {input.run:q} \
            --base {input.base:q} \
            --mix {input.mix:q} \
            --training {input.training:q} \
            --registry {input.registry:q} \
            --run-name {params.run_name} \
            {params.note} \
            --output {output.card:q} \
            >{log:q} 2>&1
        """
