#!/usr/bin/env bash
# Run by `snakemake --sdm conda` once comet.yaml is installed: conda cannot ask pip to pass over the needs of one package.
set -euo pipefail
python -m pip install --no-deps unbabel-comet==2.2.7
