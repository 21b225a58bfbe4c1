# What the dataset is: counts, Tables 1 and 2, the ledger, Figures 1, 2 and 4, and a folder ready to publish.
#
# reads   components/, statistics/counts.csv; for the ledger raw/<source>/manifest.json and the rejects of every stage
# writes  statistics/counts.csv, tables/table{1,2}.*, tables/ledger.*, tables/ledger_reasons.*, figures/fig{1,2,4}.*,
#         dataset/


rule count_records:
    """Count the records by source, split, task and specialty."""
    input:
        components=expand(
            f"{RUN}/components/{{component}}.parquet", component=COMPONENTS
        ),
    output:
        counts=f"{RUN}/statistics/counts.csv",
    log:
        f"{RUN}/logs/count_records.log",
    benchmark:
        f"{RUN}/benchmarks/count_records.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("count_records"),
    message:
        "Counting records"
    shell:
        """
        {params.python} workflow/scripts/count_records.py \
            --components {input.components:q} \
            --output {output.counts:q} \
            >{log:q} 2>&1
        """


rule report_dataset_tables:
    """Write Tables 1 and 2, ours beside the published values."""
    input:
        counts=f"{RUN}/statistics/counts.csv",
        published_1=f"{PUBLISHED}/published_table1.csv",
        published_2=f"{PUBLISHED}/published_table2.csv",
    output:
        shown(
            expand(
                f"{RUN}/tables/table{{number}}.{{suffix}}",
                number=[1, 2],
                suffix=["csv", "md", "tex"],
            )
        ),
    log:
        f"{RUN}/logs/report_dataset_tables.log",
    benchmark:
        f"{RUN}/benchmarks/report_dataset_tables.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_dataset_tables"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Writing Tables 1 and 2"
    shell:
        """
        {params.python} workflow/scripts/report_dataset_tables.py \
            --counts {input.counts:q} \
            --published-1 {input.published_1:q} \
            --published-2 {input.published_2:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_ledger:
    """Write the ledger: our counts by source beside the paper's, with the reason of each difference."""
    input:
        counts=f"{RUN}/statistics/counts.csv",
        ledger=LEDGER,
        registry=SETTINGS.registry,
        manifests=expand(f"{RUN}/raw/{{source}}/manifest.json", source=SOURCES.used),
        documents=[SOURCES.normalised_file(name) for name in SOURCES.documents],
        rejects=SOURCES.reject_files(),
    output:
        shown(
            expand(
                f"{RUN}/tables/{{name}}.{{suffix}}",
                name=["ledger", "ledger_reasons"],
                suffix=["csv", "md", "tex"],
            )
        ),
    log:
        f"{RUN}/logs/report_ledger.log",
    benchmark:
        f"{RUN}/benchmarks/report_ledger.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_ledger"),
        raw=lambda wildcards, input: parent(parent(input.manifests[0])),
        sources=" ".join(SOURCES.used),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Writing the ledger"
    shell:
        """
        {params.python} workflow/scripts/report_ledger.py \
            --counts {input.counts:q} \
            --ledger {input.ledger:q} \
            --registry {input.registry:q} \
            --raw {params.raw:q} \
            --sources {params.sources} \
            --documents {input.documents:q} \
            --rejects {input.rejects:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_figure_examples:
    """Draw Figure 1, one record of each component."""
    input:
        components=expand(
            f"{RUN}/components/{{component}}.parquet", component=COMPONENTS
        ),
    output:
        shown(expand(f"{RUN}/figures/fig1{{suffix}}", suffix=FIGURE_FILES)),
    log:
        f"{RUN}/logs/report_figure_examples.log",
    benchmark:
        f"{RUN}/benchmarks/report_figure_examples.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_figure_examples"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Drawing Figure 1"
    shell:
        """
        {params.python} workflow/scripts/report_figure_examples.py \
            --components {input.components:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_figure_specialties:
    """Draw Figure 2, the specialties of the native and synthetic records."""
    input:
        counts=f"{RUN}/statistics/counts.csv",
        specialties=SETTINGS.specialties,
        published=f"{PUBLISHED}/published_figure2.csv",
    output:
        shown(expand(f"{RUN}/figures/fig2{{suffix}}", suffix=FIGURE_FILES)),
    log:
        f"{RUN}/logs/report_figure_specialties.log",
    benchmark:
        f"{RUN}/benchmarks/report_figure_specialties.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_figure_specialties"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Drawing Figure 2"
    shell:
        """
        {params.python} workflow/scripts/report_figure_specialties.py \
            --counts {input.counts:q} \
            --specialties {input.specialties:q} \
            --published {input.published:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


if SETTINGS.embedding and SETTINGS.embedding.model_id:

    rule fetch_embedder:
        """Bring the model that embeds instructions into the run."""
        output:
            weights=f"{RUN}/models/embedder/model.safetensors",
            modules=f"{RUN}/models/embedder/modules.json",
        log:
            f"{RUN}/logs/fetch_embedder.log",
        benchmark:
            f"{RUN}/benchmarks/fetch_embedder.tsv"
        localrule: True
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=2000, runtime=60),
        params:
            python=online(interpreter("workflow")),
            code=code("fetch_model"),
            model_id=as_written(SETTINGS.embedding.model_id),
            revision=as_written(SETTINGS.embedding.revision),
            folder=lambda wildcards, output: parent(output.weights),
        message:
            "Fetching {params.model_id}"
        shell:
            """
            {params.python} workflow/scripts/fetch_model.py \
                --kind embedder \
                --model-id {params.model_id:q} \
                --revision {params.revision} \
                --output {params.folder:q} \
                >{log:q} 2>&1
            """


if SETTINGS.embedding:

    rule embed_instructions:
        """Embed a sample of each component's instructions."""
        input:
            components=expand(
                f"{RUN}/components/{{component}}.parquet", component=COMPONENTS
            ),
            model=embedder_files(SETTINGS.embedding, RUN),
        output:
            embeddings=f"{RUN}/figures/embeddings.parquet",
        log:
            f"{RUN}/logs/embed_instructions.log",
        benchmark:
            f"{RUN}/benchmarks/embed_instructions.tsv"
        conda:
            "../../envs/workflow.yaml"
        threads: 1
        resources:
            **growing(mem_mb=4000, runtime=60),
        params:
            python=interpreter("workflow"),
            code=code("embed_instructions"),
            model=as_written(embedder_flags(SETTINGS.embedding, RUN)),
            records=SETTINGS.embedding.records,
            seed=SETTINGS.seed,
        message:
            "Embedding instructions"
        shell:
            """
            {params.python} workflow/scripts/embed_instructions.py \
                --components {input.components:q} \
                {params.model} \
                --per-component {params.records} \
                --seed {params.seed} \
                --output {output.embeddings:q} \
                >{log:q} 2>&1
            """


rule report_figure_map:
    """Draw Figure 4, where the components' instructions lie."""
    input:
        embeddings=f"{RUN}/figures/embeddings.parquet",
    output:
        shown(
            expand(
                f"{RUN}/figures/fig4{{suffix}}", suffix=[*FIGURE_FILES, "_mixing.csv"]
            )
        ),
    log:
        f"{RUN}/logs/report_figure_map.log",
    benchmark:
        f"{RUN}/benchmarks/report_figure_map.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("report_figure_map"),
        note=REMARK,
        seed=SETTINGS.seed,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Drawing Figure 4"
    shell:
        """
        {params.python} workflow/scripts/report_figure_map.py \
            --embeddings {input.embeddings:q} \
            --seed {params.seed} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_data_card:
    """Write the dataset with its card, in the hub's format."""
    input:
        components=expand(
            f"{RUN}/components/{{component}}.parquet", component=COMPONENTS
        ),
        rejects=SOURCES.reject_files(),
        near_duplicates=f"{RUN}/components/near_duplicates/all.parquet",
        registry=SETTINGS.registry,
        template="src/medinjection/reporting/cards/data_card.md.j2",
    output:
        card=f"{RUN}/dataset/README.md",
    log:
        f"{RUN}/logs/report_data_card.log",
    benchmark:
        f"{RUN}/benchmarks/report_data_card.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=30),
    params:
        python=interpreter("workflow"),
        code=code("report_data_card"),
        run_name=SETTINGS.run,
        note=REMARK,
        decontamination="on" if SETTINGS.components.decontamination else "off",
        folder=lambda wildcards, output: parent(output.card),
    message:
        "Writing the dataset and its card"
    shell:
        """
        {params.python} workflow/scripts/report_data_card.py \
            --components {input.components:q} \
            --rejects {input.rejects:q} \
            --near-duplicates {input.near_duplicates:q} \
            --registry {input.registry:q} \
            --run-name {params.run_name} \
            {params.note} \
            --decontamination {params.decontamination} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
