"""Columns of variants and clouds from records: names become rows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from instances.clouds import Clouds
from instances.columns import Ints
from instances.dnn import Dnn
from instances.errors import nearest
from instances.machines import as_columns, check_record
from instances.records import Cloud, Server, Variant
from instances.references import References
from instances.scalars import number, refuse, text
from instances.variants import Variants

__all__ = ["cloud_columns", "server_clouds", "variant_columns"]


def variant_columns(records: Sequence[Variant], networks: References[Dnn]) -> Variants:
    """Columns of variant records; networks that nobody else names are entered.  Raises InputError at its place."""
    rows = []
    for v, record in enumerate(records):
        where = f"variants[{v}]"
        check_record(record, Variant, where)
        network = networks.row(record.network, f"{where}.network")
        runs = network if record.runs is None else networks.row(record.runs, f"{where}.runs")
        factors = (number(record.upload_factor, f"{where}.upload_factor"),
                   number(record.input_factor, f"{where}.input_factor"),
                   number(record.accuracy, f"{where}.accuracy"))  # fmt: skip
        loss = np.array([number(x, f"{where}.loss[{j}]") for j, x in enumerate(record.loss)], dtype=np.float64)
        rows.append((text(record.name, f"{where}.name"), network, runs, *factors, loss))
    return as_columns_of_variants(rows) if rows else Variants.none()


def as_columns_of_variants(rows: Sequence[tuple[object, ...]]) -> Variants:
    """Columns of rows whose values are in the order of the fields."""
    names = [field.name for field in dataclasses.fields(Variants)]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return Variants(**{name: tuple(c) if name == "loss" else list(c) for name, c in columns.items()})  # type: ignore[arg-type]


def cloud_columns(records: Sequence[Cloud]) -> Clouds:
    """Columns of cloud records.  Raises InputError at ``clouds[i].field``."""
    rows = []
    for i, record in enumerate(records):
        where = f"clouds[{i}]"
        check_record(record, Cloud, where)
        numbers = [
            number(math.inf if getattr(record, f.name) is None else getattr(record, f.name), f"{where}.{f.name}")
            for f in dataclasses.fields(record)[1:]
        ]
        rows.append((text(record.name, f"{where}.name"), *numbers))
    return as_columns(Clouds, rows) if rows else Clouds.none()


def server_clouds(records: Sequence[Server], clouds: Clouds) -> Ints:
    """[servers] row of each record's cloud; −1 where it names none."""
    row = {name: k for k, name in enumerate(clouds.name.tolist())}
    found = []
    for s, record in enumerate(records):
        where = f"servers[{s}].cloud"
        if record.cloud is not None and text(record.cloud, where) not in row:
            refuse(where, f"no cloud is called '{record.cloud}'", fix=nearest(record.cloud, row))
        found.append(-1 if record.cloud is None else row[record.cloud])
    return np.array(found, dtype=np.int64)
