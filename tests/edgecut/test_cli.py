"""The command line as a user meets it: files, exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.shell import edgecut

ROOT = Path(__file__).resolve().parents[2]


def in_a_process(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edgecut", *(str(a) for a in arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small solved instance."""
    place = tmp_path_factory.mktemp("cli")
    made = edgecut("generate", "campus", "--users", "6", "--servers", "2", "--seed", "3", "-o", "i.json", cwd=place)
    assert made.returncode == 0, made.stderr
    solved = edgecut("solve", "i.json", "--gap", "1e-3", "-o", "r.json", cwd=place)
    assert solved.returncode == 0, solved.stderr
    return place


def test_solve_prints_a_card_and_progress_apart(folder: Path) -> None:
    done = in_a_process("solve", "i.json", "--gap", "1e-3", cwd=folder)
    assert "CERTIFIED" in done.stdout and "deadlines" in done.stdout
    header, first = done.stderr.splitlines()[:2]
    assert header.split() == ["time", "best", "bound", "gap"]
    assert float(first.split()[0].rstrip("s")) < 1.0
    assert "gap" not in done.stdout.splitlines()[0]


@pytest.mark.parametrize(("problem", "label", "unit"), [("J-L", "energy+time", "J"), ("J-C", "money", "USD")])
def test_other_problems_have_their_own_label_and_unit(folder: Path, problem: str, label: str, unit: str) -> None:
    name = f"{problem}.json"
    made = edgecut("generate", "campus", "--problem", problem, "--users", "5", "--servers", "2", "-o", name, cwd=folder)
    assert made.returncode == 0, made.stderr
    done = edgecut("solve", name, "--method", "greedy", "-o", f"r-{name}", cwd=folder)
    line = next(line for line in done.stdout.splitlines() if label in line)
    assert line.split()[-2] == unit
    told = edgecut("explain", name, f"r-{name}", "--user", "u0", cwd=folder)
    assert f"{unit} to the objective of {problem}" in told.stdout
    twice = edgecut("generate", "campus", "--set", "problem=J-L", "-o", "x.json", cwd=folder)
    assert twice.returncode == 65 and "--problem" in twice.stderr


def test_solve_json_has_the_promised_fields(folder: Path) -> None:
    done = in_a_process("solve", "i.json", "--gap", "1e-3", "--json", "--quiet", cwd=folder)
    document = json.loads(done.stdout)
    assert {"objective_j", "bound_j", "gap", "verdict", "stop", "build_s", "solve_s", "method", "seed"} <= set(document)
    assert done.stderr == ""
    assert document["gap"] <= 1e-3
    assert document["bound_j"] <= document["objective_j"]


def test_verify_accepts_and_refutes(folder: Path) -> None:
    assert edgecut("verify", "i.json", "r.json", cwd=folder).returncode == 0
    document = json.loads((folder / "r.json").read_text())
    document["objective_j"] *= 0.99
    (folder / "lie.json").write_text(json.dumps(document))
    refuted = in_a_process("verify", "i.json", "lie.json", cwd=folder)
    assert refuted.returncode == 4
    assert "the plan is worth" in refuted.stdout


def test_verify_refuses_another_instance(folder: Path) -> None:
    edgecut("generate", "campus", "--users", "6", "--servers", "2", "--seed", "4", "-o", "other.json", cwd=folder)
    done = edgecut("verify", "other.json", "r.json", cwd=folder)
    assert done.returncode == 4 and "fingerprints differ" in done.stdout


def test_compare_lists_methods_best_first(folder: Path) -> None:
    done = edgecut(
        "compare", "i.json", "--methods", "exact,greedy,local_search", "--gap", "1e-3", "--json", "-q", cwd=folder
    )
    rows = json.loads(done.stdout)
    assert {row["method"] for row in rows} == {"exact", "greedy", "local_search"}
    values = [row["objective_j"] for row in rows if row["objective_j"] is not None]
    assert values == sorted(values)
    table = edgecut("compare", "i.json", "--methods", "greedy,all_local", "-q", cwd=folder)
    assert table.returncode == 0 and "greedy" in table.stdout


@pytest.mark.parametrize("what", ["methods", "formulations"])
def test_catalogues(folder: Path, what: str) -> None:
    rows = json.loads(edgecut(what, "--json", cwd=folder).stdout)
    assert rows and all(row["name"] and row["reference"] for row in rows)
    table = edgecut(what, cwd=folder).stdout
    assert all(row["name"] in table for row in rows)


def test_explain_tells_why(folder: Path) -> None:
    name = json.loads((folder / "i.json").read_text())["users"][0]["name"]
    done = edgecut("explain", "i.json", "r.json", "--user", name, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert f"user {name} runs" in done.stdout and "binding:" in done.stdout and "other choices" in done.stdout
    unknown = edgecut("explain", "i.json", "r.json", "--user", name + "x", cwd=folder)
    assert unknown.returncode == 65 and f"did you mean '{name}'" in unknown.stderr


def test_plot_writes_a_picture(folder: Path) -> None:
    assert edgecut("plot", "i.json", "r.json", "-o", "p.png", cwd=folder).returncode == 0
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    wrong = edgecut("plot", "i.json", "r.json", "-o", "p.xyz", cwd=folder)
    assert wrong.returncode == 65 and not (folder / "p.xyz").exists()


def test_bad_input_is_65_without_traceback_and_writes_nothing(folder: Path) -> None:
    text = (folder / "i.json").read_text()
    (folder / "cut_off.json").write_text(text[: len(text) // 2])
    document = json.loads(text)
    document["users"][1]["deadline_s"] = -1
    (folder / "negative.json").write_text(json.dumps(document))
    for name in ("cut_off.json", "negative.json", "absent.json"):
        done = edgecut("solve", name, "-o", "never.json", cwd=folder)
        assert done.returncode == 65, done.stderr
        assert "Traceback" not in done.stderr and done.stdout == ""
        assert not (folder / "never.json").exists()
    alone = in_a_process("solve", "cut_off.json", cwd=folder)
    assert alone.returncode == 65 and "Traceback" not in alone.stderr and alone.stdout == ""
    assert "users[1].deadline_s" in edgecut("solve", "negative.json", cwd=folder).stderr


def test_usage_errors_are_2(folder: Path) -> None:
    assert edgecut("solve", cwd=folder).returncode == 2
    assert in_a_process("frobnicate", cwd=folder).returncode == 2
    assert edgecut("solve", "i.json", "--gap", "many", cwd=folder).returncode == 2


def test_unknown_method_names_the_nearest(folder: Path) -> None:
    done = edgecut("solve", "i.json", "--method", "exakt", cwd=folder)
    assert done.returncode == 65 and "did you mean 'exact'" in done.stderr


def test_infeasible_is_3_and_says_why(folder: Path) -> None:
    document = json.loads((folder / "i.json").read_text())
    document["users"][0]["deadline_s"] = 1e-5
    name = document["users"][0]["name"]
    (folder / "hopeless.json").write_text(json.dumps(document))
    done = edgecut("solve", "hopeless.json", "-q", cwd=folder)
    assert done.returncode == 3
    assert f"user {name}: best possible" in done.stdout.replace("\n", " ")


def test_no_plan_is_1(folder: Path) -> None:
    """The relaxation gives a bound and never a plan."""
    done = edgecut("solve", "i.json", "--method", "joint_relaxed", "--json", "-q", cwd=folder)
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["objective_j"]) == (1, "unknown", None)
    assert document["bound_j"] > 0


def test_the_result_is_not_lost_to_a_bad_output(folder: Path) -> None:
    """What cannot be written is told before the solve, not after it."""
    text = (folder / "i.json").read_text()
    for output in ("i.json", "no_folder/r.json", ".", "r.txt", "/dev/null"):
        done = edgecut("solve", "i.json", "-o", output, cwd=folder)
        assert done.returncode == 65 and "Traceback" not in done.stderr and done.stdout == "", output
    assert (folder / "i.json").read_text() == text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("solve", "i.json", "--gap", "inf"), 65),
        (("solve", "i.json", "--time-limit", "inf"), 65),
        (("solve", "i.json", "--nodes", "99999999999999"), 65),
        (("compare", "i.json", "--methods", ","), 2),
        (("compare", "i.json", "--methods", "greedy,joint_units"), 65),
        (("generate", "campus", "--set", "seed=1", "-o", "x.json"), 65),
        (("generate", "campus", "--set", "load", "-o", "x.json"), 65),
        (("generate", "campsu", "-o", "x.json"), 65),
        (("verify", "r.json", "r.json"), 65),
        (("verify", "i.json", "i.json"), 65),
        (("plot", "i.json", "r.json", "-o", "no_folder/p.png"), 65),
    ],
)
def test_nasty_arguments(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    done = edgecut(*arguments, cwd=folder)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_too_many_pieces_are_told(folder: Path) -> None:
    made = edgecut(
        "generate", "campus", "--users", "4", "--servers", "1", "--set", "allocation=units",
        "--set", "blocks=100000", "--set", "units=100000", "-o", "fine.json", cwd=folder,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    done = edgecut("solve", "fine.json", "--method", "joint_units", "-q", cwd=folder)
    assert done.returncode == 65 and "pieces" in done.stderr


def test_ctrl_c_keeps_the_best_plan(tmp_path: Path) -> None:
    made = edgecut(
        "generate", "campus", "--users", "60", "--servers", "4", "--seed", "1", "-o", "big.json", cwd=tmp_path
    )
    assert made.returncode == 0, made.stderr
    command = [sys.executable, "-m", "edgecut", "solve", "big.json", "--gap", "0", "-o", "kept.json"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:  # until a plan is known
        if " J " in line:
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert edgecut("verify", "big.json", "kept.json", cwd=tmp_path).returncode == 0


def test_admission_from_generation_to_explanation(tmp_path: Path) -> None:
    made = edgecut("generate", "campus", "--problem", "J-A", "--users", "8", "--servers", "2", "--seed", "2", "--set",
                   "load=4", "--set", "energy_part=0.2", "-o", "i.json", cwd=tmp_path)  # fmt: skip
    assert made.returncode == 0, made.stderr
    solved = edgecut("solve", "i.json", "-o", "r.json", cwd=tmp_path)
    assert solved.returncode == 0, solved.stderr
    plan = json.loads((tmp_path / "r.json").read_text())["plan"]["users"]
    away = [user["user"] for user in plan if user["cut"] is None]
    assert away and len(away) < 8
    assert f"admitted    {8 - len(away)} of 8 users" in solved.stdout
    assert f"rejected    {len(away)} in weight" in solved.stdout and " J " not in solved.stdout
    assert edgecut("verify", "i.json", "r.json", cwd=tmp_path).returncode == 0
    explained = edgecut("explain", "i.json", "r.json", "--user", away[0], cwd=tmp_path)
    assert "turned away" in explained.stdout and "latency" not in explained.stdout
    served = next(user["user"] for user in plan if user["cut"] is not None)
    assert "+1 in weight  turned away" in edgecut("explain", "i.json", "r.json", "--user", served, cwd=tmp_path).stdout
    assert edgecut("plot", "i.json", "r.json", "-o", "p.png", cwd=tmp_path).returncode == 0
    refused = edgecut("generate", "campus", "--set", "problem=J-A", "-o", "x.json", cwd=tmp_path)
    assert refused.returncode == 65 and "--problem" in refused.stderr
