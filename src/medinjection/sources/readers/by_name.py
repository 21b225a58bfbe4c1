"""Which module reads which source: the names that `reader` may take in the registry."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.sources.items import RawItem
from medinjection.sources.readers import (
    deft,
    diamed,
    e3c,
    frbmedqa,
    frenchmedmcqa,
    kqa,
    medical_cases_fr,
    medical_mqca_fr,
    mediqal,
    medmcqa,
    medqa,
    medxpertqa,
    mmlu,
    mmlu_pro,
    morfitt,
    pubmedqa,
    released,
    s_editions,
    wmt,
)
from medinjection.sources.registry import Source

Reader = Callable[[Path, Source], Iterator[RawItem]]

# Imported by name, not looked up by it: the code fingerprint of a rule follows imports.
READERS: Mapping[str, Reader] = {
    "deft": deft.read,
    "diamed": diamed.read,
    "e3c": e3c.read,
    "frbmedqa": frbmedqa.read,
    "frenchmedmcqa": frenchmedmcqa.read,
    "kqa": kqa.read,
    "medical_cases_fr": medical_cases_fr.read,
    "medical_mqca_fr": medical_mqca_fr.read,
    "mediqal": mediqal.read,
    "medmcqa": medmcqa.read,
    "medqa": medqa.read,
    "medxpertqa": medxpertqa.read,
    "mmlu": mmlu.read,
    "mmlu_pro": mmlu_pro.read,
    "morfitt": morfitt.read,
    "pubmedqa": pubmedqa.read,
    "released": released.read,
    "s_editions": s_editions.read,
    "wmt": wmt.read,
}


def reader_of(source: Source) -> Reader:
    """Return the reader of `source`. Raises InputError where the registry names one that does not exist."""
    if source.reader not in READERS:
        raise InputError(f"{source.name}.reader: found {source.reader!r}, expected one of: {', '.join(READERS)}")
    return READERS[source.reader]
