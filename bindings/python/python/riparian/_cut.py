"""Members as ranges, one for each task."""

from __future__ import annotations


def cut(members: range | int, *, tasks: int | None = None, size: int | None = None) -> list[range]:
    """Cuts members into ranges: into so many ``tasks`` that differ by one member at most, or into
    ranges of ``size`` members, of which the last may have fewer.

    ``members`` is a ``range`` of step 1, or how many from 0 on. No range is empty, so that there are
    no more tasks than members. Cut by size, ranges do not depend on how many workers there are: right
    for files that a later run is to find again.

    >>> import riparian
    >>> riparian.cut(10, tasks=3)
    [range(0, 4), range(4, 7), range(7, 10)]
    >>> riparian.cut(range(5, 12), size=3)
    [range(5, 8), range(8, 11), range(11, 12)]

    Raises ``TypeError`` if members are no such range, or both or none of the two are told;
    ``ValueError`` for fewer than one task or member in each.
    """
    if isinstance(members, int):
        members = range(members) if members >= 0 else range(members, 0)
    if members.step != 1 or members.start < 0:
        raise TypeError("members are a range of step 1 from 0 or above, or a number of members")
    if (tasks is None) == (size is None):
        raise TypeError("expected either `tasks` or `size`")
    if size is not None:
        if size < 1:
            raise ValueError(f"size {size}; expected at least 1 member in a task")
        starts = range(members.start, members.stop, size)
        return [range(start, min(start + size, members.stop)) for start in starts]
    assert tasks is not None
    if tasks < 1:
        raise ValueError(f"{tasks} tasks; expected at least 1")
    tasks = min(tasks, len(members))
    ranges: list[range] = []
    start = members.start
    for task in range(tasks):
        stop = start + len(members) // tasks + (task < len(members) % tasks)
        ranges.append(range(start, stop))
        start = stop
    return ranges
