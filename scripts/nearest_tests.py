"""Which tests are near to which source: those that are run first when a fault is put into it."""

from __future__ import annotations

__all__ = ["LEFT_OUT", "NEAREST", "is_left_out", "nearest_tests"]

Groups = tuple[tuple[str, ...], ...]

IN, S, R, E, T = "tests/instances/", "tests/solvers/", "tests/results/", "tests/edgecut/", "tests/trust/"
EDGES = (f"{IN}test_check_edges.py",)
FAMILIES: Groups = ((f"{IN}test_families.py",), ("tests/oracle/test_families.py",))
MAKERS: Groups = ((f"{IN}test_family_makers.py",), (f"{IN}test_families.py",))
FILES: Groups = ((f"{IN}test_files.py",), (f"{IN}test_bad_input.py",))
REQUESTS: Groups = ((f"{IN}test_request.py",), ("tests/conformance/test_splitters.py",))

INSTANCES: dict[str, Groups] = {
    "instances/admission.py": ((f"{IN}test_units.py",), ("tests/theory/test_problems.py",)),
    "instances/arrivals.py": ((f"{S}test_online.py",),),
    "instances/binary.py": MAKERS,
    "instances/build.py": ((f"{IN}test_build.py",), (f"{IN}test_bad_input.py",)),
    "instances/cascade.py": MAKERS,
    "instances/catalog/__init__.py": ((f"{IN}test_catalog.py",),),
    "instances/certificate": ((f"{IN}test_certify_problems.py",), (f"{S}test_certified_results.py",)),
    "instances/certify": (
        (f"{IN}test_certify.py", f"{IN}test_certify_figures.py", f"{IN}test_certify_odd.py", f"{IN}test_outward.py"),
        (f"{IN}test_certify_problems.py",),
        (f"{S}test_certified_results.py", f"{S}test_mutated_certificates.py", f"{S}test_certified_problems.py"),
    ),
    "instances/certify_payments.py": ((f"{IN}test_certify_payments.py",), (f"{S}test_filling.py",)),
    "instances/certify_row.py": ((f"{IN}test_certify_payments.py",), (f"{S}test_corridor.py",)),
    "instances/certify_stand.py": ((f"{IN}test_certify_payments.py",), (f"{S}test_filling.py",)),
    "instances/certify_nothing.py": ((f"{IN}test_certify_nothing.py",), ("tests/trust/test_no_plan.py",)),
    "instances/certify_options.py": (
        (f"{IN}test_certify.py", f"{IN}test_certify_odd.py", f"{IN}test_certify_problems.py"),
        (f"{S}test_certified_results.py", f"{S}test_mutated_certificates.py", f"{S}test_certified_problems.py"),
    ),
    "instances/check.py": ((f"{IN}test_check.py", *EDGES), (f"{IN}test_families.py",)),
    "instances/check_arrivals.py": ((f"{S}test_online.py",),),
    "instances/check_components.py": ((f"{IN}test_components.py", *EDGES),),
    "instances/check_costs.py": ((f"{IN}test_check.py", *EDGES), (f"{IN}test_families.py",)),
    "instances/check_cuts.py": ((f"{IN}test_check.py", *EDGES), (f"{IN}test_families.py",)),
    "instances/check_families.py": (EDGES, (f"{IN}test_families.py",)),
    "instances/check_report.py": ((f"{IN}test_check.py",), EDGES),
    "instances/check_request.py": ((f"{IN}test_request.py", *EDGES), ("tests/conformance/test_splitters.py",)),
    "instances/check_rows.py": ((f"{IN}test_rows.py", *EDGES), ("tests/conformance/test_row_methods.py",)),
    "instances/clouds.py": FAMILIES,
    "instances/columns.py": FILES,
    "instances/component": ((f"{IN}test_components.py",), (f"{S}test_components.py",)),
    "instances/cuts.py": ((f"{IN}test_cuts.py",),),
    "instances/device_file.py": ((f"{IN}test_predict.py",), (f"{IN}test_bad_input.py",)),
    "instances/dnn": ((f"{IN}test_dnn.py",), (f"{IN}test_cuts.py",)),
    "instances/errors.py": ((f"{IN}test_bad_input.py",),),
    "instances/exits.py": MAKERS,
    "instances/expand.py": ((f"{IN}test_families.py",), ("tests/theory/test_problems.py",)),
    "instances/families": FAMILIES,
    "instances/family_checks.py": ((f"{IN}test_families.py",), (f"{IN}test_validate.py",)),
    "instances/file_lock.py": (("tests/library/test_rules.py",),),
    "instances/files.py": FILES,
    "instances/fingerprint.py": ((f"{IN}test_files.py",), ("tests/library/test_index.py",)),
    "instances/fusion.py": ((f"{IN}test_fusion.py",), (f"{IN}test_onnx_graph.py",)),
    "instances/generate/": ((f"{IN}test_generate.py",), (f"{IN}test_parts.py",)),
    "instances/graph_network.py": ((f"{IN}test_onnx_graph.py",), (f"{IN}test_torch_graph.py",)),
    "instances/instance.py": ((f"{IN}test_validate.py", f"{IN}test_bad_input.py"), (f"{IN}test_families.py",)),
    "instances/json_": FILES,
    "instances/latency.py": ((f"{S}test_bottleneck.py",),),
    "instances/library/": (("tests/library/test_records.py",), ("tests/library/test_index.py",)),
    "instances/library/recipes.py": (("tests/library/test_index.py",),),
    "instances/library/rules.py": (("tests/library/test_rules.py",),),
    "instances/machines.py": ((f"{IN}test_build.py",), (f"{IN}test_units.py",)),
    "instances/menu.py": FAMILIES,
    "instances/nasnet.py": ((f"{S}test_split.py",),),
    "instances/network_file.py": ((f"{IN}test_dnn.py",), (f"{IN}test_onnx_graph.py",)),
    "instances/networks_generated.py": ((f"{IN}test_training.py",), (f"{S}test_switching.py",)),
    "instances/onnx_": ((f"{IN}test_onnx_graph.py",),),
    "instances/options.py": ((f"{IN}test_units.py",), (f"{IN}test_families.py",), (f"{S}test_prices.py",)),
    "instances/outward.py": ((f"{IN}test_outward.py",),),
    "instances/parquet": (
        (f"{IN}test_files.py", f"{IN}test_read_limits.py"),
        (f"{IN}test_parts.py", f"{IN}test_bad_parquet.py"),
    ),
    "instances/physics.py": ((f"{IN}test_physics.py",),),
    "instances/plan.py": FILES,
    "instances/plan_file.py": ((f"{IN}test_files.py",), (f"{IN}test_bad_plan.py",)),
    "instances/predict.py": ((f"{IN}test_predict.py",),),
    "instances/problem_checks.py": ((f"{IN}test_validate.py",), (f"{IN}test_bad_input.py",)),
    "instances/prune.py": (("tests/formulations/test_prune.py",), ("tests/theory/test_columns.py",)),
    "instances/quality.py": FAMILIES,
    "instances/quantise.py": MAKERS,
    "instances/read_limits.py": ((f"{IN}test_read_limits.py",),),
    "instances/records.py": ((f"{IN}test_build.py",), (f"{IN}test_bad_input.py",)),
    "instances/references.py": ((f"{IN}test_bad_input.py",), (f"{IN}test_units.py",)),
    "instances/registry.py": ((f"{IN}test_registry.py",),),
    "instances/request": REQUESTS,
    "instances/roofline_fit.py": ((f"{IN}test_predict.py",),),
    "instances/row": ((f"{IN}test_rows.py",), (f"{S}test_rows.py",)),
    "instances/scalars.py": ((f"{IN}test_bad_input.py",), (f"{IN}test_units.py",)),
    "instances/sent.py": ((f"{IN}test_onnx_graph.py",),),
    "instances/spatial.py": ((f"{IN}test_rows.py",),),
    "instances/stocks.py": (("tests/formulations/test_prune.py",), (f"{S}test_prices.py",)),
    "instances/storage.py": ((f"{IN}test_read_limits.py",), (f"{R}test_store.py", f"{IN}test_bad_input.py")),
    "instances/supported.py": (("tests/theory/test_cuts.py",),),
    "instances/systems/": (("tests/systems/test_mad2rl.py",), ("tests/systems/test_batching.py",)),
    **{
        f"instances/systems/{prefix}{name}": ((f"tests/systems/test_{name}.py",),)
        for name in ("batching", "droo", "gma", "hoda", "iao", "mad2rl", "robust")
        for prefix in ("", "check_")
    },
    "instances/systems/check_hierarchy.py": ((f"{S}test_route.py",),),
    "instances/systems/check_uav.py": ((f"{IN}test_uav.py",),),
    "instances/systems/hierarchy.py": ((f"{S}test_route.py",),),
    "instances/systems/uav": ((f"{IN}test_uav.py",), (f"{S}test_uav.py",)),
    "instances/tariff.py": ((f"{IN}test_validate.py",), (f"{IN}test_check.py", *EDGES)),
    "instances/tiers.py": FAMILIES,
    "instances/timing.py": ((f"{IN}test_predict.py",),),
    "instances/training.py": ((f"{IN}test_training.py",),),
    "instances/units.py": ((f"{IN}test_units.py",),),
    "instances/validate": ((f"{IN}test_validate.py",), (f"{IN}test_bad_input.py",)),
    "instances/variants.py": FAMILIES,
    "instances/verify.py": (
        tuple(f"{T}test_exact_{of}.py" for of in ("plans", "parts", "bounds", "results")),
        (f"{T}test_exact_verifier.py",),
        (f"{T}test_mutated_results.py",),
    ),
    "instances/ways.py": FAMILIES,
    "instances/accuracy.py": MAKERS,
}

FORMULATIONS: dict[str, Groups] = {
    "formulations/": (
        ("tests/formulations/test_same_matrix.py",),
        (f"{S}test_formulation_methods.py",),
    ),
    "formulations/component_path.py": ((f"{S}test_components.py",),),
    "formulations/gma_columns.py": (("tests/systems/test_gma.py",),),
    "formulations/iao_units.py": (("tests/systems/test_iao.py",),),
    "formulations/joint_compact.py": (
        ("tests/formulations/test_units.py",),
        ("tests/formulations/test_same_matrix.py",),
    ),
    "formulations/joint_fixed.py": ((f"{S}test_allocation.py",), ("tests/formulations/test_same_matrix.py",)),
    "formulations/joint_relaxed.py": (("tests/formulations/test_tangent.py",), (f"{S}test_problems.py",)),
    "formulations/joint_tangent.py": (
        ("tests/formulations/test_tangent.py",),
        (f"{S}test_formulation_methods.py",),
    ),
    "formulations/joint_units.py": (("tests/formulations/test_units.py",), ("tests/formulations/test_same_matrix.py",)),
    "formulations/parts/compact_": (
        ("tests/formulations/test_same_matrix.py",),
        ("tests/formulations/test_units.py",),
    ),
    "formulations/parts/deadline_load.py": (("tests/formulations/test_deadline_load.py",),),
    "formulations/parts/price_cuts.py": (("tests/formulations/test_tangent.py",),),
    "formulations/parts/prices.py": (
        (f"{S}test_prices.py",),
        ("tests/oracle/test_random_prices.py", "tests/oracle/test_gap.py"),
    ),
    "formulations/parts/unit_columns.py": (
        ("tests/formulations/test_units.py",),
        ("tests/formulations/test_same_matrix.py",),
    ),
    "formulations/program.py": ((f"{S}test_highs.py",), ("tests/formulations/test_same_matrix.py",)),
    "formulations/robust_fixed.py": (("tests/systems/test_robust.py",),),
    "formulations/row_": ((f"{S}test_rows.py",),),
    "formulations/split": (("tests/formulations/test_split_statements.py",), (f"{S}test_split.py",)),
    "formulations/split/layered.py": ((f"{S}test_switching.py",), ("tests/formulations/test_split_statements.py",)),
    "formulations/split/switching.py": ((f"{S}test_switching.py",), ("tests/formulations/test_split_statements.py",)),
    "formulations/uav_flight.py": ((f"{S}test_uav.py",),),
}

SOLVERS: dict[str, Groups] = {
    "solvers/": ((f"{S}test_result.py",), ("tests/conformance/test_methods.py",)),
    "solvers/admission": (
        (f"{S}admission/test_guarantees.py", f"{S}admission/test_online.py"),
        (f"{S}admission/test_methods.py",),
    ),
    "solvers/allocation": (
        (f"{S}test_allocation.py", f"{S}test_allocation_units.py", f"{S}test_allocation_properties.py"),
        ("tests/oracle/test_gap.py",),
    ),
    "solvers/bandwidth_map.py": ((f"{S}test_families.py",),),
    "solvers/bottleneck": ((f"{S}test_bottleneck.py",),),
    "solvers/branch": ((f"{S}test_branch.py",), (f"{S}test_branch_problems.py",)),
    "solvers/branch/along.py": ((f"{S}test_corridor.py",),),
    "solvers/branch/row.py": ((f"{S}test_corridor.py",),),
    "solvers/branch/choose.py": ((f"{S}test_choose.py",), (f"{S}test_branch.py",)),
    "solvers/brute_force.py": ((f"{S}test_brute_force.py",), (f"{S}test_formulation_methods.py",)),
    "solvers/compare.py": ((f"{S}admission/test_methods.py",),),
    "solvers/components": (
        (f"{S}test_components.py", f"{S}test_component_policy.py"),
        ("tests/conformance/test_component_methods.py",),
    ),
    "solvers/conflict.py": ((f"{S}test_conflict.py",),),
    "solvers/corridor": ((f"{S}test_corridor.py",), (f"{S}test_branch.py",)),
    "solvers/exact.py": ((f"{S}test_formulation_methods.py",), (f"{S}test_problems.py",)),
    "solvers/fitting.py": ((f"{S}test_conflict.py",),),
    "solvers/guarantees.py": ((f"{S}admission/test_methods.py",),),
    "solvers/heuristics": ((f"{S}test_heuristics.py",), (f"{S}test_imitation.py", f"{S}test_eedpo_nearest.py")),
    "solvers/highs": ((f"{S}test_highs.py",), (f"{S}test_formulation_methods.py",)),
    "solvers/infeasible.py": ((f"{S}test_conflict.py", f"{S}test_families.py"),),
    "solvers/learned": ((f"{S}test_q_learning.py",), (f"{S}test_imitation.py",)),
    "solvers/matching.py": (("tests/systems/test_robust.py",), (f"{S}test_bottleneck.py",)),
    "solvers/meta": ((f"{S}test_meta.py",),),
    "solvers/no_plan.py": ((f"{S}test_no_plan.py",), ("tests/trust/test_no_plan.py",)),
    "solvers/online": (
        (f"{S}test_online.py", f"{S}test_online_environment.py"),
        (f"{S}test_online_learned.py",),
    ),
    "solvers/online/route.py": ((f"{S}test_route.py",),),
    "solvers/patterns": ((f"{S}test_patterns.py",), (f"{S}test_corridor.py",)),
    "solvers/prices": ((f"{S}test_prices.py", f"{S}test_dual.py"), ("tests/oracle/test_gap.py",)),
    "solvers/prices/s": ((f"{S}test_sums.py",), (f"{S}test_prices.py", f"{S}test_dual.py")),
    "solvers/result.py": ((f"{S}test_result.py", f"{IN}test_check.py"), (f"{S}test_certified_results.py",)),
    "solvers/result_": ((f"{S}test_result.py",), (f"{S}test_certified_results.py",)),
    "solvers/rows": ((f"{S}test_rows.py",), ("tests/conformance/test_row_methods.py", f"{S}test_rows_in_turn.py")),
    "solvers/sensitivity": ((f"{S}test_sensitivity.py",),),
    "solvers/split": ((f"{S}test_split.py",), ("tests/conformance/test_splitters.py", f"{S}test_front.py")),
    "solvers/split/front": ((f"{S}test_front.py",),),
    "solvers/split/switching": ((f"{S}test_switching.py",), ("tests/conformance/test_splitters.py",)),
    "solvers/systems/": (("tests/systems/test_page.py",),),
    **{
        f"solvers/systems/{name}": ((f"tests/systems/test_{name}.py",),)
        for name in ("batching", "droo", "gma", "hoda", "iao", "robust")
    },
    "solvers/systems/mad2rl": (("tests/systems/test_mad2rl.py",), ("tests/systems/test_mad2rl_rivals.py",)),
    "solvers/uav": ((f"{S}test_uav.py",), (f"{S}test_uav_in_turn.py",)),
    "solvers/user_frame.py": ((f"{S}test_user_frame.py",),),
    "solvers/vertex": ((f"{S}test_vertex.py",),),
}

OUTCOMES: dict[str, Groups] = {
    "edgecut/": ((f"{E}test_face.py",), (f"{E}test_cli.py",)),
    "edgecut/card.py": ((f"{E}test_card.py",), (f"{E}test_cli.py",)),
    "edgecut/commands/verify.py": ((f"{E}test_verify_command.py",), (f"{T}test_exact_verifier.py",)),
    "edgecut/exact.py": ((f"{T}test_exact_verifier.py",),),
    "edgecut/commands/dnn.py": ((f"{E}test_dnn_command.py",),),
    "edgecut/commands/library.py": ((f"{E}test_library_command.py",),),
    "edgecut/commands/prices.py": ((f"{E}test_prices_command.py",),),
    "edgecut/commands/split.py": ((f"{E}test_split_command.py",),),
    "edgecut/commands/sweep.py": ((f"{E}test_sweep_command.py",),),
    "edgecut/store.py": ((f"{E}test_library_command.py",), (f"{E}test_face.py",)),
    "edgecut/sweep_lines.py": ((f"{E}test_sweep_command.py",),),
    "results/lock.py": ((f"{R}test_store.py",),),
    "results/metrics/": ((f"{R}test_metrics.py", f"{R}test_bootstrap.py"),),
    "results/network_": ((f"{R}test_network_picture.py",),),
    "results/report/": ((f"{R}test_report.py",),),
    "results/store.py": ((f"{R}test_store.py",),),
    "results/sweep/": ((f"{R}test_sweep_settings.py",), (f"{R}test_sweep.py",), (f"{R}test_sweep_child.py",)),
    "results/tables/": ((f"{R}test_tables.py",),),
    "results/trust/": ((f"{T}test_differential.py",), (f"{T}test_found.py",)),
    "results/trust/fuzz/": ((f"{T}test_shrinking.py",), (f"{T}test_fuzz.py",)),
}

NEAREST: dict[str, Groups] = {**INSTANCES, **FORMULATIONS, **SOLVERS, **OUTCOMES}
"""Beginning of a source's path → groups of tests, the nearest first; the longest beginning that fits counts."""

LEFT_OUT = {
    "instances/measure.py": "needs torch: where it is not installed, its tests are skipped and all faults survive",
    "instances/processor.py": "says what machine it runs on, which no test can know",
    "instances/profile.py": "needs torch",
    "instances/running.py": "needs torch",
    "instances/timings_of.py": "needs torch",
    "instances/torch_graph.py": "needs torch",
    "instances/tracing.py": "needs torch",
    "results/claims/": "experiments: what they say is held by committed rows; to measure them again takes minutes",
    "results/drawings/": "pictures: they are looked at",
    "results/experiment": "experiments",
    "results/figures.py": "pictures",
    "results/library/": "solves the library again, for minutes",
    "results/plan_picture.py": "pictures",
    "results/reality/": "measures layers and links of a real machine",
    "results/single_user.py": "experiments",
    "results/style.py": "pictures",
    "results/sweep/cluster_crew.py": "runs on workers of a cluster, in processes of their own",
    "solvers/cluster/": "runs on workers of a cluster, in processes of their own",
}
"""Beginning of a source's path → why no faults are put into it; it counts before `NEAREST`."""


def nearest_tests(file: str) -> Groups:
    """Groups of tests for a source.

    Raises:
        KeyError: nothing is written down for it.
    """
    fitting = [beginning for beginning in NEAREST if file.startswith(beginning)]
    if not fitting or is_left_out(file):
        raise KeyError(f"no tests are named for {file}: add it to NEAREST in scripts/nearest_tests.py")
    return NEAREST[max(fitting, key=len)]


def is_left_out(file: str) -> bool:
    """Whether `LEFT_OUT` says why a source has no faults."""
    return any(file.startswith(beginning) for beginning in LEFT_OUT)
