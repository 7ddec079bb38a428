"""From fused operators to a network: the last step of every way to make one (torch, ONNX)."""

from __future__ import annotations

from collections.abc import Sequence

from instances.dnn import Dnn
from instances.dnn_checks import SCHEMA
from instances.errors import InputError
from instances.fusion import Operator

__all__ = ["to_network"]


def to_network(
    operators: Sequence[Operator], name: str, *, input_bytes: int, result_bytes: int | None = None, source: str = ""
) -> Dnn:
    """The network of some operators in topological order, whose reads are positions in the list.

    Args:
        operators: one a layer; the last one makes the result.
        name: what the network is called.
        input_bytes: of the input as sent over the air.
        result_bytes: of what goes back to the user; None: what the last operator writes.
        source: where the numbers come from.

    Raises:
        InputError: there is no operator that depends on the input.
    """
    if not operators:
        raise InputError(f"networks[{name}]", "has no layer", "nothing in it computes anything from the input")
    rows = [
        {
            "name": o.name,
            "kind": o.kind,
            "flop": o.flop,
            "weight_bytes": o.weight_bytes,
            "output_bytes": o.output_bytes,
            "predecessors": o.reads,
        }
        for o in operators
    ]
    result = operators[-1].output_bytes if result_bytes is None else result_bytes
    head = {"schema": SCHEMA, "name": name, "source": source, "input_bytes": input_bytes, "result_bytes": result}
    return Dnn.from_json({**head, "layers": rows})
