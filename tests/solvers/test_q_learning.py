"""Deep Q-learning on a game whose values are known: a walk along a line with a prize at one end."""

from __future__ import annotations

import numpy as np
import pytest

from instances.columns import Bools, Floats
from instances.errors import InputError
from solvers.learned.network import Network, read_network, write_network
from solvers.learned.perceptron import Perceptron
from solvers.learned.q_learning import Shape, Training, best_of_course, course, learn_by_playing, play_out

SHAPE = Shape(actions=3, features=3)
LENGTH = 5


class Walk:
    """From 0 to 4: stay, back or on; a step pays −0.1, the end 1; it is over there or after 12 steps."""

    def __init__(self) -> None:
        self.at, self.steps = 0, 0

    @property
    def done(self) -> bool:
        return self.at == LENGTH - 1 or self.steps == 12

    def see(self) -> tuple[Floats, Bools]:
        move = np.array([0.0, -1.0, 1.0])
        features = np.column_stack([np.full(3, self.at / LENGTH), move, move * self.at / LENGTH])
        return features, np.array([True, self.at > 0, True])

    def take(self, action: int) -> float:
        assert self.see()[1][action]
        self.at += (0, -1, 1)[action]
        self.steps += 1
        return 1.0 if self.at == LENGTH - 1 else -0.1


def test_it_learns_the_shortest_way_and_repeats() -> None:
    training = Training(episodes=80, discount=0.9, hidden=(16, 16), lag=50, rate=3e-3)
    first, again = (learn_by_playing(lambda _: Walk(), SHAPE, np.random.default_rng(1), training) for _ in range(2))
    assert play_out(Walk(), first) == pytest.approx(1.0 - 0.1 * (LENGTH - 2))
    assert all(np.array_equal(a, b) for a, b in zip(first.parameters, again.parameters, strict=True))


def test_the_best_on_the_way_is_kept() -> None:
    networks = list(course(lambda _: Walk(), SHAPE, np.random.default_rng(0), Training(episodes=7, hidden=(4,))))
    worth = {id(n): w for n, w in zip(networks, (9.0, 1.0, 9.0, 3.0, 9.0, 2.0, 2.5), strict=True)}
    assert best_of_course(networks, lambda n: worth[id(n)], 2) is networks[3]
    worth[id(networks[6])] = 4.0  # the last one counts, though it is no second one
    assert best_of_course(networks, lambda n: worth[id(n)], 2) is networks[6]
    with pytest.raises(InputError, match="none"):
        best_of_course([], lambda n: 0.0, 1)


def test_a_network_that_passes_an_input_says_it() -> None:
    rng = np.random.default_rng(0)
    drawn = Perceptron.draw(rng, 5, (8, 6))
    network, x = drawn.passing(3), rng.normal(size=(50, 5))
    rest = network.with_parameters(tuple(p.copy() for p in network.parameters))
    rest.weights[-1][2:] = 0.0
    assert rest.value(x) == pytest.approx(x[:, 3])
    assert np.abs(network.value(x) - x[:, 3]).mean() < 0.5 * np.abs(drawn.value(x)).mean()


def test_a_network_is_read_as_it_was_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(2)
    network = Network.of(("a", "b", "c"), Perceptron.draw(rng, 3, (6,)))
    write_network(network, tmp_path / "n.json", {"by": "a test"})
    x = rng.normal(size=(9, 3))
    assert read_network(tmp_path / "n.json").value(x) == pytest.approx(network.value(x), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("wrong", [{"every": 0}, {"discount": 1.1}, {"memory": 8}, {"batch": 0}, {"explore": 1.1},
                                   {"first": 2.0}, {"last": -0.1}])  # fmt: skip
def test_training_is_checked(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="Training"):
        Training(**wrong)  # type: ignore[arg-type]
