"""`edgecut dnn`: networks of the catalogue and of one's own on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edgecut.test_cli import in_a_process
from tests.shell import Done, edgecut


def run(*arguments: str | Path, cwd: Path) -> Done:
    return edgecut("dnn", *arguments, cwd=cwd)


def test_list_and_info(tmp_path: Path) -> None:
    rows = json.loads(run("list", "--json", cwd=tmp_path).stdout)
    assert {"resnet50", "vit_b_16"} <= {row["network"] for row in rows}
    shown = json.loads(run("info", "alexnet", "--json", cwd=tmp_path).stdout)
    assert shown["layers"] == 12 and shown["rows"][0]["reads"] == "input"
    wrong = run("info", "alexnett", cwd=tmp_path)
    assert wrong.returncode == 65 and "did you mean 'alexnet'" in wrong.stderr


def test_an_onnx_network_goes_through_every_command(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    file = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_squeezenet.onnx"
    if not file.exists():
        pytest.skip(f"this onnx has no {file.name}")
    made = run("from-onnx", file, "-o", "mine.json", "--name", "mine", cwd=tmp_path)
    assert made.returncode == 0 and "0.349 GMAC" in made.stderr
    assert json.loads(run("info", "mine.json", "--json", cwd=tmp_path).stdout)["network"] == "mine"
    assert run("show", "mine.json", "-o", "mine.png", cwd=tmp_path).returncode == 0
    assert (tmp_path / "mine.png").read_bytes().startswith(b"\x89PNG")
    drawn = edgecut("generate", "campus", "--users", "4", "--servers", "2", "--network", "mine.json", "--network",
                    "squeezenet1_0", "--set", "load=0.3", "-o", "i.json", cwd=tmp_path)  # fmt: skip
    assert drawn.returncode == 0, drawn.stderr
    solved = edgecut("solve", "i.json", "--gap", "1e-2", "-o", "r.json", cwd=tmp_path)
    assert solved.returncode == 0, solved.stderr
    assert edgecut("verify", "i.json", "r.json", cwd=tmp_path).returncode == 0
    named = run("from-onnx", file, "-o", "mine.txt", cwd=tmp_path)
    assert named.returncode == 65 and ".json" in named.stderr


def test_a_module_of_ones_own_is_measured(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra profile is not installed")
    (tmp_path / "own.py").write_text(
        "import torch\n"
        "def tiny():\n"
        "    layers = torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 4)\n"
        "    return torch.nn.Sequential(*layers), torch.rand(1, 3, 8, 8)\n"
    )
    # In a process of its own: it imports the module from the folder.
    done = in_a_process(
        "dnn", "measure", "own:tiny", "-o", "box.json", "--repeats", "3", "--like", "phone", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "box.json").read_text())
    assert document["timings"][0]["network"] == "tiny" and len(document["timings"][0]["layer_s"]) == 2
    drawn = edgecut("generate", "campus", "--users", "2", "--servers", "1", "--device", "box.json", "-o", "i.json",
                    cwd=tmp_path)  # fmt: skip
    assert drawn.returncode == 0, drawn.stderr
