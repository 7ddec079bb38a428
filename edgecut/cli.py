"""The command line. Data goes to stdout, messages to stderr; exit codes in `edgecut.exits`."""

from __future__ import annotations

import os
import sys

import typer

from edgecut.commands import (
    catalogues,
    compare,
    dnn,
    explain,
    generate,
    library,
    plot,
    prices,
    report,
    solve,
    split,
    sweep,
    verify,
)
from edgecut.exits import Exit
from instances.errors import InputError

__all__ = ["app", "main"]

app = typer.Typer(
    name="edgecut",
    help="Decide where to cut each user's network, who runs the rest and with what share; prove how good that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _module in (
    generate,
    solve,
    verify,
    compare,
    explain,
    prices,
    plot,
    split,
    dnn,
    library,
    sweep,
    report,
    catalogues,
):
    _module.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except InputError as error:
        _complain(str(error))
        sys.exit(Exit.BAD_INPUT)
    except MemoryError:
        _complain("out of memory: the instance is too large for this machine. Fix: fewer users, servers or pieces")
        sys.exit(Exit.BAD_INPUT)
    except typer.Exit as ending:
        sys.exit(ending.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _complain("interrupted")
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        # The reader of stdout went away (`edgecut ... | head`): not our error, and nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except Exception as error:
        if not hasattr(error, "exit_code"):  # not one of click's own
            raise
        error.show() if hasattr(error, "show") else _complain(str(error))
        sys.exit(Exit.USAGE)
    sys.exit(code if isinstance(code, int) else Exit.OK)


def _complain(text: str) -> None:
    print(f"edgecut: {text}", file=sys.stderr)
