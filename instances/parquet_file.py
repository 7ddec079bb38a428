"""Instances as Parquet: for programs, up to millions of users. One file.

One row a user: ``name``, ``network``, ``device``, ``radio`` (names), ``deadline_s``, ``weight``, perhaps
``device_budget_j`` (null is no limit) and ``accuracy_floor`` (null is none), and ``links``, a list of {server,
efficiency, download_mbps, round_trip_s, backhaul_mbps}, where null is no limit. Everything else (schema,
networks, machines, rules, provenance) is the JSON of `instances.json_file` without its users, kept in the file's
metadata under ``edgecut``. So the table opens in any reader, and one file is replaced in one step.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from instances.columns import Floats, Ints
from instances.errors import InputError, nearest
from instances.families import cloud_columns, server_clouds, variant_columns
from instances.instance import Instance, Links, Users
from instances.json_file import header_from_json, header_to_json
from instances.json_text import format_json, parse_json
from instances.machines import device_columns, radio_columns, server_budgets, server_columns
from instances.parquet_columns import numbers, of_link, of_user, one_chunk, refuse_null, rows_of, server_rows, strings
from instances.read_limits import TABLE_MB, largest_table_mb
from instances.references import devices_among, networks_among, radios_among
from instances.scalars import refuse
from instances.storage import read_bytes, system_error, write_atomically

__all__ = ["load_parquet", "load_parquet_part", "save_parquet"]

_KEY = b"edgecut"
_NAMES = ("name", "network", "device", "radio")
_NUMBERS = ("deadline_s", "weight")
_LINK_NUMBERS = ("efficiency", "download_mbps", "round_trip_s", "backhaul_mbps")
_UNLIMITED = ("download_mbps", "backhaul_mbps")
_COLUMNS = (*_NAMES, *_NUMBERS, "links")
_BUDGET, _FLOOR = "device_budget_j", "accuracy_floor"


def save_parquet(instance: Instance, path: str | os.PathLike[str]) -> None:
    """Write the instance, atomically and always in the same bytes for the same content.

    Raises:
        InputError: the file cannot be written.
    """
    import pyarrow.parquet as pq

    table = _table(instance)

    def write(stream: BinaryIO) -> None:
        pq.write_table(table, stream, compression="zstd")

    write_atomically(path, write)


def load_parquet(path: str | os.PathLike[str]) -> Instance:
    """Read what `save_parquet` wrote.

    Raises:
        InputError: the file is missing, cut short, not Parquet or not an instance, or a value is refused.
    """
    import pyarrow.parquet as pq

    content = read_bytes(path)
    with _readable(path), pq.ParquetFile(io.BytesIO(content)) as file:
        _check_unpacked(file, range(file.num_row_groups), path)
        table = file.read()
    return _checked_instance(table, str(path))


def load_parquet_part(path: str | os.PathLike[str], first: int, last: int) -> Instance:
    """Users ``first`` … ``last`` − 1 of what `save_parquet` wrote, with their links; only their row groups are read.

    Raises:
        InputError: as `load_parquet`, or there are no such users.
    """
    import pyarrow.parquet as pq

    with _readable(path), pq.ParquetFile(path, memory_map=True) as file:
        ends = np.cumsum([file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)], dtype=np.int64)
        if not 0 <= first < last <= file.metadata.num_rows:
            refuse(str(path), f"has no users {first} to {last}", f"it has {file.metadata.num_rows}", "ask for fewer")
        groups = np.arange(np.searchsorted(ends, first, side="right"), np.searchsorted(ends, last) + 1)
        _check_unpacked(file, groups.tolist(), path)
        table = file.read_row_groups(groups.tolist())
        begin = int(ends[groups[0]]) - file.metadata.row_group(int(groups[0])).num_rows
    return _checked_instance(table.slice(first - begin, last - first), str(path))


def _check_unpacked(file: Any, groups: Iterable[int], path: str | os.PathLike[str]) -> None:
    """A small file may unpack into any amount of memory; it says how much in its metadata."""
    size_mb = sum(file.metadata.row_group(g).total_byte_size for g in groups) / 1e6
    if size_mb > largest_table_mb():
        refuse(str(path), f"unpacks into {size_mb:.3g} MB", f"{largest_table_mb():g} MB is the most", f"set {TABLE_MB}")


@contextlib.contextmanager
def _readable(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns what pyarrow says about a broken file into an InputError."""
    import pyarrow as pa

    try:
        yield
    except InputError:
        raise
    except FileNotFoundError as error:
        raise system_error(path, error, "read") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        refuse(str(path), "is not a whole Parquet file", str(error).splitlines()[0][:200], "write it again")


def _checked_instance(table: Any, path: str) -> Instance:
    import pyarrow as pa

    _check_columns(table, path)
    try:
        return _instance(table, _header(table, path))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        refuse(path, "holds values that cannot be read", str(error)[:200], "write it again")


def _table(instance: Instance) -> Any:
    import pyarrow as pa

    users, links = instance.users, instance.links
    tables = (
        [n.name for n in instance.networks],
        instance.devices.name.tolist(),
        instance.radios.name.tolist(),
    )
    columns = [pa.array(users.name.tolist(), pa.string())]
    for rows, names in zip((users.network, users.device, users.radio), tables, strict=True):
        columns.append(_names_of(rows, names))
    columns += [pa.array(getattr(users, field)) for field in _NUMBERS]
    inner = [_names_of(links.server, instance.servers.name.tolist())]
    for field in _LINK_NUMBERS:
        values = getattr(links, field)
        inner.append(pa.array(values, mask=np.isinf(values)))
    start = np.searchsorted(links.user, np.arange(len(users) + 1)).astype(np.int32)
    struct = pa.StructArray.from_arrays(inner, names=["server", *_LINK_NUMBERS])
    columns.append(pa.ListArray.from_arrays(pa.array(start), struct))
    header = format_json(header_to_json(instance)).encode()
    table, budget = pa.table(columns, names=list(_COLUMNS)), instance.device_budget_j
    if budget is not None:
        table = table.append_column(_BUDGET, pa.array(budget, mask=np.isinf(budget)))
    if instance.accuracy_floor is not None:
        table = table.append_column(_FLOOR, pa.array(instance.accuracy_floor, mask=instance.accuracy_floor == 0))
    return table.replace_schema_metadata({_KEY: header})


def _names_of(rows: Ints, names: Sequence[str]) -> Any:
    """Arrow strings of the names in these rows."""
    import pyarrow as pa

    listed = pa.array(names, pa.string())
    return listed.take(pa.array(rows))


def _header(table: Any, path: str) -> dict[str, Any]:
    metadata = table.schema.metadata or {}
    if _KEY not in metadata:
        refuse(
            path,
            f"has no metadata '{_KEY.decode()}'",
            "networks and machines are kept there",
            "save it with edgecut",
        )
    return header_from_json(parse_json(metadata[_KEY], path))


def _check_columns(table: Any, path: str) -> None:
    for column in table.column_names:
        if column not in (*_COLUMNS, _BUDGET, _FLOOR):
            refuse(path, f"has a column '{column}'", "it is not one of an instance", nearest(column, _COLUMNS))
        if table.column_names.count(column) > 1:
            refuse(path, f"has two columns '{column}'", "only one can be meant", "keep one of them")
    for column in _COLUMNS:
        if column not in table.column_names:
            refuse(path, f"has no column '{column}'", "every user needs one", "add it")


def _instance(table: Any, header: dict[str, Any]) -> Instance:
    nets, machines = networks_among(header.pop("networks")), devices_among(header.pop("devices"))
    radio_set = radios_among(header.pop("radios"))
    server_records = header.pop("servers")
    servers = server_columns(server_records)
    clouds = cloud_columns(header.pop("clouds", ()))
    columns: dict[str, Any] = {
        word: rows_of(table[word], references, of_user(word))
        for word, references in (("network", nets), ("device", machines), ("radio", radio_set))
    }
    columns |= {field: numbers(table[field], of_user(field)) for field in _NUMBERS}
    names = strings(table["name"], of_user("name")).to_numpy(zero_copy_only=False)
    variants = variant_columns(header.pop("variants", ()), nets)
    return Instance(
        networks=tuple(nets.entries),
        devices=device_columns(machines.entries),
        radios=radio_columns(radio_set.entries),
        users=Users(name=names.astype(np.str_), **columns),
        servers=servers,
        links=_links(table["links"], servers.name.tolist()),
        energy_budget_j=server_budgets(server_records),
        device_budget_j=_budget(table),
        variants=variants,
        clouds=clouds,
        server_cloud=server_clouds(server_records, clouds),
        accuracy_floor=_floor(table),
        **{"name": "instance"} | header,
    )


def _budget(table: Any) -> Floats | None:
    if _BUDGET not in table.column_names:
        return None
    return numbers(table[_BUDGET], of_user(_BUDGET), unlimited=True)


def _floor(table: Any) -> Floats | None:
    if _FLOOR not in table.column_names:
        return None
    return np.nan_to_num(numbers(table[_FLOOR].fill_null(0.0), of_user(_FLOOR)), nan=-1.0)  # NaN is refused later


def _links(column: Any, servers: Sequence[str]) -> Links:
    import pyarrow.compute as pc

    fields = _link_fields(column.type)
    refuse_null(column, of_user("links"))
    lists = one_chunk(column)
    lengths = np.asarray(pc.list_value_length(lists), dtype=np.int64)
    user, start = np.repeat(np.arange(len(lengths)), lengths), np.cumsum(lengths) - lengths
    inner = dict(zip(fields, lists.flatten().flatten(), strict=True))
    places = {field: of_link(user, start, field) for field in fields}
    server = server_rows(inner["server"], servers, places["server"])
    columns = {f: numbers(inner[f], places[f], unlimited=f in _UNLIMITED) for f in _LINK_NUMBERS}
    return Links(user=user, server=server, **columns)


def _link_fields(kind: Any) -> list[str]:
    """Fields of a link in the file's order."""
    import pyarrow as pa

    known = ("server", *_LINK_NUMBERS)
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_struct(kind.value_type):
        refuse("links", f"holds {kind}", "a list of links is needed", "make it a list of structs")
    fields = [kind.value_type.field(k).name for k in range(kind.value_type.num_fields)]
    for field in fields:
        if field not in known or fields.count(field) > 1:
            refuse(f"links.{field}", "is not a field, or is there twice", fix=nearest(field, known))
    for field in known:
        if field not in fields:
            refuse(f"links.{field}", "is missing", "every link needs one", "add it")
    return fields
