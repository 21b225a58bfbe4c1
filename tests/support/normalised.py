"""What a source becomes, read back from the files that `normalise_source` writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from medinjection.records.conservation import REJECT_SCHEMA, Reject, failed_rejects_path, read_rejects
from medinjection.records.errors import InputError
from medinjection.records.files import read_documents, read_records, read_table
from medinjection.records.schema import Document, Record
from medinjection.sources.normalise import normalise_source
from medinjection.sources.registry import Source
from medinjection.sources.specialties import Specialties


@dataclass(frozen=True)
class Normalised:
    """The items that were kept and the rows that were rejected, in the order of the files."""

    kept: list[Record] | list[Document]
    rejects: list[Reject]

    @property
    def rows_in(self) -> int:
        """How many rows there were."""
        return len(self.kept) + len(self.rejects)


def normalise(
    source: Source,
    folder: Path,
    specialties: Specialties,
    limit: int | None = None,
    seed: int = 42,
    split_shares: Mapping[str, float] | None = None,
) -> Normalised:
    """Return what `normalise_source` makes of a folder, however large a share of the rows is rejected."""
    with TemporaryDirectory() as temporary:
        output = Path(temporary) / "items.parquet"
        try:
            normalise_source(source, folder, specialties, output, 1.0, limit, seed, split_shares)
        except InputError:
            if not failed_rejects_path(output).is_file():
                raise
            rows = read_table(failed_rejects_path(output), REJECT_SCHEMA).to_pylist()
            return Normalised([], [Reject(**row) for row in rows])
        finally:
            left = {path.name for path in Path(temporary).iterdir()}
            assert left <= {"items.parquet", "items.rejects.parquet", "items.failed.parquet"}
        read = read_documents if source.kind == "documents" else read_records
        return Normalised(read(output), read_rejects(output))
