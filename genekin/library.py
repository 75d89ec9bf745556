"""A library, and what it is asked: classify, trace, load, compare."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Self

from core import defaults
from core.access.machine import current_user
from core.classify import classify
from core.errors import InputError
from core.library.library import Library as CoreLibrary
from core.library.manager import Libraries
from core.library.naming import check_library_name
from core.sequences.limits import Limits
from core.similarity import Similarity, compare_organisms
from core.stores.availability import wait_once
from genekin.inputs import QueryInput, References, read_input
from genekin.progress import ProgressOption, show_progress
from genekin.results import Calls, Loads, Traces
from genekin.stores import Connection, settings_for

if TYPE_CHECKING:
    from core.runs.alignments import Alignments

_WRITER_TIMEOUT = 600.0
"""Seconds to wait for another writer to finish."""


def open_library(
    name: str = defaults.LIBRARY, *, home: str | PathLike[str] | None = None
) -> "Library":
    """Open a library of reference genes.

    It need not exist yet: its first load creates it. The stores are opened by the first question,
    shared by all libraries of the process, and closed with the last of them. Embedded stores that a
    running dashboard has open are used through it.

    Parameters
    ----------
    name : str
        Name of the library.
    home : str or path, optional
        Folder of embedded stores. If None, the stores that the settings (``GENEKIN_…``) name, as on
        the command line.

    Returns
    -------
    Library
        A context manager, which closes the stores at its end.

    Raises
    ------
    InputError
        If no library can have the name, or a setting is invalid.

    Examples
    --------
    >>> with open_library("lab") as library:
    ...     library.name
    'lab'
    """
    check_library_name(name)
    return Library(name, Connection(settings_for(home)))


def libraries(*, home: str | PathLike[str] | None = None) -> list[str]:
    """Return the names of the libraries.

    Parameters
    ----------
    home : str or path, optional
        Folder of embedded stores, as for :func:`open_library`.

    Returns
    -------
    list of str
        In alphabetical order; empty if nothing was loaded yet.

    Raises
    ------
    StoreError
        If a store cannot be opened.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     libraries(home=folder)
    []
    """
    connection = Connection(settings_for(home))
    try:
        with wait_once():
            return connection.libraries().names()
    finally:
        connection.close()


class Library:
    """A library of reference genes.

    Made by :func:`open_library`. It may be shared between threads. Errors that are to be expected
    are :class:`GeneKinError`: their text says what was wrong, and what to do.

    Parameters
    ----------
    name
        Name of the library.
    connection
        Use of the stores that it is in.

    Attributes
    ----------
    name
        Its name.
    """

    def __init__(self, name: str, connection: Connection) -> None:
        self.name = name
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Library {self.name!r}>"

    def close(self) -> None:
        """Close the stores, unless another library of the process uses them."""
        self._connection.close()

    @property
    def organisms(self) -> dict[str, int]:
        """Number of genes of each organism, in the order they were added."""
        with self._open() as library:
            return {organism.name: organism.count for organism in library.organisms()}

    @property
    def families(self) -> dict[int, str]:
        """Names of the families by class number."""
        with self._open() as library:
            return dict(library.families)

    @property
    def encoder(self) -> str:
        """Name of the encoder: ``translated``, or ``count``."""
        with self._open() as library:
            return library.encoder.name

    @property
    def threshold(self) -> float:
        """Lowest confidence at which a query is called, 0 to 1."""
        with self._open() as library:
            return library.threshold

    @property
    def digest(self) -> str:
        """Digest of all that answers depend on; it changes with every load and removal."""
        with self._open() as library:
            return library.contents()

    def classify(
        self,
        queries: QueryInput,
        *,
        organisms: Sequence[str] | None = None,
        neighbours: int = defaults.NEIGHBOURS,
        threshold: float | None = None,
        align: bool = False,
        progress: ProgressOption = False,
    ) -> Calls:
        """Find the gene family of each query; an invalid one does not stop the others.

        Parameters
        ----------
        queries : str, path, DataFrame, mapping or iterable
            A file in any format that the page takes; FASTA, FASTQ or one sequence as text; a table;
            sequences by name; or a list of sequences or of records, also those of Biopython. A
            string with a line end or ``>`` is a text, one of bases a sequence, and any other names
            a file.
        organisms : sequence of str, optional
            Search only these organisms.
        neighbours : int
            Maximum number of hits, 1 to 1,000.
        threshold : float, optional
            Minimum confidence for a call, 0 to 1; the library's own, if None.
        align : bool
            Align each query with its closest hit, for identity, coverage and E-value.
        progress : bool or function
            True shows progress in a line; a function is called with step, done and total.

        Returns
        -------
        Calls
            One :class:`Call` a query, in their order.

        Raises
        ------
        InputError
            If there are no queries, a file cannot be read, or an option is out of range.
        LibraryError
            If there is no such library.
        StoreError
            If a store fails.
        """
        _check_names(organisms)
        records = read_input(queries, self._limits)
        alignments: Alignments | None = None
        with show_progress(progress) as report, self._open() as library:
            calls = classify(
                library,
                records,
                organisms=organisms,
                neighbours=neighbours,
                threshold=threshold,
                progress=report,
            )
            if align:
                from core.runs.alignments import align_hits  # Imports Biopython.

                alignments = align_hits(
                    library,
                    [record.residues for record in records],
                    calls,
                    searched=library.count_genes(organisms),
                    closest_only=True,
                    progress=report,
                )
        return Calls(calls, records.notes, alignments)

    def trace(self, queries: QueryInput, *, progress: ProgressOption = False) -> Traces:
        """Find the organism of the closest relative of each query.

        Parameters
        ----------
        queries : str, path, DataFrame, mapping or iterable
            As for :meth:`classify`.
        progress : bool or function
            As for :meth:`classify`.

        Returns
        -------
        Traces
            One :class:`TraceResult` a query, in their order.

        Raises
        ------
        InputError
            If there are no queries, or a file cannot be read.
        LibraryError
            If there is no such library, or nothing in it.
        StoreError
            If a store fails.
        """
        from core.tracing import trace  # Not needed to classify.

        records = read_input(queries, self._limits)
        with show_progress(progress) as report, self._open() as library:
            return Traces(trace(library, records, progress=report), records.notes)

    def similarity(self, of: str, to: str, *, limit: int | None = None) -> Similarity:
        """Find the nearest gene of an organism for each gene of another one.

        Parameters
        ----------
        of : str
            Organism of the genes.
        to : str
            Organism that they are compared with.
        limit : int, optional
            Compare only so many genes of `of`, the first ones.

        Returns
        -------
        Similarity
            With the mean and its interval (``estimate``), and the nearest of each gene.

        Raises
        ------
        InputError
            If an organism is not in the library, or `limit` is not positive.
        LibraryError
            If there is no such library.
        StoreError
            If a store fails.
        """
        with self._open() as library:
            return compare_organisms(library, of, to, limit)

    def load(
        self,
        references: References,
        *,
        families: Mapping[int, str] | str | PathLike[str] | None = None,
        family: str = "",
        family_pattern: str = "",
        valid_only: bool = False,
        replace: bool = False,
        encoder: str | None = None,
        progress: ProgressOption = False,
    ) -> Loads:
        """Load reference genes; the first load creates the library and fits its encoder.

        Everything is checked before anything is written, and loaded as a whole or not at all.
        Loading the same genes twice changes nothing.

        Parameters
        ----------
        references : mapping of str, or one input
            By organism: a file, a text, a table with columns of sequences and families, records
            with families, or tuples of name, sequence and family. ``"builtin:human"`` is the human
            reference. Without organisms, the file names them, or its own name does.
        families : mapping of int to str, or path, optional
            Names of class numbers, or a file of them.
        family : str
            Family of records that name none.
        family_pattern : str
            Regular expression with one group, the family in headers; detected by default.
        valid_only : bool
            Leave invalid records out, instead of refusing all; the notes say how many.
        replace : bool
            Replace these organisms instead of adding to them.
        encoder : str, optional
            Encoder of a new library: ``translated`` (the default) or ``count``.
        progress : bool or function
            As for :meth:`classify`.

        Returns
        -------
        Loads
            One :class:`OrganismReport` an organism.

        Raises
        ------
        ForbiddenError
            If the user may not load (``GENEKIN_COMMAND_ROLE``).
        InputError
            If an input cannot be read or a record is invalid; nothing is loaded then.
        LibraryError
            If the library has another encoder.
        StoreError
            If a store fails, or has no room; nothing is loaded then.
        """
        from core.library.load import known_records, load  # Imports the client of Milvus.
        from genekin.references import ReferenceOptions, check_references

        options = ReferenceOptions(families or {}, family, family_pattern, valid_only)
        with show_progress(progress) as report, wait_once():
            opened = self._connection.libraries()
            if self.name in opened.names():
                opened.reconcile(self.name, timeout=_WRITER_TIMEOUT)
            known = known_records(opened, self.name, replace=replace)
            checked = check_references(references, options, known, self._limits, report)
            done = load(
                opened,
                checked.records,
                library=self.name,
                encoder=encoder,
                families=checked.families,
                source=checked.source,
                by=current_user(),
                replace=replace,
                progress=report,
                timeout=_WRITER_TIMEOUT,
            )
        return Loads(done.organisms, checked.notes, done.seconds)

    def remove(self, organism: str) -> int:
        """Remove an organism with all its genes.

        Parameters
        ----------
        organism : str
            Its name.

        Returns
        -------
        int
            Number of genes removed.

        Raises
        ------
        ForbiddenError
            If the user may not remove (``GENEKIN_COMMAND_ROLE``).
        InputError
            If it is not in the library.
        LibraryError
            If there is no such library.
        StoreError
            If a store fails.
        """
        with wait_once():
            return self._connection.libraries().remove_organism(
                self.name, organism, timeout=_WRITER_TIMEOUT
            )

    @property
    def _limits(self) -> Limits:
        return Limits.of_disk(self._connection.settings)

    @contextmanager
    def _open(self) -> Iterator[CoreLibrary]:
        """Open the library as it is now, for one question."""
        with wait_once():
            yield self.manager().open(self.name)

    def manager(self) -> Libraries:
        """Return all libraries of the stores, for work with :mod:`core`.

        Returns
        -------
        core.library.manager.Libraries
            With the rights of commands; valid until this library is closed.

        Raises
        ------
        GeneKinError
            If this library is closed.
        StoreError
            If a store cannot be opened.
        """
        return self._connection.libraries()


def _check_names(organisms: Sequence[str] | None) -> None:
    if isinstance(organisms, str):
        message = f"organisms is a string: {organisms[:40]!r}."
        raise InputError(message, f"Give a list: [{organisms[:40]!r}].")
