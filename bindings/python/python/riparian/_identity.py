"""What tells one Python callable from another, on every machine with the same Python."""

from __future__ import annotations

import hashlib
from types import CodeType
from typing import Any, cast

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def of(it: Any) -> tuple[str, str]:
    """The name of a callable, and a text with a hash of its code and of the plain values it holds.

    What it calls is not looked into: give a callable another name when that changes.
    """
    kind = cast(type[object], type(it))
    name = getattr(it, "__qualname__", kind.__qualname__)
    module = getattr(it, "__module__", kind.__module__)
    digest = hashlib.sha256()
    _add(digest, it)
    return name, f"{module}.{name} {digest.hexdigest()}"


def _add(digest: Any, it: Any) -> None:
    code = getattr(it, "__code__", None)
    if isinstance(code, CodeType):
        _add_code(digest, code)
        cells = [cell.cell_contents for cell in getattr(it, "__closure__", None) or ()]
        for value in [*(getattr(it, "__defaults__", None) or ()), *cells]:
            _add_value(digest, value)
        return
    inner = getattr(type(it).__call__, "__code__", None)
    if isinstance(inner, CodeType):
        _add_code(digest, inner)
    for name, value in sorted(getattr(it, "__dict__", {}).items()):
        digest.update(name.encode() + b"\0")
        _add_value(digest, value)


def _add_code(digest: Any, code: CodeType) -> None:
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
    for constant in code.co_consts:
        _add_value(digest, constant)


def _add_value(digest: Any, value: Any) -> None:
    if isinstance(value, CodeType):
        _add_code(digest, value)
    elif isinstance(value, frozenset):
        items = cast(frozenset[object], value)
        digest.update(repr(sorted(map(repr, items))).encode())
    elif isinstance(value, (tuple, list)):
        digest.update(b"(")
        for item in cast(tuple[object, ...] | list[object], value):
            _add_value(digest, item)
        digest.update(b")")
    elif isinstance(value, _PLAIN):
        digest.update(repr(value).encode() + b"\0")
    elif callable(value):
        digest.update(getattr(value, "__qualname__", type(value).__qualname__).encode())
