"""`python -m instances.library.make`: draw what `NAMES` lists, write files and the index.

Names that the index has already keep their fingerprint, and their files are left alone; one that would be drawn
otherwise today is an error, since its records would be lost.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from instances import files
from instances.errors import InputError
from instances.library.entries import HOME, Entry, entries, write_index
from instances.library.loading import draw, fingerprint_of, instance_path
from instances.library.recipes import entry_of

__all__ = ["NAMES", "make"]


def _core() -> list[str]:
    """J-E from 5 to 60 users: every generator at every level, allocation rules in turn."""
    sizes = {5: 2, 10: 2, 20: 3, 40: 3, 60: 3}
    found = []
    for turn, (users, servers) in enumerate(sizes.items()):
        for g, generator in enumerate(("campus", "factory", "metro", "roadside")):
            for k, level in enumerate(("light", "critical", "overloaded")):
                count = max(users // 5, 3) if generator == "roadside" else servers
                found.append(f"{generator}-e-{users}x{count}-{level}-{'cu'[(turn + g + k) % 2]}-1")
    return found


def _weighed(letter: str) -> list[str]:
    """Instances of J-L or J-C from 5 to 60 users."""
    places = ("campus-{}-5x2-light-c-1", "campus-{}-20x3-critical-u-1", "campus-{}-60x3-overloaded-c-1",
              "factory-{}-10x2-critical-c-1", "factory-{}-40x3-critical-u-1", "metro-{}-10x3-overloaded-u-1",
              "metro-{}-60x3-critical-c-1", "roadside-{}-5x3-critical-u-1", "roadside-{}-20x4-overloaded-c-1",
              "roadside-{}-40x8-light-u-1")  # fmt: skip
    return [place.format(letter) for place in places]


NAMES = (
    *_core(),
    # Everybody must be served.
    *("campus-e-20x3-critical-c-remote-1", "factory-e-20x3-critical-u-remote-1",
      "roadside-e-20x4-critical-c-remote-1", "metro-e-20x3-critical-u-patient-remote-1",
      "campus-e-40x3-overloaded-u-remote-1", "factory-e-40x3-overloaded-c-remote-1",
      "roadside-e-40x8-overloaded-u-remote-1", "metro-e-40x3-overloaded-c-patient-remote-1"),
    # Servers that are dear to switch on, unequal users, deadlines without slack, language models.
    *("campus-e-20x4-critical-c-static-1", "metro-e-20x6-critical-u-static-1",
      "factory-e-40x6-light-c-static-1", "roadside-e-20x6-critical-u-static-1",
      "campus-e-20x3-critical-u-weighted-1", "metro-e-40x3-critical-c-weighted-1",
      "campus-e-20x3-critical-c-hasty-1", "factory-e-20x2-critical-u-hasty-1",
      "campus-e-10x3-light-c-language-1", "metro-e-20x3-critical-u-language-1"),
    # Energy and latency; money.
    *_weighed("l"),
    *_weighed("c"),
    # Admission: plain, with weights, with energy budgets of servers and devices.
    *("campus-a-5x2-overloaded-c-weighted-1", "campus-a-10x2-overloaded-u-weighted-1",
      "campus-a-20x3-overloaded-c-weighted-1", "campus-a-60x3-overloaded-u-weighted-1",
      "factory-a-10x2-critical-c-1", "factory-a-20x2-overloaded-u-weighted-1",
      "metro-a-20x3-overloaded-c-remote-weighted-1", "metro-a-40x3-overloaded-u-remote-weighted-1",
      "roadside-a-20x4-overloaded-u-weighted-1", "roadside-a-40x8-critical-c-weighted-1",
      "campus-a-20x3-critical-c-weighted-budget-1", "metro-a-40x3-critical-u-weighted-budget-1",
      "campus-a-20x3-light-u-weighted-battery-1", "campus-a-40x3-critical-u-weighted-budget-battery-1"),
    # Largest latency.
    *("campus-m-5x2-light-c-1", "campus-m-10x2-critical-u-1", "campus-m-20x3-critical-c-1",
      "factory-m-10x2-critical-u-1", "factory-m-20x2-overloaded-c-1", "metro-m-10x3-critical-u-1",
      "metro-m-40x3-critical-c-1", "roadside-m-20x4-critical-u-1"),
    # Exits, bit widths, cascades, clouds.
    *("mixed-q-5x2-light-c-1", "mixed-q-10x2-critical-u-1", "mixed-q-20x3-critical-c-1",
      "mixed-q-20x3-overloaded-u-1", "mixed-q-40x5-critical-u-worst-1", "mixed-q-60x6-overloaded-c-1",
      "mixed-e-5x2-light-u-1", "mixed-e-10x2-critical-c-1", "mixed-e-20x3-critical-u-1",
      "mixed-e-20x3-overloaded-c-worst-1", "mixed-e-40x5-critical-c-1", "mixed-e-60x6-light-u-1",
      "mixed-l-10x2-critical-u-1", "mixed-l-20x3-critical-c-1", "mixed-c-10x2-critical-c-1",
      "mixed-c-20x3-critical-u-1", "mixed-a-20x3-overloaded-u-weighted-1", "mixed-m-10x2-critical-c-1"),
    # 100 to 1,000 users.
    *("campus-e-100x5-critical-c-1", "factory-e-100x5-light-u-1", "metro-e-100x5-overloaded-u-1",
      "roadside-e-100x20-critical-c-1", "campus-e-300x15-light-u-1", "factory-e-300x15-critical-c-1",
      "metro-e-300x15-critical-u-1", "roadside-e-300x60-overloaded-c-1", "metro-e-1000x50-critical-c-1",
      "metro-e-1000x50-critical-u-1", "roadside-e-1000x200-light-u-1",
      "metro-e-300x15-critical-u-patient-remote-1", "campus-l-100x5-critical-u-1",
      "metro-l-1000x50-critical-c-1", "metro-c-300x15-overloaded-u-1", "campus-a-100x5-overloaded-c-weighted-1",
      "metro-a-1000x50-overloaded-u-remote-weighted-1", "mixed-q-100x8-critical-u-1",
      "mixed-e-200x10-critical-c-1"),
    # 3,000 to 10,000 users.
    *("metro-e-3000x150-critical-u-1", "roadside-e-3000x300-critical-c-1", "metro-l-3000x150-critical-u-1",
      "metro-e-5000x50-overloaded-c-1", "metro-a-5000x50-overloaded-c-remote-weighted-1",
      "metro-e-10000x500-critical-c-1", "metro-e-10000x100-critical-u-1", "metro-c-10000x100-light-u-1"),
    # By generator and seed.
    *("metro-e-30000x300-critical-c-1", "metro-e-100000x100-critical-u-1", "metro-e-100000x1000-light-u-1"),
    # No plan exists.
    *("campus-e-5x2-impossible-c-remote-1", "campus-e-20x3-impossible-u-remote-1",
      "factory-e-20x2-impossible-c-remote-1", "metro-e-10x3-impossible-c-remote-1",
      "roadside-e-10x3-impossible-u-remote-1", "campus-l-40x3-impossible-c-remote-1",
      "mixed-q-10x2-impossible-u-remote-1"),
    # Degenerate: one user, one server, nothing costs anything, everybody alike.
    *("campus-e-1x1-light-c-1", "factory-e-1x1-critical-u-1", "metro-e-1x5-light-c-1",
      "campus-e-20x1-critical-u-1", "factory-e-40x1-overloaded-c-1", "campus-e-10x2-critical-c-free-1",
      "metro-e-20x3-critical-u-free-1", "campus-e-10x2-overloaded-u-twins-1",
      "campus-e-20x3-critical-c-twins-1", "factory-a-20x2-overloaded-u-twins-1",
      "campus-m-10x2-critical-c-twins-1"),
    # Systems with models of their own.
    *("iao-5x1-1", "iao-12x1-serial-1", "iao-40x1-1", "iao-100x1-serial-1"),
    *("droo-5x1-1", "droo-10x1-1", "droo-10x1-2", "droo-20x1-1"),
    *("hoda-8x1-1", "hoda-12x1-1", "hoda-20x1-1", "hoda-40x1-1"),
    *("mad2rl-3x3-1", "mad2rl-5x3-queues-1", "mad2rl-7x3-1", "mad2rl-9x4-queues-1"),
    *("batching-4x1-1", "batching-6x1-spread-1", "batching-10x1-spread-1"),
    *("uav-4x1-1", "uav-8x2-1", "uav-12x3-1"),
    *("online-120x2-1", "online-120x2-admission-1", "online-200x3-1"),
)  # fmt: skip
"""Every name; the order is that of the index."""


def make(folder: Path = HOME) -> list[Entry]:
    """Write what is missing: files, then the index.

    Raises:
        InputError: a name of the index would be drawn otherwise, or is not listed any more.
    """
    known = entries(folder) if (folder / "index.json").exists() else {}
    if gone := sorted(set(known) - set(NAMES)):
        raise InputError("index.json", f"has '{gone[0]}', which is not listed", "names are kept", "list it")
    (folder / "files").mkdir(exist_ok=True)
    found = [_one(name, known.get(name), folder) for name in NAMES]
    write_index(found, folder)
    return found


def _one(name: str, known: Entry | None, folder: Path) -> Entry:
    plain = entry_of(name)
    there = not plain.stored or instance_path(plain, folder).exists()
    if known is not None and there and dataclasses.replace(known, fingerprint="") == plain:
        return known
    problem = draw(plain)
    one = dataclasses.replace(plain, fingerprint=fingerprint_of(problem))
    if known is not None and known.fingerprint != one.fingerprint:
        raise InputError(name, "would be drawn otherwise than the index says", "its records are of the old one",
                         "give the new one another name")  # fmt: skip
    if one.stored:
        files.save(problem, instance_path(one, folder))
    return one


if __name__ == "__main__":
    made = make()
    print(f"{len(made)} entries", file=sys.stderr)
