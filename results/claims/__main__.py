"""`python -m results.claims [SYSTEM or CLAIM ...]`: measure claims and write results/claims.csv."""

from __future__ import annotations

import argparse
import sys

from instances.errors import InputError
from results.claims.table import measure_claims, read_table, write_table


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m results.claims", description=__doc__)
    parser.add_argument("systems", nargs="*", help="systems or claims to measure again; all when left out")
    try:
        found = measure_claims(parser.parse_args().systems)
    except InputError as error:
        sys.exit(str(error))
    write_table(found)
    rows = read_table()
    for name in sorted(found):
        row = rows[name]
        print(
            f"{row['verdict']:17} {name}: {row['measured']} {row['unit']} (published {row['published']}) {row['why']}"
        )


if __name__ == "__main__":
    main()
