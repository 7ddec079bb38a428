"""`python -m results.trust COMMAND`: hold methods against each other, feed readers with broken files.

    differential   random tiny instances, every exact method and whoever is registered; contradictions are made small
    replay         what the parties of a contradiction say now
    fuzz           broken files of every kind, read under limits; failing ones are made small and kept
    report         figures of what was run

More askers, and more kinds of files, come from modules that register them: `--with MODULE`.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from instances.errors import InputError
from results.trust import differential
from results.trust.askers import askers_now
from results.trust.differential import run_differential
from results.trust.reproducers import replay

__all__ = ["main"]

FOLDER = Path("out/trust")


def main(arguments: list[str] | None = None) -> int:
    """See ``--help``; 4: something was found."""
    parser = argparse.ArgumentParser(
        prog="python -m results.trust", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add_differential(commands.add_parser("differential", help="hold methods against each other"))
    fuzz = commands.add_parser("fuzz", help="read broken files")
    fuzz.add_argument("--files", type=int, default=50_000, help="files in all (%(default)s)")
    fuzz.add_argument("--kind", action="append", help="a kind of file; repeatable; all when left out")
    _add_common(fuzz)
    again = commands.add_parser("replay", help="ask the parties of a contradiction again")
    again.add_argument("file", type=Path, help="reproducer")
    report = commands.add_parser("report", help="figures of what was run")
    report.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where rows are (%(default)s)")
    for command in commands.choices.values():
        command.add_argument("--with", dest="modules", action="append", default=[], metavar="MODULE",
                             help="module that registers more; repeatable")  # fmt: skip
    given = parser.parse_args(arguments)
    try:
        for module in given.modules:
            import_module(module)
        return int(_COMMANDS[given.command](given))
    except InputError as error:
        print(error, file=sys.stderr)
        return 65


def _add_differential(command: argparse.ArgumentParser) -> None:
    command.add_argument("--instances", type=int, default=1000, help="draws in all (%(default)s)")
    _add_common(command)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    command.add_argument("--shard", default="0/1", metavar="K/N", help="those with number mod N = K only (%(default)s)")
    command.add_argument("--folder", type=Path, default=FOLDER, help="for rows and what was found (%(default)s)")


def _differential(given: argparse.Namespace) -> int:
    part, parts = shard_of(given.shard)
    folder = _folder(given.folder, part, parts)
    run_differential(range(part, given.instances, parts), given.seed, askers_now(), folder, given.modules)
    lines = differential.summary(folder)
    print("\n".join(lines))
    return 0 if "contradictions: 0" in lines else 4


def _fuzz(given: argparse.Namespace) -> int:
    from results.trust.fuzz import runner  # late: it builds files of every kind

    part, parts = shard_of(given.shard)
    folder = _folder(given.folder, part, parts)
    runner.run_fuzz(given.files, given.seed, folder, given.modules, (part, parts), given.kind)
    lines = runner.summary(folder)
    print("\n".join(lines))
    return 0 if "failing: 0" in lines else 4


def _folder(folder: Path, part: int, parts: int) -> Path:
    """Shards may run at the same time, so each has its own."""
    return folder / f"shard-{part}-of-{parts}" if parts > 1 else folder


def _replay(given: argparse.Namespace) -> int:
    found = replay(given.file, askers_now())
    for one in found:
        print(f"{one.kind}, {one.claimant}, by {one.witness}: {one.message}")
    if not found:
        print("no contradiction")
    return 4 if found else 0


def _report(given: argparse.Namespace) -> int:
    from results.trust.fuzz import runner

    if any(given.folder.rglob(differential.FILE)):
        print("\n".join(differential.summary(given.folder)))
    if any(given.folder.rglob(runner.FILE)):
        print("\n".join(runner.summary(given.folder)))
    return 0


def shard_of(text: str) -> tuple[int, int]:
    """K and N of ``K/N``.  Raises InputError unless 0 ≤ K < N."""
    first, _, second = text.partition("/")
    if not (first.isdecimal() and second.isdecimal() and int(first) < int(second)):
        raise InputError("--shard", f"is {text!r}", "it is K/N with 0 ≤ K < N", "as in --shard 0/4")
    return int(first), int(second)


_COMMANDS = {"differential": _differential, "fuzz": _fuzz, "replay": _replay, "report": _report}


if __name__ == "__main__":
    sys.exit(main())
