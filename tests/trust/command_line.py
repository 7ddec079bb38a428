"""Arguments of the command line as a kind of file: `python -m results.trust fuzz --with tests.trust.command_line`.

A file is a JSON list of arguments, read by running the command in the process. Names of example files are
written as {instance}, {result} and {network}.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np

from edgecut.cli import main
from instances.errors import InputError
from instances.files import save, write_json
from instances.network_file import write_network
from results.trust.fuzz.broken import Mutator
from results.trust.fuzz.kinds import FileKind, file_kind, small_instance, small_result
from solvers.result_file import result_to_json

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("solve", "{instance}", "--method", "greedy", "--quiet", "-o", "out.json"),
    ("solve", "{instance}", "--method", "branch", "--nodes", "5", "--gap", "0.1", "--seed", "3", "--json"),
    ("verify", "{instance}", "{result}", "--json"),
    ("explain", "{instance}", "{result}", "--user", "u0"),
    ("compare", "{instance}", "--methods", "greedy,all_local", "--quiet"),
    ("generate", "campus", "--users", "3", "--servers", "1", "--seed", "5", "-o", "new.json", "--set", "load=0.5"),
    ("generate", "mixed", "--users", "2", "--servers", "1", "-o", "new.parquet", "--network", "alexnet"),
    ("split", "alexnet", "--device", "phone", "--radio", "wifi", "--rate", "5", "--goal", "energy"),
    ("split", "--instance", "{instance}", "--user", "u1", "--deadline", "2"),
    ("dnn", "info", "{network}", "--json"),
    ("prices", "{instance}", "{result}"),
    ("methods",),
)
VALUES = (
    *("", "-1", "0", "nan", "inf", "1e308", "-1e-9", "1e400", "x", "é", "\x00", "\n", "\ud800", "*", "=", "{}", "a=b"),
    *("--", "-", "-o", "--help", "--seed", "5", "--nodes", "--gap", "--json", "--set", "u99", "greedy", "brute_force"),
    *("{instance}", "{result}", "{network}", ".", "/", "no/such/file.json", "campus", "9" * 400, "x" * 5000),
    *("load=nan", "load=", "networks=alexnet", "networks=", "problem=J-A", "blocks=0", "18446744073709551617"),
)
"""What arguments become. Sizes that ask for much work are no faults and are not among them."""


def valid() -> list[bytes]:
    """The commands as they are meant."""
    return [json.dumps(command).encode() for command in COMMANDS]


def arguments(content: bytes, rng: np.random.Generator) -> bytes:
    """One argument is changed, lost, doubled, moved or cut short."""
    words: list[str] = json.loads(content)
    if not words:
        return json.dumps([VALUES[int(rng.integers(len(VALUES)))]]).encode()
    k, other = int(rng.integers(len(words))), VALUES[int(rng.integers(len(VALUES)))]
    what = int(rng.integers(6))
    if what == 0:
        del words[k]
    elif what == 1:
        words.insert(k, other)
    elif what == 2:
        words.append(words.pop(k))
    elif what == 3:
        words[k] = words[k][: int(rng.integers(len(words[k]) + 1))]
    else:
        words[k] = other
    return json.dumps(words).encode()


def run(path: Path) -> None:
    """Run the command; files of the examples are beside the arguments."""
    folder = Path.cwd()
    if not (folder / "example.json").exists():
        save(small_instance(), folder / "example.json")
        write_json(folder / "example_result.json", result_to_json(small_result()))
        write_network(small_instance().networks[0], folder / "example_network.json")
    words = json.loads(path.read_text())
    names = {"{instance}": "example.json", "{result}": "example_result.json", "{network}": "example_network.json"}
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        try:
            main([names.get(word, word) for word in words])
        finally:
            save(small_instance(), folder / "example.json")  # a command may have been told to write there
    if "out of memory" in errors.getvalue():
        raise InputError("command", "out of memory")


def status_of(*words: str) -> int:
    """Exit status of a command that is run in this process."""
    try:
        main(list(words))
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


_MUTATORS: tuple[Mutator, ...] = (arguments,)

file_kind(FileKind("command line", ".json", valid, run, _MUTATORS))
