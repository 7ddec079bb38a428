"""Published claims and what comes out here. One file a system; every module of this folder is loaded."""

import importlib
import pkgutil

from results.claims.registry import CLAIMS, Claim, Finding, Verdict, claim, within

for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["CLAIMS", "Claim", "Finding", "Verdict", "claim", "within"]
