# Scores and judgements to the paper's tables, the audit against the published values, and one page.
#
# reads   scores/, resources/published/; for the page also what earlier stages say of themselves
# writes  tables/table{4,5,6,7}.{csv,md,tex}, tables/table5_{details,macro}.csv, tables/table6_groups.*, tables/{claims,claims_parts,slips}.*,
#         figures/fig{5,6}, audit.csv, report.html, report.fr.html


rule report_choice_tables:
    """Write Tables 5 and 7, ours beside the published values, and the details that go with them."""
    input:
        spreads=f"{RUN}/scores/choice_spread.csv",
        intervals=f"{RUN}/scores/intervals.csv",
        extras=f"{RUN}/scores/choice_extras.csv",
        published_5=f"{PUBLISHED}/published_table5.csv",
        published_7=f"{PUBLISHED}/published_table7.csv",
    output:
        shown(
            expand(
                f"{RUN}/tables/table{{number}}.{{suffix}}",
                number=[5, 7],
                suffix=["csv", "md", "tex"],
            )
        ),
        macro=shown(f"{RUN}/tables/table5_macro.csv"),
        details=shown(
            expand(
                f"{RUN}/tables/table5_details.{{suffix}}", suffix=["csv", "md", "tex"]
            )
        ),
    log:
        f"{RUN}/logs/report_choice_tables.log",
    benchmark:
        f"{RUN}/benchmarks/report_choice_tables.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_choice_tables"),
        models=" ".join(ANSWERS.choice_models),
        note=REMARK,
        base_model=as_written(optional("--base-model", base_model_name(BASES) or None)),
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Writing Tables 5 and 7"
    shell:
        """
        {params.python} workflow/scripts/report_choice_tables.py \
            --spreads {input.spreads:q} \
            --intervals {input.intervals:q} \
            --extras {input.extras:q} \
            --published-5 {input.published_5:q} \
            --published-7 {input.published_7:q} \
            --models {params.models} \
            {params.note} \
            {params.base_model} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_open_table:
    """Write Table 6, ours beside the published values."""
    input:
        scores=f"{RUN}/scores/open.csv",
        judges=[f"{RUN}/scores/judges.csv"] if JUDGES else [],
        published=f"{PUBLISHED}/published_table6.csv",
    output:
        shown(
            expand(
                f"{RUN}/tables/{{name}}.{{suffix}}",
                name=["table6", "table6_groups"],
                suffix=["csv", "md", "tex"],
            )
        ),
    log:
        f"{RUN}/logs/report_open_table.log",
    benchmark:
        f"{RUN}/benchmarks/report_open_table.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_open_table"),
        models=" ".join(ANSWERS.open_models),
        judges=optional("--judges", f"{RUN}/scores/judges.csv" if JUDGES else None),
        note=REMARK,
        base_model=as_written(optional("--base-model", base_model_name(BASES) or None)),
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Writing Table 6"
    shell:
        """
        {params.python} workflow/scripts/report_open_table.py \
            --scores {input.scores:q} \
            {params.judges} \
            --published-6 {input.published:q} \
            --models {params.models} \
            {params.note} \
            {params.base_model} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_correlation_table:
    """Write Table 4, ours beside the published values."""
    input:
        correlations=f"{RUN}/scores/correlations.csv",
        accuracy=f"{RUN}/scores/rated_accuracy.csv",
        published=f"{PUBLISHED}/published_table4.csv",
    output:
        shown(expand(f"{RUN}/tables/table4.{{suffix}}", suffix=["csv", "md", "tex"])),
        shown(expand(f"{RUN}/tables/table4_accuracy.{{suffix}}", suffix=["md", "tex"])),
    log:
        f"{RUN}/logs/report_correlation_table.log",
    benchmark:
        f"{RUN}/benchmarks/report_correlation_table.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_correlation_table"),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Writing Table 4"
    shell:
        """
        {params.python} workflow/scripts/report_correlation_table.py \
            --correlations {input.correlations:q} \
            --accuracy {input.accuracy:q} \
            --published-4 {input.published:q} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_figures_length:
    """Draw Figures 5 and 6, the length of the open answers against judge scores and references."""
    input:
        lengths=f"{RUN}/scores/length.csv",
        by_length=expand(
            f"{RUN}/scores/length_{{part}}.csv",
            part=["association", "deciles", "matched"],
        ),
        judges=[f"{RUN}/scores/judges.csv"] if JUDGES else [],
    output:
        shown(
            expand(
                f"{RUN}/figures/fig{{number}}{{suffix}}",
                number=[5, 6] if JUDGES else [6],
                suffix=FIGURE_FILES,
            )
        ),
        [f"{RUN}/figures/fig5.md", f"{RUN}/figures/fig5.tex"] if JUDGES else [],
    log:
        f"{RUN}/logs/report_figures_length.log",
    benchmark:
        f"{RUN}/benchmarks/report_figures_length.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_figures_length"),
        judges=optional("--judges", f"{RUN}/scores/judges.csv" if JUDGES else None),
        scores=lambda wildcards, input: parent(input.lengths),
        models=" ".join(ANSWERS.open_models),
        trained=" ".join(TRAINED + RELEASED),
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Drawing Figures 5 and 6"
    shell:
        """
        {params.python} workflow/scripts/report_figures_length.py \
            --scores {params.scores:q} \
            {params.judges} \
            --models {params.models} \
            --trained-models {params.trained} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_audit:
    """Compare every published cell with ours."""
    input:
        tables=expand(f"{RUN}/tables/table{{number}}.csv", number=TABLES),
        published=expand(f"{PUBLISHED}/published_table{{number}}.csv", number=TABLES),
    output:
        audit=shown(f"{RUN}/audit.csv"),
    log:
        f"{RUN}/logs/report_audit.log",
    benchmark:
        f"{RUN}/benchmarks/report_audit.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_audit"),
        tables=lambda wildcards, input: parent(input.tables[0]),
        published=lambda wildcards, input: parent(input.published[0]),
        differences=as_written(difference_flags(PLAN, PAPER_COUNTS)),
    message:
        "Comparing the tables with the published values"
    shell:
        """
        {params.python} workflow/scripts/report_audit.py \
            --tables {params.tables:q} \
            --published {params.published:q} \
            {params.differences} \
            --output {output.audit:q} \
            >{log:q} 2>&1
        """


rule report_claims:
    """Test the paper's claims on our numbers and on the published ones."""
    input:
        choice=expand(
            f"{RUN}/scores/{{name}}.csv",
            name=["paired_all", "decoding_gaps", "choice_spread"],
        ),
        quality=[f"{RUN}/scores/quality.csv"] if QUALITY_JUDGED else [],
        correlations=([f"{RUN}/scores/correlation_tests.csv"] if 4 in TABLES else []),
        lengths=[f"{RUN}/scores/length_association.csv"] if JUDGES else [],
        comet=CLAIMED_COMET,
        published=expand(
            f"{PUBLISHED}/published_table{{number}}.csv", number=range(1, 8)
        ),
        majorities=f"{PUBLISHED}/published_figure3.csv",
        ledger=LEDGER,
    output:
        shown(
            expand(
                f"{RUN}/tables/{{name}}.{{suffix}}",
                name=["claims", "slips"],
                suffix=["csv", "md", "tex"],
            )
        ),
        shown(expand(f"{RUN}/tables/claims_parts.{{suffix}}", suffix=["md", "tex"])),
    log:
        f"{RUN}/logs/report_claims.log",
    benchmark:
        f"{RUN}/benchmarks/report_claims.tsv"
    localrule: True
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=2000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_claims"),
        scores=lambda wildcards, input: parent(input.choice[0]),
        published=lambda wildcards, input: parent(input.published[0]),
        comet=optional("--comet", CLAIMED_COMET[0] if CLAIMED_COMET else None),
        seed=SETTINGS.seed,
        note=REMARK,
        folder=lambda wildcards, output: parent(output[0]),
    message:
        "Testing the paper's claims"
    shell:
        """
        {params.python} workflow/scripts/report_claims.py \
            --scores {params.scores:q} \
            --published {params.published:q} \
            --ledger {input.ledger:q} \
            {params.comet} \
            --seed {params.seed} \
            {params.note} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """


rule report_page:
    """Write the report: one page that needs no other file, in two languages."""
    input:
        **files_before_answers(PLAN),
        tables=expand(f"{RUN}/tables/table{{number}}.csv", number=TABLES),
        ledger=expand(
            f"{RUN}/tables/{{name}}.csv",
            name=["ledger", "ledger_reasons"] if PLAN.has_dataset else [],
        ),
        pairs=f"{RUN}/scores/paired.csv",
        scores=[
            f"{RUN}/scores/parse_rates.csv",
            f"{RUN}/scores/intervals.csv",
            *(
                [f"{RUN}/scores/open.csv", f"{RUN}/scores/faithfulness.csv"]
                if ANSWERS.open_models
                else []
            ),
            *expand(
                f"{RUN}/scores/{{name}}.csv",
                name=(
                    ["judges", "judge_pairs", "judge_consistency"] if JUDGES else []
                ),
            ),
        ],
        figures=expand(
            f"{RUN}/figures/fig{{number}}{{suffix}}",
            number=FIGURES,
            suffix=FIGURE_FILES,
        ),
        accuracy=[f"{RUN}/scores/rated_accuracy.csv"] if 4 in TABLES else [],
        agreement=[f"{RUN}/figures/fig3_agreement.csv"] if 3 in FIGURES else [],
        audit=AUDIT,
        claims=expand(
            f"{RUN}/tables/{{name}}.csv",
            name=["claims", "slips"] if PLAN.is_compared else [],
        ),
        cost=COST,
        human=HUMAN_AGREEMENT,
        templates=page_files("page", "web", "french"),
    output:
        page=shown(f"{RUN}/report.html"),
        french=f"{RUN}/report.fr.html",
    log:
        f"{RUN}/logs/report_page.log",
    benchmark:
        f"{RUN}/benchmarks/report_page.tsv"
    conda:
        "../../envs/workflow.yaml"
    threads: 1
    resources:
        **growing(mem_mb=4000, runtime=15),
    params:
        python=interpreter("workflow"),
        code=code("report_page"),
        tables=lambda wildcards, input: parent(input.tables[0]),
        scores=lambda wildcards, input: parent(input.scores[0]),
        figures=lambda wildcards, output: f"{parent(output.page)}/figures",
        figure_numbers=" ".join(map(str, FIGURES)),
        run_name=SETTINGS.run,
        folder=lambda wildcards, output: parent(output.page),
        note=REMARK,
        base_model=as_written(optional("--base-model", base_model_name(BASES) or None)),
        audit=optional("--audit", AUDIT[0] if AUDIT else None),
        cost=optional("--cost", COST[0] if COST else None),
        left_out=optional("--left-out", left_out(PLAN) or None),
        explorer=optional("--explorer", EXPLORER_PAGE),
        human=optional("--agreement", HUMAN_AGREEMENT[0] if REVIEW.raters else None),
        command=as_written(
            command_of_run(
                workflow.configfiles, CHECKOUT, workflow.config_settings.config
            )
        ),
    message:
        "Writing {output.page}"
    shell:
        """
        {params.python} workflow/scripts/report_page.py \
            --run-name {params.run_name} \
            {params.note} \
            {params.base_model} \
            --tables {params.tables:q} \
            --scores {params.scores:q} \
            --figures {params.figures:q} \
            --figure-numbers {params.figure_numbers} \
            --components {input.components:q} \
            --near-duplicates {input.near_duplicates:q} \
            --rejects {input.rejects:q} \
            --mixes {input.mixes:q} \
            --runs {input.runs:q} \
            --trainings {input.trainings:q} \
            {params.audit} \
            {params.cost} \
            {params.left_out} \
            {params.human} \
            {params.explorer} \
            --leaderboard leaderboard.html \
            --command {params.command:q} \
            --files {input.tables:q} {input.ledger:q} {input.pairs:q} {input.scores:q} {input.accuracy:q} \
            {input.agreement:q} {input.figures:q} {input.training_figure:q} {input.components:q} {input.near_duplicates:q} {input.mixes:q} \
            {input.audit:q} {input.claims:q} {input.cost:q} {input.human:q} \
            --output-folder {params.folder:q} \
            >{log:q} 2>&1
        """
