"""All kinds of files that this package registers. Another module of kinds is one more name here."""

from __future__ import annotations

from results.trust.fuzz import library_kinds, proof_kinds, sweep_kinds  # noqa: F401  they register their kinds
from results.trust.fuzz.kinds import KINDS

__all__ = ["KINDS"]
