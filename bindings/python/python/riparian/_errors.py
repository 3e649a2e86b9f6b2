"""What can go wrong, as exceptions with the messages that users of the Rust crate get."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of a scenario, a table or an argument.

    Lines and columns count from 1. 0 means the file, or the line, as a whole. All three places are
    ``None`` for a fault of something that stands in no file.
    """

    file: str | None
    """The file, relative to the scenario's folder."""
    line: int | None
    """The line, from 1."""
    column: int | None
    """The column in characters, from 1."""
    found: str
    """What is wrong, with what was found there."""
    expected: str | None
    """What was expected instead."""
    nearest: str | None
    """The known name nearest to the one found."""

    def __str__(self) -> str:
        text = self.found
        if self.file is not None:
            places = [place for place in (self.line, self.column) if place]
            text = ":".join([self.file, *map(str, places)]) + f": {text}"
        if self.expected is not None:
            text += f"; expected {self.expected}"
        if self.nearest is not None:
            text += f"; did you mean `{self.nearest}`?"
        return text


class RiparianError(Exception):
    """The base of all errors of this package."""


class ScenarioError(RiparianError, ValueError):
    """A scenario, a table or an argument with faults: :attr:`faults` lists all of them."""

    faults: tuple[Fault, ...]
    """Every fault, in the order of files and lines."""

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, tuple[Fault, ...]]]:
        return type(self), (str(self), self.faults)


class ParseError(RiparianError, ValueError):
    """A text that is not the value it should be."""


class PolicyError(RiparianError):
    """A release policy answered with something impossible."""


class BalanceError(RiparianError):
    """A water balance does not close."""


class RuleError(RiparianError, ValueError):
    """A claims problem that cannot be shared, or a sharing rule that does not fit it."""


class EnsembleError(RiparianError, ValueError):
    """Parts that are not of one ensemble, or are asked for what was not kept."""


class FileError(RiparianError, OSError):
    """A file or folder that cannot be read or written."""


class OutputError(RiparianError, OSError):
    """A file or folder that this package did not write, and will not touch."""
