"""Instances in files: one call to save, one to load; the suffix says the format.

``.json`` is for people (`instances.json_file`), ``.parquet`` for large instances
(`instances.parquet_file`). Both hold the same content: saving, loading and saving again gives the same
bytes, and the fingerprint survives a change of format.
"""

from __future__ import annotations

import os
from pathlib import Path

from instances.fingerprint import fingerprint
from instances.instance import Instance
from instances.json_file import instance_from_json, instance_to_json
from instances.json_text import read_json, write_json
from instances.parquet_file import load_parquet, save_parquet
from instances.plan_file import plan_from_json, plan_to_json
from instances.scalars import refuse

__all__ = ["fingerprint", "load", "plan_from_json", "plan_to_json", "read_json", "save", "write_json"]

SUFFIXES = (".json", ".parquet")


def save(instance: Instance, path: str | os.PathLike[str]) -> None:
    """Write the instance, whole or not at all; ``.json`` or ``.parquet``.

    Raises:
        InputError: another suffix, or the file cannot be written.
    """
    if _suffix(path) == ".json":
        write_json(path, instance_to_json(instance))
    else:
        save_parquet(instance, path)


def load(path: str | os.PathLike[str]) -> Instance:
    """Read an instance that `save` wrote, or somebody by hand.

    Raises:
        InputError: what is wrong, where, why and what would mend it.
    """
    if _suffix(path) == ".json":
        return instance_from_json(read_json(path))
    return load_parquet(path)


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        refuse(str(path), f"ends in '{suffix}'" if suffix else "has no suffix", "the suffix says the format",
               "name it .json, or .parquet for more than some ten thousand users")  # fmt: skip
    return suffix
