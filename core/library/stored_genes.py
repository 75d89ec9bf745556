"""The genes of a library as the database has them, without its vectors."""

from collections.abc import Sequence

from core.access.users import User
from core.stores.sql import LabelStore
from core.stores.sql.database import Database


class StoredGenes:
    """Residues of the genes of a library.

    Parameters
    ----------
    library_id
        Id of its row.
    """

    def __init__(self, labels: LabelStore, library_id: int) -> None:
        self._labels = labels
        self._library_id = library_id

    def residues(self, ids: Sequence[int]) -> dict[int, str]:
        """Return the residues of those genes that the library has, by id."""
        return self._labels.residues(self._library_id, ids)


def find_genes(database: Database, name: str, user: User) -> StoredGenes | None:
    """Return the genes of a library; None if there is none of that name that the user may use.

    Raises
    ------
    StoreError
        If the database fails.
    """
    labels = LabelStore(database)
    row = labels.library(name)
    if row is None or not user.may_use(row.owner, row.access):
        return None
    return StoredGenes(labels, row.id)
