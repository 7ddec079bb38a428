"""Which tests are near to which source: those that are run first when a fault is put into it."""

from __future__ import annotations

__all__ = ["NEAREST", "nearest_tests"]

EDGES = ("tests/instances/test_check_edges.py",)

NEAREST: dict[str, tuple[tuple[str, ...], ...]] = {
    "instances/verify.py": (("tests/trust/test_exact_verifier.py",), ("tests/trust/test_mutated_results.py",)),
    "instances/physics.py": (("tests/instances/test_physics.py",),),
    "instances/check.py": (("tests/instances/test_check.py", *EDGES), ("tests/instances/test_families.py",)),
    "instances/check_arrivals.py": (("tests/solvers/test_online.py",),),
    "instances/check_components.py": (("tests/instances/test_components.py", *EDGES),),
    "instances/check_costs.py": (("tests/instances/test_check.py", *EDGES), ("tests/instances/test_families.py",)),
    "instances/check_cuts.py": (("tests/instances/test_check.py", *EDGES), ("tests/instances/test_families.py",)),
    "instances/check_families.py": (EDGES, ("tests/instances/test_families.py",)),
    "instances/check_request.py": (
        ("tests/instances/test_request.py", *EDGES),
        ("tests/conformance/test_splitters.py",),
    ),
    "instances/check_rows.py": (
        ("tests/instances/test_rows.py", *EDGES),
        ("tests/conformance/test_row_methods.py",),
    ),
    "instances/certify": (
        ("tests/instances/test_certify.py", "tests/instances/test_outward.py"),
        ("tests/instances/test_certify_problems.py", "tests/solvers/test_certified_results.py"),
        ("tests/solvers/test_certified_problems.py",),
    ),
    "instances/expand.py": (("tests/instances/test_families.py",), ("tests/oracle/test_families.py",)),
    "instances/cuts.py": (("tests/instances/test_cuts.py",),),
    "formulations/parts/prices.py": (("tests/oracle/test_random_prices.py", "tests/oracle/test_gap.py"),),
    "formulations/split": (("tests/formulations/test_split_statements.py", "tests/solvers/test_split.py"),),
    "formulations/": (
        ("tests/formulations",),
        ("tests/solvers/test_formulation_methods.py", "tests/oracle/test_exact_against_brute_force.py"),
    ),
    "solvers/allocation": (("tests/solvers/test_allocation.py",), ("tests/oracle/test_exact_against_brute_force.py",)),
    "solvers/prices": (("tests/solvers/test_prices.py", "tests/solvers/test_dual.py"), ("tests/oracle/test_gap.py",)),
    "solvers/branch": (("tests/solvers/test_branch.py",), ("tests/solvers/test_branch_problems.py",)),
    "solvers/corridor": (("tests/solvers/test_corridor.py",), ("tests/solvers/test_branch.py",)),
    "solvers/result.py": (("tests/solvers/test_result.py", "tests/instances/test_check.py"),),
}
"""Beginning of a source's path → groups of tests, the nearest first; the longest beginning that fits counts."""


def nearest_tests(file: str) -> tuple[tuple[str, ...], ...]:
    """Groups of tests for a source.

    Raises:
        KeyError: nothing is written down for it.
    """
    fitting = [beginning for beginning in NEAREST if file.startswith(beginning)]
    if not fitting:
        raise KeyError(f"no tests are named for {file}: add it to NEAREST in scripts/nearest_tests.py")
    return NEAREST[max(fitting, key=len)]
