"""`edgecut dnn ...`: networks of the catalogue, of ONNX files and of modules, and machines that run them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from edgecut.commands.options import AsJson
from edgecut.tables import print_table
from instances.catalog import lookup
from instances.cuts import enumerate_cuts
from instances.device_file import fit_device, write_device
from instances.dnn import Dnn, load_network, network_names
from instances.errors import InputError
from instances.network_file import write_network
from instances.storage import check_writable

app = typer.Typer(name="dnn", help="Networks: list, look at, draw, bring your own, time on this machine.",
                  no_args_is_help=True)  # fmt: skip

Network = Annotated[str, Argument(metavar="NETWORK", help="name in the catalogue, or a file (.json)")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app)


@app.command("list")
def list_networks(as_json: AsJson = False) -> None:
    """List the networks of the catalogue."""
    rows = [_row(load_network(name)) for name in network_names()]
    print(json.dumps(rows, indent=1)) if as_json else print_table(rows, sys.stdout)


def _row(network: Dnn) -> dict[str, Any]:
    return {
        "network": network.name,
        "layers": network.n_layers,
        "cuts": len(enumerate_cuts(network)),
        "gmac": round(network.gmac, 3),
        "weights_mb": round(network.total_weight_mb, 2),
        "input_mb": round(network.input_mbit / 8, 4),
        "smallest_output_mb": round(float(network.output_mbit[:-1].min(initial=network.output_mbit[-1])) / 8, 4),
        "result_mb": round(network.result_mbit / 8, 6),
    }


@app.command("info")
def info(network: Network, as_json: AsJson = False) -> None:
    """Show a network layer by layer."""
    found = load_network(network)
    head = {**_row(found), "source": found.source, "fingerprint": found.fingerprint}
    rows = [
        {
            "layer": name,
            "kind": found.kind[j],
            "gflop": float(found.gflop[j]),
            "weights_mb": float(found.weight_mb[j]),
            "output_mb": float(found.output_mbit[j]) / 8,
            "reads": ", ".join("input" if p < 0 else found.layers[p] for p in found.predecessors[j]),
        }
        for j, name in enumerate(found.layers)
    ]
    if as_json:
        print(json.dumps({**head, "rows": rows}, indent=1))
        return
    print("\n".join(f"{name:<20}{value}" for name, value in head.items()))
    print_table(rows, sys.stdout)


@app.command("from-onnx")
def from_onnx(
    model: Annotated[Path, Argument(metavar="MODEL", help="ONNX file")],
    output: Annotated[Path, Option("--output", "-o", help="file to write (.json)")],
    name: Annotated[str | None, Option(help="what it is called (default: the file's name)")] = None,
    size: Annotated[list[str] | None, Option(metavar="NAME=NUMBER", help="an open size; repeatable")] = None,
    input_bytes: Annotated[int | None, Option(min=0, help="bytes of the input as sent over the air")] = None,
) -> None:
    """Write the layer graph of an ONNX model. Needs the extra `onnx`."""
    from instances.onnx_graph import from_onnx as read

    _check_json(output)
    with _warnings_on_stderr():
        network = read(model, name=name, sizes=_sizes(size or []), input_bytes=input_bytes)
    write_network(network, output)
    print(f"{output}: {network.name}, {network.n_layers} layers, {network.gmac:.3f} GMAC, "
          f"{network.total_weight_mb:.1f} MB of weights", file=sys.stderr)  # fmt: skip


@contextmanager
def _warnings_on_stderr() -> Iterator[None]:
    """Within it a warning is one line on stderr."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = lambda message, *_: print(f"edgecut: {message}", file=sys.stderr)
        yield


def _sizes(pairs: list[str]) -> dict[str, int]:
    sizes = {}
    for pair in pairs:
        name, _, number = pair.rpartition("=")
        if not name or not number.isdecimal() or int(number) < 1:
            raise InputError("--size", f"'{pair}' is no NAME=NUMBER", fix="as in --size sequence=128")
        sizes[name] = int(number)
    return sizes


@app.command("measure")
def measure(
    networks: Annotated[
        list[str], Argument(metavar="NETWORK...", help="names in the catalogue, or package.module:function")
    ],
    output: Annotated[Path, Option("--output", "-o", help="file to write (.json)")],
    name: Annotated[str, Option(help="what the device is called")] = "measured",
    like: Annotated[str | None, Option(help="device of the catalogue whose power, clock and memory it has")] = None,
    repeats: Annotated[int, Option(min=1, help="runs that are timed")] = 20,
    processor: Annotated[str, Option(help="cpu, or cuda where torch sees a GPU")] = "cpu",
) -> None:
    """Time networks layer by layer on this machine and write a device that instances can use.

    A function of your own returns a torch module and an example input. Needs the extra `profile`.
    """
    from instances.processor import processor_name, runtime_name
    from instances.timings_of import open_network, time_network

    _check_json(output)
    measured = []
    for reference in networks:
        pair = time_network(open_network(reference, processor), repeats=repeats)
        measured.append(pair)
        timing = pair[1]
        whole = f"{1e3 * timing.whole_s[1]:.4g} ms as a whole (quartiles {100 * timing.spread:.1f} % apart)"
        parts = f"{1e3 * timing.sum_s:.4g} ms as the sum of {pair[0].n_layers} layers"
        print(f"{pair[0].name}: {whole}, {parts}", file=sys.stderr)
    device = fit_device(measured, name=name, processor=processor_name(processor), runtime=runtime_name(), like=like)
    write_device(device, output)
    speed = device.speed
    print(f"{output}: {speed.gflops:.4g} GFLOP/s, {speed.memory_gb_s:.4g} GB/s, {1e6 * speed.launch_s:.4g} µs a layer",
          file=sys.stderr)  # fmt: skip
    print_table(list(device.fit), sys.stdout)


@app.command("show")
def show(
    network: Network,
    output: Annotated[Path, Option("--output", "-o", help="picture to write (.png, .pdf or .svg)")],
    device: Annotated[str, Option(help="device of the catalogue, or a measured one (.json)")] = "phone",
    server: Annotated[str, Option(help="server of the catalogue, or a measured machine (.json)")] = "edge_gpu",
    radio: Annotated[str, Option(help="radio of the catalogue")] = "wifi",
    rate: Annotated[float, Option(min=1e-3, help="uplink, Mbit/s")] = 20.0,
) -> None:
    """Draw a network's graph with its cuts, the tensors that cross them, and what each cut costs one user alone."""
    from instances.generate.tables import device_model
    from results.network_picture import Setting, draw_network

    holder = device_model(device)
    machine = device_model(server) if _is_file(server) else lookup("servers", server)
    setting = Setting(holder, holder.active_w, machine, lookup("radios", radio), rate)
    draw_network(load_network(network), output, setting)
    print(output, file=sys.stderr)


def _is_file(reference: str) -> bool:
    return reference.lower().endswith(".json")


def _check_json(path: Path) -> None:
    """Find out before the work that the result cannot be written."""
    if not _is_file(str(path)):
        raise InputError(str(path), "does not end in .json", "commands know a file by that", "name it .json")
    check_writable(path)
