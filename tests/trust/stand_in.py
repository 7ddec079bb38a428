"""A child process for tests: ``stand_in.py PREPARED FAULTS FOLDER`` hands over a result solved before, or misbehaves.

The standard library only, so that it starts in a moment. FAULTS is JSON: method → name of a function below; other
methods are done well. The rest of a faulty run's result is right, so that only the fault can be what is noticed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

PREPARED, FOLDER = Path(sys.argv[1]), Path(sys.argv[3])
JOB = json.loads((FOLDER / "job.json").read_text())
GOOD = json.loads((PREPARED / f"{JOB['method']}-{JOB['seed']}.json").read_text())
MIB = 1 << 20


def put(name: str, value: Any) -> None:
    (FOLDER / name).write_text(value if isinstance(value, str) else json.dumps(value))


def on_the_way() -> None:
    """What a run has written before it ends: the best plan so far, and a trace."""
    put("best.json", {"time_s": 0.1, "plan": GOOD["plan"]})
    put("trace.jsonl", f"[0.1, {GOOD['objective_j']}, {0.5 * GOOD['objective_j']}]\n[0.2, tor")


def well(**changes: Any) -> None:
    put("result.json", {**GOOD, **changes})
    put("end.json", {"status": "finished", "error": ""})


def slowly() -> None:
    time.sleep(0.05)
    well()


def segfault() -> None:
    on_the_way()
    os.kill(os.getpid(), signal.SIGSEGV)


def abort() -> None:
    os.abort()


def fails() -> None:
    on_the_way()
    raise RuntimeError("no such luck")


def hang() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    on_the_way()
    time.sleep(600)


def overrun() -> None:
    """Past its own limit and the wall, but it listens when asked to stop."""
    on_the_way()
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        well(stop="interrupted")


def lying_bound() -> None:
    """A bound above a plan that it knows itself."""
    on_the_way()
    put("trace.jsonl", f"[0.1, {GOOD['objective_j']}, {2 * GOOD['objective_j']}]\n")
    time.sleep(600)


def memory() -> None:
    on_the_way()
    held = [bytearray(16 * MIB)]
    while True:
        held.append(bytearray(16 * MIB))


def bad_alloc() -> None:
    on_the_way()
    print("terminate called after throwing an instance of 'std::bad_alloc'", file=sys.stderr, flush=True)
    os.abort()


def memory_of_children() -> None:
    """No process holds much, but all together do, in sessions of their own."""
    on_the_way()
    for _ in range(6):
        if os.fork() == 0:
            os.setsid()
            held = bytearray(24 * MIB)
            held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
            time.sleep(600)
    time.sleep(600)


def leaves_children() -> None:
    """Ends well, and leaves processes behind that hold its output open."""
    for k in range(3):
        if (child := os.fork()) == 0:
            os.setsid()
            time.sleep(600)
        (PREPARED / f"child-{k}").write_text(str(child))
    well()


def killed() -> None:
    on_the_way()
    os.kill(os.getpid(), signal.SIGKILL)


def interrupted() -> None:
    on_the_way()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(600)


def kills_its_group() -> None:
    on_the_way()
    os.killpg(0, signal.SIGKILL)


def nan_solution() -> None:
    on_the_way()
    users = [{**GOOD["plan"]["users"][0], "uplink_share": float("nan")}, *GOOD["plan"]["users"][1:]]
    well(plan={**GOOD["plan"], "users": users})


def nan_objective() -> None:
    well(objective_j=float("nan"))


def broken_plan() -> None:
    """All bandwidth for each user; what was found on the way is right."""
    on_the_way()
    users = [{**user, "uplink_share": 1.0} for user in GOOD["plan"]["users"]]
    well(plan={**GOOD["plan"], "users": users})


def broken_plan_on_the_way() -> None:
    users = [{**user, "uplink_share": 1.0} for user in GOOD["plan"]["users"]]
    put("best.json", {"time_s": 0.1, "plan": {**GOOD["plan"], "users": users}})
    os.kill(os.getpid(), signal.SIGSEGV)


def better_objective() -> None:
    well(objective_j=0.9 * GOOD["objective_j"])


def better_bound() -> None:
    well(bound_j=2 * GOOD["objective_j"])


def better_verdict() -> None:
    well(verdict="certified")


def says_infeasible() -> None:
    well(verdict="infeasible", stop="infeasible", plan=None, objective_j=None, bound_j=None, certified_j=None,
         certificate=None, gap=None)  # fmt: skip


def of_another_run() -> None:
    well(seed=GOOD["seed"] + 1)


def nothing() -> None:
    on_the_way()


def garbage() -> None:
    on_the_way()
    (FOLDER / "result.json").write_bytes(bytes(range(256)) * 100)
    put("end.json", "{{{")
    (FOLDER / "versions.json").write_bytes(b"\xff\xfe")


def deep_garbage() -> None:
    put("result.json", "[" * 100_000)
    put("trace.jsonl", "[" * 100_000 + "\n[1, 2]\n[true, 1, 1]\n[1e999, 1, 1]\n")
    put("best.json", '{"plan": {"users": 7}}')


def endless_file() -> None:
    os.symlink("/dev/zero", FOLDER / "result.json")


def floods() -> None:
    on_the_way()
    while True:
        os.write(1, b"x" * 65536)


def no_room() -> None:
    print("result.json: cannot be written; No space left on device", file=sys.stderr)
    sys.exit(74)


def other_code() -> None:
    put("versions.json", {**json.loads((PREPARED / "versions.json").read_text()), "numpy": "0.0.1"})
    well()


if __name__ == "__main__":
    put("versions.json", (PREPARED / "versions.json").read_text())
    globals()[json.loads(sys.argv[2]).get(JOB["method"], "well")]()
