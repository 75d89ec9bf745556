"""Records against each other and against the library: copies, two families, the same name."""

from collections.abc import Iterable, Sequence

from core.sequences.drafts import Draft
from core.sequences.issues import LEFT_OUT, shortened
from core.sequences.records import Record, sequence_id
from core.sequences.report import Known, Rule


def compare_with_each_other(drafts: Iterable[Draft], rule: Rule) -> None:
    """Find copies, and sequences that stand there with two families."""
    by_sequence: dict[int, list[Draft]] = {}
    for draft in drafts:
        if record := draft.usable:
            by_sequence.setdefault(sequence_id(draft.organism, record.residues), []).append(draft)
    for first, *others in by_sequence.values():
        if any(_number(each) != _number(first) for each in others):
            _settle(first, others, rule)
        kept = [each for each in (first, *others) if each.usable]
        for copy in kept[1:]:
            copy.add("copy", f"is a copy of {_place(kept[0])}")


def _settle(first: Draft, others: Sequence[Draft], rule: Rule) -> None:
    """Reject those of one sequence that the rule does not keep."""
    code = "two families" if rule is Rule.ERROR else LEFT_OUT
    other = next(each for each in others if _number(each) != _number(first))
    for each in (first, *others):
        kept = rule is Rule.FIRST and _number(each) == _number(first)
        if not kept:
            against = first if _number(each) != _number(first) else other
            what = f"has the family {_written(each)}; {_place(against)}, the same sequence, has"
            each.add(code, f"{what} {_written(against)}")


def compare_with_library(drafts: Iterable[Draft], known: Known) -> None:
    """Find what the library has already, in the same family or in another."""

    def id_of(draft: Draft, record: Record) -> int:
        partition = known.partitions.get(draft.organism, draft.organism)
        return sequence_id(partition, record.residues)

    ids = {id_of(draft, record): None for draft in drafts if (record := draft.usable)}
    found = known.sequences(list(ids)) if ids else {}
    for draft in drafts:
        if (record := draft.usable) is None:
            continue
        family = found.get(id_of(draft, record))
        if family is None:
            continue
        if family == record.family:
            draft.add("known", "is in the library already")
        else:
            name = known.library.get(family, str(family))
            what = f"has the family {_written(draft)}; the library has this sequence in {name!r}"
            draft.add("other family", what)


def compare_names(drafts: Iterable[Draft]) -> None:
    """Find names that stand there twice."""
    first: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        if draft.record and draft.record.name:
            same = first.setdefault((draft.organism, draft.record.name), draft)
            if same is not draft:
                draft.add("same name", f"has the name of {_place(same)}")


def _number(draft: Draft) -> int | None:
    return draft.record.family if draft.record else None


def _written(draft: Draft) -> str:
    return repr(shortened(draft.family, 40))


def _place(draft: Draft) -> str:
    return f"record {draft.entry.position:,} (line {draft.entry.line:,})"
