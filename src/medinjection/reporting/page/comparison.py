"""The page's sections on the paper: its claims, and the audit of its published cells."""

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

from medinjection.records.csv_rows import read_rows
from medinjection.reporting.remark import NO_REMARK
from medinjection.reporting.tables.audit import HEADER, RANKING, AuditRow
from medinjection.reporting.tables.claims_table import (
    NAME,
    SLIPS_NAME,
    claims_grid,
    parts_grid,
    read_claims,
    slips_grid,
)


def claim_facts(tables: Path) -> dict[str, Any]:
    """Return what the template shows of the claims, nothing where the run is not compared with the paper."""
    path = tables / f"{NAME}.csv"
    if not path.is_file():
        return {"claims": None, "claims_parts": None, "slips": None, "claim_verdicts": []}
    rows = read_claims(path)
    verdicts: dict[str, dict[str, str]] = {}
    for row in rows:
        if not row["part"]:
            verdicts.setdefault(row["basis"], {})[row["claim"]] = row["verdict"].partition(":")[0]
    return {
        "claims": claims_grid(rows, NO_REMARK),
        "claims_parts": parts_grid(rows, path, NO_REMARK),
        "slips": slips_grid(tables / f"{SLIPS_NAME}.csv"),
        "claim_verdicts": [(basis, Counter(said.values()).most_common()) for basis, said in verdicts.items()],
    }


def audit_facts(path: Path | None) -> dict[str, Any]:
    """Return what the template shows of the audit, nothing where there is none."""
    if path is None:
        return {"cells": [], "rankings": [], "verdicts": []}
    rows = [AuditRow(**{name: row[name] for name in HEADER}) for row in read_rows(path, HEADER)]
    cells = [row for row in rows if row.model != RANKING]
    verdicts = [
        (table, verdict, count)
        for table, group in groupby(cells, key=lambda row: row.table)
        for verdict, count in sorted(Counter(row.verdict for row in group).items())
    ]
    return {"cells": cells, "rankings": [row for row in rows if row.model == RANKING], "verdicts": verdicts}
