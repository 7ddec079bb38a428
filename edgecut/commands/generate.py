"""`edgecut generate KIND`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from edgecut.commands.options import Seed
from edgecut.store import save
from instances.errors import InputError
from instances.generate import GENERATORS, generate
from instances.instance import PROBLEMS


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("generate")(run)


def run(
    kind: Annotated[str, typer.Argument(help="one of " + ", ".join(sorted(GENERATORS)))],
    output: Annotated[Path, typer.Option("--output", "-o", help="file to write (.json or .parquet)")],
    users: Annotated[int, typer.Option(min=1, help="number of users")] = 20,
    servers: Annotated[int, typer.Option(min=0, help="number of servers")] = 3,
    seed: Seed = 0,
    problem: Annotated[str | None, typer.Option(help="what is minimised: one of " + ", ".join(PROBLEMS))] = None,
    network: Annotated[
        list[str] | None, typer.Option(metavar="NAME|FILE", help="what users run, drawn evenly; repeatable")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option(metavar="NAME|FILE", help="what users hold, drawn evenly; repeatable")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="an option of the generator; repeatable")
    ] = None,
) -> None:
    """Draw an instance and write it to a file."""
    given = {"problem": problem, "networks": network, "devices": device}
    settings = _settings(option or []) | {name: value for name, value in given.items() if value}
    instance = generate(kind, users=users, servers=servers, seed=seed, **settings)
    save(instance, output)
    print(f"{output}: {instance.name}, {instance.n_users} users, {instance.n_servers} servers", file=sys.stderr)


def _settings(pairs: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError("--set", f"'{pair}' has no '='", fix="write it as NAME=VALUE")
        if name in ("kind", "users", "servers", "seed", "problem"):
            raise InputError("--set", f"'{name}' has an option of its own", fix=f"give it as --{name}, or first")
        settings[name] = _value(value)
    return settings


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text.split(",") if "," in text else text
