"""Both stores of a deployment, opened together."""

from typing import TYPE_CHECKING, Self

from core.errors import StoreError
from core.settings import Settings
from core.stores.sql import LabelStore
from core.stores.sql.database import Database

if TYPE_CHECKING:
    from core.stores.milvus.vectors import VectorStore


class Stores:
    """Both stores, opened together.

    Raises
    ------
    StoreError
        If one of them cannot be opened; neither stays open then.
    """

    vectors: "VectorStore"

    def __init__(self, settings: Settings) -> None:
        self.database = Database(settings.labels_url, settings.store_timeout)
        self.labels = LabelStore(self.database)
        # pymilvus imports pandas: they take longer to import than everything else together.
        from core.stores.milvus.vectors import VectorStore

        try:
            self.vectors = VectorStore(
                settings.vectors_uri,
                settings.milvus_token.get_secret_value(),
                settings.store_timeout,
            )
        except StoreError:
            self.database.close()
            raise

    def close(self) -> None:
        """Close both."""
        self.vectors.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
