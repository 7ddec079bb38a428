"""Random tasks of components: all that differs between two of them are the 21 inputs of CEDOT's learned policy.

Those are the size, the number of components, the resolution, and six distances, subcarrier and core counts. Work,
output, deadlines and limits follow from them by fixed rules, so that a policy that sees the inputs can know the task.
"""

from __future__ import annotations

import numpy as np

from instances.columns import Floats
from instances.components import WEIGHTINGS, ComponentSystem, ComponentTask
from instances.errors import InputError, nearest

__all__ = ["INPUTS", "MOST_COMPONENTS", "draw_task", "even_steps", "inputs_of"]

MOST_COMPONENTS = 6
INPUTS = 3 + 3 * MOST_COMPONENTS
"""Inputs of the learned policy."""

RESOLUTIONS = (12, 18, 24, 30)
"""Steps that a task is divided in."""
_WORK = (0.60, 0.70, 0.50, 0.65, 0.55, 0.60)  # GFLOP for each Mbit
_OUTPUT = (0.40, 0.30, 0.35, 0.25, 0.30, 0.20)  # Mbit for each Mbit
_PATIENCE = 1.25  # deadline of a component over the device's time for an even share of the task


def draw_task(rng: np.random.Generator, *, weighting: str = "both", components: int = MOST_COMPONENTS,
              resolution: int | None = None, system: ComponentSystem | None = None) -> ComponentTask:  # fmt: skip
    """A task that the device alone can do in time when it is divided evenly.

    Args:
        rng: for the 21 inputs. weighting: a key of `WEIGHTINGS`.
        components: 1 … 6. resolution: steps, or None to draw them. system: the default system when None.

    Raises:
        InputError: an unknown weighting, or a number of components that is not 1 … 6.
    """
    if weighting not in WEIGHTINGS:
        raise InputError("weighting", f"'{weighting}' is not known", fix=nearest(weighting, WEIGHTINGS))
    if not 1 <= components <= MOST_COMPONENTS:
        raise InputError("components", f"is {components}", f"from 1 to {MOST_COMPONENTS} are possible")
    system = system or ComponentSystem()
    n = components
    steps = int(rng.choice(RESOLUTIONS)) if resolution is None else resolution
    task_mbit = float(rng.uniform(4.0, 40.0))
    distance = rng.uniform(20.0, 400.0, n)
    subcarriers = rng.integers(4, system.most_subcarriers + 1, n)
    cores = rng.integers(1, system.most_cores + 1, n)
    work, output = np.array(_WORK[:n]), np.array(_OUTPUT[:n])
    division = even_steps(steps, n)
    share_mbit = task_mbit * division.max() / steps
    local_gflop = (work + system.divide_gflop_per_mbit) * share_mbit + system.divide_gflop
    return ComponentTask(
        task_mbit=task_mbit, resolution=steps, steps=division, distance_m=distance, subcarriers=subcarriers,
        cores=cores, deadline_s=_PATIENCE * local_gflop / system.device_gflops, gflop_per_mbit=work,
        output_per_input=output, delay_max_s=float(_PATIENCE * local_gflop.mean() / system.device_gflops),
        energy_max_j=float(_PATIENCE * local_gflop.mean() * system.device_j_per_gflop),
        weights=WEIGHTINGS[weighting], system=system,
    )  # fmt: skip


def even_steps(steps: int, components: int) -> np.ndarray:
    """[components] steps as equal as whole steps can be, the first ones larger."""
    least, left = divmod(steps, components)
    return np.array([least + (i < left) for i in range(components)], dtype=np.int64)


def inputs_of(task: ComponentTask) -> Floats:
    """[21] what the learned policy sees of a task; the places of components that it lacks are 0."""
    inputs = np.zeros(INPUTS)
    inputs[:3] = task.task_mbit, len(task), task.resolution
    for k, column in enumerate((task.distance_m, task.subcarriers, task.cores)):
        first = 3 + k * MOST_COMPONENTS
        inputs[first : first + len(task)] = column
    return inputs
