"""The registry that all registries are: order, one entry a name, the nearest name, as it was after a test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from instances.errors import InputError
from instances.registry import Registry


class Plain:
    name, title = "plain", "a class with a name"


@pytest.fixture
def tools() -> Registry[Callable[[], int]]:
    made = Registry[Callable[[], int]]("tool")
    for k, name in enumerate(("saw", "hammer", "axe")):
        made.add(name, lambda k=k: k)  # type: ignore[misc]
    return made


def test_entries_come_in_the_order_in_which_they_were_added(tools: Registry[Callable[[], int]]) -> None:
    assert list(tools) == ["saw", "hammer", "axe"] == list(dict(tools))
    assert [make() for make in tools.values()] == [0, 1, 2] and tools["axe"]() == 2
    assert len(tools) == 3 and "axe" in tools and "drill" not in tools and tools.get("drill") is None
    assert repr(tools) == "Registry('tool': saw, hammer, axe)"


def test_a_name_is_added_once(tools: Registry[Callable[[], int]]) -> None:
    with pytest.raises(ValueError, match=r"^tool 'saw' is registered twice$"):
        tools.add("saw", lambda: 9)
    with pytest.raises(ValueError, match="tool 'saw' is registered twice"):
        tools.under("saw")(lambda: 9)
    assert tools["saw"]() == 0, "the first stays"


def test_an_unknown_name_is_answered_with_the_nearest(tools: Registry[Callable[[], int]]) -> None:
    assert tools.find("hammer") is tools["hammer"]
    with pytest.raises(InputError, match=r"^tool: 'hamer' is not known\. Fix: did you mean 'hammer'\?$"):
        tools.find("hamer")
    with pytest.raises(InputError, match=r"tool: '3' is not known\. Fix: known: axe, hammer, saw"):
        tools.find(3)  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        tools["hamer"]


def test_decorators_hand_back_what_they_stand_above(tools: Registry[Callable[[], int]]) -> None:
    @tools.under("drill")
    def drill() -> int:
        return 7

    assert tools["drill"] is drill and drill() == 7
    classes = Registry[Plain]("thing")
    assert classes.add_made(Plain) is Plain
    assert isinstance(classes["plain"], Plain)
    with pytest.raises(ValueError, match="thing 'plain' is registered twice"):
        classes.add_made(Plain)


def test_all_is_as_before_after_a_block_whatever_happens_in_it(tools: Registry[Callable[[], int]]) -> None:
    before = list(tools.items())
    with tools.restored("hammer"):
        assert list(tools) == ["saw", "axe"]
        tools.add("hammer", lambda: 5)
        tools.add("drill", lambda: 6)
        assert list(tools) == ["saw", "axe", "hammer", "drill"] and tools["hammer"]() == 5
    assert list(tools.items()) == before
    with pytest.raises(KeyError), tools.restored("drill"):
        pass
    with pytest.raises(ZeroDivisionError), tools.restored():
        tools.add("drill", lambda: 1 // 0)
        tools["drill"]()
    assert list(tools.items()) == before
