"""All families in one instance of several users: methods agree, commands work, plans by bandwidth are exact."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from instances.check import check
from instances.errors import InputError
from instances.generate import generate
from instances.instance import Instance
from results.claims.edgent import best_by_scan, instance_at
from results.plan_picture import draw_plan
from solvers import Limits, Verdict, solve
from solvers.bandwidth_map import map_bandwidth
from solvers.infeasible import explain_users
from tests.shell import edgecut

NETWORKS = ["alexnet", "squeezenet1_1"]


def mixed(allocation: str, problem: str, **options: object) -> Instance:
    return generate("mixed", users=5, servers=2, seed=3, networks=NETWORKS, allocation=allocation, problem=problem,
                    blocks=12, units=8, **options)  # fmt: skip


@pytest.mark.parametrize("problem", ["J-E", "J-Q"])
@pytest.mark.parametrize("allocation", ["continuous", "units"])
def test_branch_and_exact_agree_on_all_families_together(allocation: str, problem: str) -> None:
    instance = mixed(allocation, problem, load=2.0, deadline_rule="worst")
    kinds = {instance.networks[g].name.rpartition("+")[2] for g in instance.users.network}
    assert len(instance.variants) and len(instance.clouds) and len(kinds) > 1
    one, two = (solve(instance, name, limits=Limits(gap=1e-5)) for name in ("branch", "exact"))
    assert one.valid and two.valid, (one.message, two.message)
    assert one.verdict is Verdict.OPTIMAL and two.verdict is Verdict.OPTIMAL
    assert one.objective_j == pytest.approx(two.objective_j, rel=5e-5)


def test_families_are_used_and_save_energy() -> None:
    instance = mixed("continuous", "J-E")
    bare = instance.replace(variants=instance.variants.take(np.zeros(0, dtype=np.int64)), server_cloud=[-1, -1])
    free, tied = solve(instance, "branch"), solve(bare, "branch")
    assert free.objective_j <= tied.objective_j * (1 + 1e-6)
    assert free.plan is not None
    assert any(cut.variant >= 0 or cut.passed_on is not None for cut in free.plan.cuts)


def test_most_accurate_under_pressure_gives_up_accuracy() -> None:
    loose, tight = (mixed("continuous", "J-Q", floor_part=0.0, deadline_scale=scale) for scale in (3.0, 0.4))
    easy, hard = solve(loose, "branch"), solve(tight, "branch")
    assert easy.valid and hard.valid
    assert hard.objective_j >= easy.objective_j - 1e-9


def test_a_floor_nobody_reaches_is_explained() -> None:
    instance = mixed("continuous", "J-E").replace(accuracy_floor=np.full(5, 0.99))
    got = solve(instance, "exact")
    assert got.verdict.infeasible
    assert "right in 99 % of its answers" in explain_users(instance, np.array([0]))


def test_command_line(tmp_path: Path) -> None:
    made = edgecut("generate", "mixed", "--users", "4", "--servers", "2", "--seed", "5", "--problem", "J-Q", "--set",
                   "networks=alexnet,squeezenet1_1", "-o", "i.json", cwd=tmp_path)  # fmt: skip
    assert made.returncode == 0, made.stderr
    for arguments, text in (
        (("solve", "i.json", "-o", "r.json"), "inaccuracy"),
        (("verify", "i.json", "r.json"), ""),
        (("explain", "i.json", "r.json", "--user", "u0"), "other choices"),
        (("plot", "i.json", "r.json", "-o", "p.png"), ""),
    ):
        done = edgecut(*arguments, cwd=tmp_path)
        assert done.returncode == 0, (arguments, done.stderr)
        assert text in done.stdout
    assert (tmp_path / "p.png").stat().st_size > 1000


def test_pictures_show_variants_and_clouds(tmp_path: Path) -> None:
    result = solve(mixed("continuous", "J-E"), "greedy")
    draw_plan(result, tmp_path / "p.svg")
    drawn = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert result.plan is not None
    assert ("in the cloud" in drawn) == any(cut.passed_on is not None for cut in result.plan.cuts)


@pytest.mark.parametrize("deadline_s", [0.1, 0.2, 0.3])
def test_plans_by_bandwidth_match_a_scan_on_both_sides_of_every_step(deadline_s: float) -> None:
    """P19d."""
    found = map_bandwidth(instance_at(1.0, deadline_s))
    assert len(found.option) >= 2
    for mhz in [*(found.uplink_mhz * 0.999), *(found.uplink_mhz * 1.001), 0.01, 100.0]:
        if mhz <= 0:
            continue
        option = found.option_at(float(mhz))
        claimed = -1.0 if option < 0 else 1.0 - float(found.table.fixed_j[option])
        assert claimed == pytest.approx(best_by_scan(instance_at(float(mhz), deadline_s)))
    wide = float(found.uplink_mhz[-1]) * 2 + 1
    plan = found.plan_at(wide)
    assert plan is not None
    assert check(instance_at(wide, deadline_s), plan).violations == ()


def test_maps_of_other_problems_are_refused() -> None:
    with pytest.raises(InputError, match="one user"):
        map_bandwidth(mixed("continuous", "J-Q"))
    with pytest.raises(InputError, match="J-Q"):
        map_bandwidth(dataclasses.replace(instance_at(1.0, 0.5), problem="J-E"))
