"""The figures, one module a topic; importing this package registers them all (`results.figures.FIGURES`)."""

from results.drawings import (
    admission,
    claims,
    clocks,
    crowd,
    cuts,
    fronts,
    gaps,
    learned,
    networks,
    online,
    peers,
    scale,
    settings,
    systems,
)

__all__ = [
    "admission",
    "claims",
    "clocks",
    "crowd",
    "cuts",
    "fronts",
    "gaps",
    "learned",
    "networks",
    "online",
    "peers",
    "scale",
    "settings",
    "systems",
]
