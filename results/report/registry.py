"""The registry of a report's sections. A section looks at what there is and gives blocks, or none if it has no part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from instances.registry import Registry
from results.report.known import Known
from results.report.record import Record
from results.report.run import Run
from results.tables import Table

__all__ = ["SECTIONS", "Block", "Listing", "Material", "Paragraph", "Picture", "Section", "section"]


@dataclass(frozen=True)
class Material:
    """What a report is made of: the run, its records, and what is known of each instance."""

    run: Run
    records: tuple[Record, ...]
    known: dict[str, Known]

    @property
    def tried(self) -> tuple[Record, ...]:
        """Records of methods that could run on their instance."""
        return tuple(record for record in self.records if not record.refused)

    @property
    def methods(self) -> list[str]:
        """Names of methods that could run, in the order in which they first come."""
        return list(dict.fromkeys(record.method for record in self.tried))


@dataclass(frozen=True)
class Paragraph:
    """Plain text; ``warning`` if it must not be overlooked."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Listing:
    """Text in lines as they are: commands, a file."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG, made by us; ``caption`` is plain text."""

    svg: str
    caption: str


Block = Table | Paragraph | Listing | Picture
Make = Callable[[Material, np.random.Generator], list[Block]]


@dataclass(frozen=True)
class Section:
    """A section: heading, place among the others, and what makes it."""

    title: str
    order: int
    make: Make


SECTIONS = Registry[Section]("section")


def section(title: str, *, order: int) -> Callable[[Make], Make]:
    """Decorator that registers a section."""

    def register(make: Make) -> Make:
        SECTIONS.add(title, Section(title, order, make))
        return make

    return register
