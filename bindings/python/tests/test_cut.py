"""Members cut into ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riparian


@given(st.integers(0, 50), st.integers(0, 300), st.integers(1, 70))
def test_a_cut_leaves_nothing_out(start: int, members: int, many: int) -> None:
    whole = range(start, start + members)
    by_tasks = riparian.cut(whole, tasks=many)
    by_size = riparian.cut(whole, size=many)
    for parts in (by_tasks, by_size):
        assert [member for part in parts for member in part] == list(whole)
        assert all(len(part) > 0 for part in parts)
    assert len(by_tasks) == min(many, members)
    sizes = [len(part) for part in by_tasks]
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert all(len(part) == many for part in by_size[:-1])


def test_what_cannot_be_cut() -> None:
    assert riparian.cut(3, tasks=2) == [range(0, 2), range(2, 3)]
    for members in (range(0, 10, 2), range(-1, 3), -1):
        with pytest.raises((TypeError, ValueError), match="members"):
            riparian.cut(members, tasks=2)
    for how in ({}, {"tasks": 1, "size": 1}):
        with pytest.raises(TypeError, match="either"):
            riparian.cut(3, **how)
    for how in ({"tasks": 0}, {"size": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            riparian.cut(3, **how)
