"""Bad files of plans: each gets an InputError that says what is wrong and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from instances.errors import InputError
from instances.files import plan_from_json, plan_to_json, read_json
from tests.builders import tiny_instance
from tests.instances.spoiling import DROP, Text, with_value
from tests.instances.test_files import some_plan

INSTANCE = tiny_instance(1)

BAD_PLANS: list[tuple[str, str, str, Text]] = [
    ("no users", "plan.users", "is missing", with_value("users", DROP)),
    ("unknown field", "plan.user", "did you mean 'users'", with_value("user", 1)),
    ("a user missing", "plan.users", "has no 'u2'", with_value("users.2", DROP)),
    ("a user twice", "plan.users[2].user", "repeats 'u0'", with_value("users.2.user", "u0")),
    ("an unknown user", "plan.users[0].user", "no user is called 'u9'", with_value("users.0.user", "u9")),
    ("an unknown server", "plan.users[1].server", "no server is called", with_value("users.1.server", "s9")),
    ("a server without a cut", "plan.users[1].cut", "is null", with_value("users.1.cut", None)),
    ("an unknown cut", "plan.users[1].cut", "no cut is called", with_value("users.1.cut", "nope")),
    ("a share as text", "plan.users[1].uplink_share", "is '1'", with_value("users.1.uplink_share", "1")),
    ("a clock null", "plan.users[1].clock", "is null", with_value("users.1.clock", None)),
    ("cuts a list", "plan.cuts", "is not an object", with_value("cuts", [])),
    ("an unknown network", "plan.cuts['net0/3'].network", "did you mean", with_value("cuts.net0/3.network", "net")),
    ("an unknown layer", "plan.cuts['net0/3'].device_layers[1]", "did you mean",
     with_value("cuts.net0/3.device_layers.1", "layer11")),
    ("a layer twice", "plan.cuts['net0/3'].device_layers[1]", "repeats",
     with_value("cuts.net0/3.device_layers.1", "layer0")),
    ("layers as text", "plan.cuts['net0/3'].device_layers", "a list is needed",
     with_value("cuts.net0/3.device_layers", "layer0")),
]  # fmt: skip


@pytest.mark.parametrize(("where", "fragment", "change"), [c[1:] for c in BAD_PLANS], ids=[c[0] for c in BAD_PLANS])
def test_bad_plan(tmp_path: Path, where: str, fragment: str, change: Text) -> None:
    text = change(json.dumps(plan_to_json(INSTANCE, some_plan(INSTANCE))))
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(InputError) as caught:
        plan_from_json(INSTANCE, read_json(tmp_path / "plan.json"))
    assert caught.value.where == where
    assert fragment in str(caught.value)
