"""A program for tests that are to kill runners: loads the packages once, then forks a runner for each order.

An order is a line of JSON on stdin: [sweep's file, prepared results, method → fault]. It answers with the runner's
process id, with the key of each row that the runner says is written, with ``end`` at the end and, after another line of
stdin, with the runner's wait status.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from results.sweep.runner import News
from results.sweep.settings import read_sweep
from tests.sweeps import run_with_stand_in


def run(path: str, prepared: str, faults: dict[str, str]) -> NoReturn:
    def tell(news: News) -> None:
        if news.row is not None:
            os.write(1, f"row {news.row['key']}\n".encode())

    try:
        run_with_stand_in(read_sweep(Path(path)), Path(prepared), faults, tell=tell)
        os._exit(0)
    except KeyboardInterrupt:
        os._exit(130)
    except BaseException as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for line in sys.stdin:
        runner = os.fork()
        if runner == 0:
            run(*json.loads(line))
        print(f"runner {runner}", flush=True)
        os.waitid(os.P_PID, runner, os.WEXITED | os.WNOWAIT)
        print("end", flush=True)
        # Only now is its number free for others: until here it may be killed.
        sys.stdin.readline()
        print(f"status {os.waitpid(runner, 0)[1]}", flush=True)


if __name__ == "__main__":
    main()
