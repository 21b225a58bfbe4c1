"""The English originals of the translated questions that models are evaluated on."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from medinjection.records.errors import InputError


def english_originals(evaluated: pa.Table, normalised: Sequence[tuple[str, pa.Table]]) -> pa.Table:
    """Return the originals of the translated records among `evaluated`, in their order.

    A record keeps its id when it is translated. Whether options may be permuted is taken from the French record, so
    that both languages are asked in the same orders.

    Args:
        evaluated: table of RECORD_SCHEMA.
        normalised: pairs of file name and table of RECORD_SCHEMA, the records that were translated.

    Raises:
        InputError: no record is translated, or an original is missing.
    """
    translated = evaluated.filter(pc.equal(evaluated["component"], "translated"))
    originals = pa.concat_tables(table for _, table in normalised)
    places = pc.index_in(translated["id"], originals["id"])
    names = ", ".join(name for name, _ in normalised)
    if not len(translated):
        raise InputError(f"{names}: none of the evaluated choice questions is translated, expected some")
    if places.null_count:
        lost = translated.filter(pc.is_null(places))["id"][0].as_py()
        raise InputError(
            f"{names}: no original of record {lost}, which was translated; {places.null_count} are missing"
        )
    found = originals.take(places)
    column = found.schema.get_field_index("shufflable")
    return found.set_column(column, found.schema.field(column), translated["shufflable"])
