"""`instances.verify`: it agrees with checker and certifier, shares nothing with them, and runs alone."""

from __future__ import annotations

import ast
import copy
import json
import math
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from instances import verify as exact
from instances.certify_least import clock_term
from instances.check import check
from instances.cuts import efficient_cuts
from instances.dnn import load_network, network_names
from instances.generate import generate
from instances.json_file import instance_to_json
from instances.plan_file import plan_to_json
from solvers import Limits, solve
from solvers.result_file import result_to_json
from tests.builders import tiny_admission, tiny_instance, tiny_network
from tests.shell import edgecut
from tests.trust.mutations import PROBLEMS, Document, case_of

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "instances" / "verify.py"
ALLOWED = {"__future__", "collections", "fractions", "functools", "hashlib", "json", "math", "operator", "pathlib",
           "sys", "typing"}  # fmt: skip


def documents(instance: object, result: object) -> tuple[Document, Document]:
    return json.loads(json.dumps(instance_to_json(instance))), json.loads(json.dumps(result_to_json(result)))  # type: ignore[arg-type]


def test_only_the_standard_library_is_imported() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names == ALLOWED and names <= sys.stdlib_module_names | {"__future__"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"__import__", "eval", "exec", "compile"}


def test_it_is_short() -> None:
    assert len(SOURCE.read_text(encoding="utf-8").splitlines()) < 400


@pytest.mark.parametrize("problem", PROBLEMS)
def test_it_agrees_with_checker_and_certifier(problem: str) -> None:
    plans, bounds = compared(problem, range(6))
    assert plans >= 15 and bounds >= 10, (plans, bounds)


@pytest.mark.nightly
@pytest.mark.parametrize("problem", PROBLEMS)
def test_it_agrees_on_hundreds(problem: str) -> None:
    plans, bounds = compared(problem, range(50))
    print(problem, plans, bounds)
    assert plans >= 130 and bounds >= 100, (plans, bounds)


def compared(problem: str, seeds: range) -> tuple[int, int]:
    """Plans of the checker's value, bounds of the certifier's, both rules, trees and single leaves: how many."""
    plans = bounds = 0
    for allocation in ("continuous", "units"):
        for method in ("branch", "prices"):
            for seed in seeds:
                case = case_of(problem, allocation, method, seed)
                if case is None:
                    continue
                try:
                    cost, proven = exact.verify(case.given, case.result)
                except exact.Wrong as error:
                    assert error.args[1] == 65 and case.result["certificate"].get("whole"), error
                    cost = exact.Problem(case.given, exact.CATALOG).check(case.result["plan"])
                else:
                    assert float(proven) == pytest.approx(case.result["certified_j"], rel=1e-10, abs=1e-13)
                    assert proven <= Fraction(case.optimum) * (1 + Fraction(1, 10**9))
                    bounds += 1
                assert float(cost) == pytest.approx(case.result["objective_j"], rel=1e-12)
                plans += 1
    return plans, bounds


def test_p39_random_prices_never_pass_the_optimum() -> None:
    """Any prices and any claim: what is proven is at most what an optimal plan costs."""
    rng, near = np.random.default_rng(3), 0
    for problem in PROBLEMS:
        for seed in range(8):
            case = case_of(problem, "continuous", "branch", seed)
            if case is None:
                continue
            problem_read = exact.Problem(case.given, exact.CATALOG)
            size = case.optimum / max(case.instance.n_servers, 1)
            for _ in range(6):
                certificate = copy.deepcopy(case.result["certificate"])
                for node in certificate["nodes"]:
                    for key in {"prices", "sieve"} & set(node):
                        node[key] = (size * 10 ** rng.uniform(-3, 1, np.shape(node[key]))).tolist()
                certificate["bound_j"] = float(case.optimum * rng.choice([0.5, 1.0, 2.0]))
                proven = exact.Proof(problem_read, certificate).bound
                assert proven == math.inf or Fraction(proven, 1 << exact.BITS) <= Fraction(case.optimum) * (
                    1 + Fraction(1, 10**9)
                )
                near += proven != math.inf and proven > 0
    assert near > 50


def test_p39_fixed_point_errs_on_one_side() -> None:
    """The clock's term against its exact value at many clocks, and against the certifier's in floats."""
    rng, one = np.random.default_rng(5), 1 << exact.BITS
    for _ in range(300):
        energy, late = (float(x) for x in 10 ** rng.uniform(-6, 3, 2) * (rng.random(2) < 0.9))
        low = float(rng.uniform(0.1, 1.0))
        high = low * float(rng.uniform(1.0, 4.0))
        figures = [Fraction(x) for x in (energy, late, low, high)]
        got = Fraction(exact.least_clock(*(exact.down(x) for x in figures)), one)
        clocks = [Fraction(z) for z in np.linspace(low, high, 40)]
        true = min(figures[0] * z * z + figures[1] / z for z in clocks)
        assert got <= true
        best = min(max((late / (2 * energy)) ** (1 / 3) if energy else high, low), high)
        rough = float(clock_term(*(np.array([x]) for x in (energy, late, low, high, best)))[0])
        assert float(got) == pytest.approx(rough, rel=1e-12, abs=1e-12)


def test_p39_worth_is_at_most_the_cost_at_any_shares() -> None:
    """v_o from below: no shares and no clock in time cost less, prices paid."""
    case = case_of("J-L", "continuous", "branch", 0)
    assert case is not None
    rng, tried = np.random.default_rng(7), 0
    for user in range(case.instance.n_users):
        for option in exact.Problem(case.given, exact.CATALOG).options(user):
            scale = 2.0**-exact.BITS
            air, run, device, budget = (x * scale for x in (option.air, option.run, option.device, option.budget))
            clock, send, late, rest = (x * scale for x in (option.clock, option.send, option.late, option.rest))
            prices = {at: [int(x / scale) for x in 10 ** rng.uniform(-3, 1, 4)] for at in ("s0", "s1")}
            mu, nu, *_ = prices.get(option.at, [0, 0])
            memory = sum(p * s for p, s in zip(prices.get(option.at, [0] * 4)[2:], option.stocks, strict=True))
            worth = option.worth({**prices, None: [0] * 4}, {}) * scale
            for beta, phi in rng.uniform(0.05, 1.0, (40, 2)):
                left = budget - air / beta - run / phi
                z = max(option.slow * scale, device / left) if left > 0 else math.inf
                if z <= option.fast * scale:
                    cost = clock * z**2 + send * air / beta + late * (device / z + air / beta + run / phi) + rest
                    cost += (mu * beta + nu * phi) * scale + memory * scale**2
                    assert worth <= cost * (1 + 1e-12)
                    tried += 1
    assert tried > 100


def test_cuts_are_numbered_as_certificates_number_them() -> None:
    """Of each network the same list: the sets may be twins, whose figures are the same."""
    networks = [load_network(name) for name in network_names()]
    networks += [tiny_network(np.random.default_rng(s), 3 + s % 6) for s in range(60)]
    for network in networks:
        ours, listed = exact.Network(network.to_json()), efficient_cuts(network)
        assert ours.fingerprint == network.fingerprint
        theirs = [ours.cut(sum(1 << int(j) for j in np.flatnonzero(row))) for row in listed.on_device]
        assert [cut[1:] for cut in ours.cuts] == [cut[1:] for cut in theirs], network.name
        assert np.array([cut.upload * 8e-6 for cut in ours.cuts]) == pytest.approx(listed.upload_mbit)


def test_plans_of_both_rules_are_recomputed() -> None:
    """Valid ones at the checker's value; with one share, clock or server changed, refused if and only if it does."""
    rng, valid, broken = np.random.default_rng(11), 0, 0
    for seed in range(12):
        for allocation in ("continuous", "units"):
            instance = (tiny_admission if seed % 3 == 2 else tiny_instance)(seed, 3, 2, 3, allocation)
            result = solve(instance, "greedy")
            if result.plan is None:
                continue
            given = json.loads(json.dumps(instance_to_json(instance)))
            problem = exact.Problem(given, exact.CATALOG)
            for _ in range(12):
                plan = result.plan
                field = ("uplink_share", "compute_share", "clock")[rng.integers(3)]
                column = getattr(plan, field).copy()
                column[rng.integers(len(plan))] *= rng.choice([1.0, 0.9, 1.1, 1 + 1e-7])
                plan = plan.replace(**{field: column})
                report = check(instance, plan)
                text = json.loads(json.dumps(plan_to_json(instance, plan)))
                if report.valid:
                    assert float(problem.check(text)) == pytest.approx(report.objective_j, rel=1e-12, abs=1e-15)
                    valid += 1
                else:
                    with pytest.raises(exact.Wrong):
                        problem.check(text)
                    broken += 1
    assert valid > 40 and broken > 40


def test_it_runs_alone(tmp_path: Path) -> None:
    """A copy in an empty folder, without site packages: networks in full, or from a folder that is named."""
    case = case_of("J-E", "continuous", "branch", 0)
    assert case is not None
    shutil.copy(SOURCE, tmp_path / "verify.py")
    (tmp_path / "i.json").write_text(json.dumps(case.given))
    (tmp_path / "r.json").write_text(json.dumps(case.result))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "verify.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    done = run("i.json", "r.json")
    assert done.returncode == 0 and done.stdout.startswith("holds: "), done.stdout + done.stderr
    (tmp_path / "lie.json").write_text(json.dumps({**case.result, "objective_j": 0.99 * case.result["objective_j"]}))
    done = run("i.json", "lie.json")
    assert done.returncode == 4 and "the plan costs" in done.stdout
    assert run("i.json", "nowhere.json").returncode == 4
    campus = generate("campus", users=4, servers=2, seed=1)
    for name, document in zip(("i.json", "r.json"), documents(campus, solve(campus, "prices")), strict=True):
        (tmp_path / name).write_text(json.dumps(document))
    assert run("i.json", "r.json").returncode == 4  # its networks are those of the catalogue, which is not here
    assert run("i.json", "r.json", str(exact.CATALOG)).returncode == 0


def test_it_says_what_it_does_not_handle() -> None:
    units = case_of("J-E", "units", "branch", 0)
    assert units is not None
    whole = copy.deepcopy(units.result)
    whole["certificate"]["whole"] = True
    supported = generate("campus", users=3, servers=2, seed=1, cut_rule="supported")
    mixed = generate("mixed", users=3, servers=2, seed=1)
    budgets = tiny_admission(3, 3, 2, 3, device_budgets=True)
    pairs = [(units.given, whole)]
    pairs += [documents(i, solve(i, "greedy")) for i in (supported, mixed, budgets)]
    for given, result in pairs:
        with pytest.raises(exact.Wrong) as caught:
            exact.verify(given, result)
        assert caught.value.args[1] == 65


def test_the_command_runs_it_and_reports_disagreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgecut.exact import run_exactly
    from solvers.result_file import examine

    case = case_of("J-E", "continuous", "branch", 0)
    assert case is not None
    (tmp_path / "i.json").write_text(json.dumps(case.given))
    (tmp_path / "r.json").write_text(json.dumps(case.result))
    done = edgecut("verify", "i.json", "r.json", cwd=tmp_path)
    assert done.returncode == 0 and "exact arithmetic: the same" in done.stdout
    assert "not run (--no-exact)" in edgecut("verify", "i.json", "r.json", "--no-exact", cwd=tmp_path).stdout
    shown = json.loads(edgecut("verify", "i.json", "r.json", "--json", cwd=tmp_path).stdout)
    assert shown["exact"]["ran"] and shown["exact"]["bound"] == pytest.approx(shown["certified_j"])
    found = examine(case.instance, case.result)
    path = tmp_path / "i.json"
    for answer in ((Fraction(case.optimum) * 2, Fraction(0)), (Fraction(case.optimum), Fraction(case.optimum) / 2)):
        monkeypatch.setattr("edgecut.exact.verify", lambda *_, answer=answer: answer)
        disagreement = run_exactly(path, case.instance, case.result, found, None)
        assert disagreement.faults and "disagree" in disagreement.faults[0]

    def refute(*_: object) -> None:
        raise exact.Wrong("it is late", 4)

    monkeypatch.setattr("edgecut.exact.verify", refute)
    assert "refutes what the checker confirms" in run_exactly(path, case.instance, case.result, found, True).faults[0]


def test_a_whole_certificate_leaves_the_plan_to_exact_arithmetic(tmp_path: Path) -> None:
    instance = generate("campus", users=6, servers=2, seed=3, allocation="units")
    given, result = documents(instance, solve(instance, "branch", limits=Limits(gap=1e-3, nodes=50)))
    if not result["certificate"].get("whole"):
        result["certificate"]["whole"] = True
    (tmp_path / "i.json").write_text(json.dumps(given))
    (tmp_path / "r.json").write_text(json.dumps(result))
    done = edgecut("verify", "i.json", "r.json", cwd=tmp_path)
    assert "exact arithmetic: the plan holds" in done.stdout, done.stdout
    result["plan"]["users"][0]["clock"] *= 2
    (tmp_path / "r.json").write_text(json.dumps(result))
    assert edgecut("verify", "i.json", "r.json", cwd=tmp_path).returncode == 4
