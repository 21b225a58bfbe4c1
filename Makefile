# Each target sets up what it needs and reuses what is there.
PYTHON ?= python3
BIN := .venv/workflow/bin
READY := .venv/workflow/.ready
COMET_READY := .venv/comet/.ready
DOCS_READY := .venv/docs/.ready
CHECKS_READY := .venv/checks/.ready

# Caches stay in the project unless the user names another place.
export XDG_CACHE_HOME ?= $(CURDIR)/.cache

# The C library keeps freed memory: a tiny model would else give back and ask for the same pages at every step.
export MALLOC_MMAP_THRESHOLD_ ?= 1073741824
export MALLOC_TRIM_THRESHOLD_ ?= 1073741824
export MALLOC_TOP_PAD_ ?= 67108864

# Tests run side by side, files as a whole; those that run the workflow begin, for they take longest.
TEST_PROCESSES ?= 2

# Run the workflow, then say what came out; a run that failed, or was stopped by Ctrl-C (which the shell outlives by its
# trap), says how to go on. Arguments: configuration files, further flags of Snakemake.
define run
@mkdir -p "$(XDG_CACHE_HOME)" 2>/dev/null && test -w "$(XDG_CACHE_HOME)" || { \
	echo "error: this user may not write in the cache folder $(XDG_CACHE_HOME): name another, make XDG_CACHE_HOME=FOLDER ..." >&2; \
	exit 1; \
}
@trap : INT; $(BIN)/snakemake --profile profiles/local --logger medinjection --configfile $(1) $(2) || { \
	echo "The run has stopped. What is finished is kept: mend the cause shown above, then run the same command again." >&2; \
	exit 1; \
}
@$(BIN)/python workflow/scripts/report_summary.py --configfile $(1)
endef

# Everything waits for the base model, which one core makes: what it needs comes first, so that the rest runs beside it.
base_first = --prioritize results/$(1)/models/base/run.json

.DEFAULT_GOAL := help
.PHONY: help setup demo evaluate sample test cluster-test lint schema docs pictures comet checks resume unlock clean

help: ## List the targets
	@echo "MedInjection-FR, from raw corpora to the paper's tables. New here? Start with: make demo"
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: $(READY) ## Make the environment in .venv/workflow (a few minutes, once)

demo: $(READY) ## Run the whole workflow on the embedded default and print what came out
	$(call run,config/demo.yaml,$(call base_first,demo))

evaluate: $(READY) ## Evaluate models as they are: make evaluate MODEL=NAME,NAME [MEDINJECTION_DATA=FOLDER]; without MODEL a tiny one
	$(if $(MODEL),,$(call run,config/evaluate.yaml config/evaluate_demo.yaml,$(call base_first,evaluate-demo)))
	$(if $(or $(MODEL),$(MEDINJECTION_DATA)),$(call run,$(evaluated_on),--config 'model=$(evaluated)'))

# What `evaluate` asks which questions: those of a folder, where one is named, or downloaded ones.
tiny = {model: results/evaluate-demo/models/base, name: tiny}
evaluated = $(or $(MODEL),$(tiny))
evaluated_on = config/evaluate.yaml $(if $(MEDINJECTION_DATA),config/evaluate_folder.yaml)

sample: $(READY) ## Run the workflow on real records: make sample MEDINJECTION_DATA=FOLDER
	@test -n "$(MEDINJECTION_DATA)" || { echo "error: name the folder of the sources: make sample MEDINJECTION_DATA=FOLDER" >&2; exit 1; }
	$(call run,config/sample.yaml,$(call base_first,sample))

test: $(READY) $(COMET_READY) ## Run the tests; they need both environments
	@$(BIN)/python -m pytest tests/workflow tests/unit tests/web --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

cluster-test: $(READY) ## Run the tests that start a real Slurm here; bash envs/install_slurm.sh installs it
	@$(BIN)/python -m pytest $(or $(CLUSTER_TESTS),tests/cluster) --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

lint: $(READY) ## Check code, types, format and workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" snakefmt --check Snakefile workflow # it calls shfmt by name
	$(BIN)/snakemake --lint --configfile config/demo.yaml

schema: $(READY) ## Write config/schema.json, docs/configuration.md and docs/sources.md
	$(BIN)/python workflow/scripts/report_settings.py --schema config/schema.json --page docs/configuration.md
	$(BIN)/python workflow/scripts/report_sources.py --registry config/sources.yaml --page docs/sources.md

docs: $(DOCS_READY) ## Build the documentation as a site, site/index.html; a broken link is an error
	@.venv/docs/bin/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky docs site
	@echo "The documentation is at site/index.html"

pictures: $(READY) ## Take the pictures of the documentation anew, from the results of make demo
	@$(BIN)/python docs/pictures.py --run results/demo --output docs/pictures

comet: $(COMET_READY) ## Make the second environment, for COMET only

checks: $(CHECKS_READY) ## Make the environment with others' programs that check RO-Crates and the citation

resume: $(READY) ## Go on with a run on Slurm whose Snakemake was killed: make resume CONFIG=config/config.yaml
	@$(BIN)/python workflow/scripts/resume_run.py --configfile $(or $(CONFIG),config/config.yaml) \
		$(if $(STOP),--stop-running) $(if $(DEAD),--head-is-dead)

unlock: $(READY) ## Remove the lock that a killed Snakemake left: make unlock CONFIG=config/demo.yaml
	$(BIN)/snakemake --unlock --configfile $(or $(CONFIG),config/demo.yaml)

clean: ## Remove the demonstration's results
	rm -rf results/demo

$(READY): envs/workflow.txt pyproject.toml envs/make_environment.sh
	@bash envs/make_environment.sh workflow "$(PYTHON)"

$(COMET_READY): envs/comet.txt envs/make_environment.sh
	@bash envs/make_environment.sh comet "$(PYTHON)"

$(CHECKS_READY): envs/checks.txt envs/make_environment.sh
	@bash envs/make_environment.sh checks "$(PYTHON)"

$(DOCS_READY): envs/docs.txt envs/make_environment.sh
	@bash envs/make_environment.sh docs "$(PYTHON)"
