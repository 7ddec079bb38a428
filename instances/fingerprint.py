"""SHA-256 of what an instance says, fast enough for a million users."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from instances.columns import Columns, Ints, Names
from instances.instance import BUDGETS, Instance
from instances.tariff import PER_SERVER

__all__ = ["fingerprint"]

_VERSION = b"edgecut-instance-fingerprint/1"
_LABELS = ("problem", "allocation", "cut_rule", "horizon_s", "server_energy_weight")


def fingerprint(instance: Instance) -> str:
    """SHA-256 (hex) of the problem that the instance states.

    Users and servers count in their order, links as a set, networks, devices and radios by content: the order
    of their tables, entries that no user refers to, the file format and the order of keys change nothing.
    Neither do ``name``, ``provenance`` and the tariff's currency, which say nothing about the problem.
    """
    digest = hashlib.sha256(_VERSION)
    for field in _LABELS:
        value = getattr(instance, field)
        _add(digest, field, (value if isinstance(value, str) else float(value).hex()).encode())
    # Fields of one problem only: instances of the others keep the fingerprint that they had before it was there.
    if instance.problem == "J-L":
        _add(digest, "latency_weight_w", float(instance.latency_weight_w).hex().encode())
    if instance.tariff is not None:
        _add(digest, "tariff.per_j", float(instance.tariff.per_j).hex().encode())
        for field in PER_SERVER:
            _add(digest, f"tariff.{field}", _bytes(getattr(instance.tariff, field)))
    users = instance.users
    _add_references(digest, "network", users.network, [bytes.fromhex(n.fingerprint) for n in instance.networks])
    _add_references(digest, "device", users.device, _row_digests(instance.devices))
    _add_references(digest, "radio", users.radio, _row_digests(instance.radios))
    _add_table(digest, "users", users, skip=("network", "device", "radio"))
    _add_table(digest, "servers", instance.servers)
    _add_table(digest, "links", instance.links)  # sorted by user and server
    for field in BUDGETS:
        if getattr(instance, field) is not None:  # without them, the digest is that of before there were any
            _add(digest, field, _bytes(getattr(instance, field)))
    _add_families(digest, instance)
    return digest.hexdigest()


def _add_families(digest: Any, instance: Instance) -> None:
    """Add variants, clouds, floors and the deadline rule; instances without them keep their digest."""
    contents = [bytes.fromhex(network.fingerprint) for network in instance.networks]
    variants = instance.variants
    if len(variants):
        for field in ("network", "runs"):
            _add(digest, f"variants.{field}", b"".join(contents[g] for g in getattr(variants, field)))
        for field in ("name", "upload_factor", "input_factor", "accuracy"):
            _add(digest, f"variants.{field}", _bytes(getattr(variants, field)))
        for loss in variants.loss:
            _add(digest, "variants.loss", _bytes(loss))
    if (instance.cloud_of >= 0).any():
        _add_references(digest, "cloud", instance.cloud_of, [b"", *_row_digests(instance.clouds)], first=-1)
    if instance.accuracy_floor is not None:
        _add(digest, "accuracy_floor", _bytes(instance.accuracy_floor))
    if instance.deadline_rule != "expected":
        _add(digest, "deadline_rule", instance.deadline_rule.encode())


def _add_references(digest: Any, label: str, rows: Ints, contents: Sequence[bytes], first: int = 0) -> None:
    """Add which content each row refers to, whatever number it had; rows count from ``first``."""
    rows = rows - first
    used = np.unique(rows)
    order = sorted(used.tolist(), key=lambda row: contents[row])
    number = np.full(len(contents), -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    _add(digest, f"{label} contents", b"".join(contents[row] for row in order))
    _add(digest, label, _bytes(number[rows]))


def _row_digests(table: Columns) -> list[bytes]:
    """SHA-256 of each row of a short table."""
    digests = []
    for row in range(len(table)):
        digest = hashlib.sha256()
        _add_table(digest, type(table).__name__, table.take(np.array([row])))
        digests.append(digest.digest())
    return digests


def _add_table(digest: Any, label: str, table: Columns, skip: Sequence[str] = ()) -> None:
    for field in dataclasses.fields(table):
        if field.name not in skip:
            _add(digest, f"{label}.{field.name}", _bytes(getattr(table, field.name)))


def _bytes(column: np.ndarray[Any, Any]) -> bytes:
    """The column in a form that depends on its values alone, not on byte order, width or the sign of zero."""
    if column.dtype.kind == "U":
        return _name_bytes(column)
    kind = "<f8" if column.dtype.kind == "f" else "<i8"
    return np.ascontiguousarray(column + 0, dtype=kind).tobytes()


def _name_bytes(names: Names) -> bytes:
    lengths = np.char.str_len(names).astype("<i8")
    return bytes(lengths.tobytes()) + "".join(names.tolist()).encode("utf-8")


def _add(digest: Any, label: str, content: bytes) -> None:
    """Add a labelled part; its length keeps parts from running into one another."""
    digest.update(f"{label}:{len(content)}:".encode())
    digest.update(content)
