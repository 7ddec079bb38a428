"""`python -m results.library [NAME ...] [--limit S] [--again] [--page]`: solve, submit, write docs/library.md.

Without names, every instance that has no record yet is solved, so that a run that was stopped goes on where it was.
With names, or with ``--again``, instances are solved once more, and what is better is kept.
"""

from __future__ import annotations

import argparse
import sys
import time

from instances.errors import InputError
from instances.library.entries import names
from instances.library.records import has_record
from results.library.page import table_line, write_page
from results.library.solving import timed


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m results.library", description=__doc__)
    parser.add_argument("names", nargs="*", help="instances; those without a record when left out")
    parser.add_argument("--limit", type=float, help="s for each run of a method")
    parser.add_argument("--budget", type=float, default=float("inf"), help="s after which no further instance is begun")
    parser.add_argument("--again", action="store_true", help="also those that have a record")
    parser.add_argument("--page", action="store_true", help="only write docs/library.md")
    given = parser.parse_args()
    begin = time.monotonic()
    try:
        todo = [] if given.page else given.names or [n for n in names() if given.again or not has_record(n)]
        for number, name in enumerate(todo, start=1):
            if not given.names and not given.again and has_record(name):
                continue  # another run was quicker
            if time.monotonic() - begin > given.budget:
                print(f"{len(todo) - number + 1} instances are left", file=sys.stderr)
                break
            record, why, spent = timed(name, limit_s=given.limit)
            print(f"{number}/{len(todo)} {spent:5.1f} s {table_line(record)} {why[:150]}", flush=True)
        write_page()
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
