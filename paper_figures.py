"""Every figure. Draws from committed rows; `--rerun` solves what is missing first.

python paper_figures.py                      draw all from results/runs
python paper_figures.py NAME ...             draw some
python paper_figures.py --list               name them
python paper_figures.py --quick --rerun      reduced cases, solved now, in out/quick_runs

Figures are the decorated functions of `results.drawings`; docs/figures.md shows them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import benchmarks.peers.experiment  # noqa: F401  registers the runs beside other solvers
import results.drawings  # noqa: F401  registers the figures
from instances.errors import InputError
from results.figures import FIGURES, draw_figure
from results.store import RUNS


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when all was drawn, 2 after an unknown name or missing rows (others are drawn all the same)."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="figures to draw (default: all)")
    parser.add_argument("--list", action="store_true", help="name the figures and stop")
    parser.add_argument("--quick", action="store_true", help="reduced cases, kept apart from the committed runs")
    parser.add_argument("--rerun", action="store_true", help="solve cases that have no row yet; resumable")
    parser.add_argument("--output", type=Path, default=Path("out/figures"), help="folder to draw into")
    parsed = parser.parse_args(arguments)
    if parsed.list:
        for name, (experiment, draw) in FIGURES.items():
            print(f"{name:28} {(draw.__doc__ or '').splitlines()[0]} [{experiment}]")
        return 0
    folder = Path("out/quick_runs") if parsed.quick else RUNS
    failed = False
    for name in parsed.names or FIGURES:
        try:
            for path in draw_figure(name, parsed.output, quick=parsed.quick, rerun=parsed.rerun, folder=folder):
                print(path)
        except InputError as error:
            print(f"paper_figures: {error}", file=sys.stderr)
            failed = True
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
