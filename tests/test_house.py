"""The shape of the house: who may import whom, what is public, what is heavy, what never lies about."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "workbench"
FLOORS = {
    0: ("_crew", "_html", "_population", "_words", "errors", "schema", "stats"),
    1: ("model", "store"),
    2: ("evidence", "load", "redact"),
    3: ("cluster", "dataset", "experiment", "grade", "label", "world"),
    4: ("charts", "graders", "report"),
    5: ("page", "widgets"),
    6: ("cli", "workspace", "_config", "_explore", "_pytest", "progress"),
}
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
ROOMS = sorted(room for room in FLOOR if (PACKAGE / room / "__init__.py").exists())
HEAVY = ("torch", "sentence_transformers", "hdbscan", "sklearn", "scipy", "statsmodels", "altair", "ipywidgets",
         "anywidget", "sqlalchemy", "nbclient", "nbconvert", "typer", "rich", "tqdm", "IPython", "pandas", "pydantic_ai", "openai",
         "voila", "nbformat", "openvino", "tornado")  # fmt: skip
# These rooms are about such a package, and nothing asks for them before it is needed.
BUILT_ON = {"cli": {"typer"}, "store": {"sqlalchemy"}, "widgets": {"ipywidgets", "anywidget", "IPython"}}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "workbench":
            parts = (node.module or "").split(".")
            if len(parts) > 1:
                yield parts[1], node.lineno
            else:
                yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name.split(".")[1], node.lineno) for a in node.names if a.name.startswith("workbench."))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_from_floors_below(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert room in FLOOR, f"{room} stands on no floor: add it to the plan"
    for other, line in imports(path):
        allowed = other in {room, "errors", "_words"} or FLOOR[other] < FLOOR[room] or FLOOR[room] == max(FLOORS)
        assert allowed, f"{path.name}:{line}: {room} (floor {FLOOR[room]}) imports {other} (floor {FLOOR[other]})"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_module_outgrows_its_reader(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_hands_on_is_sorted_there_and_described(room: str) -> None:
    module = importlib.import_module(f"workbench.{room}")
    assert module.__doc__
    assert list(module.__all__) == sorted(module.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isroutine(thing):  # an alias of types is described where it is written
            assert thing.__doc__, f"workbench.{room}.{name} is not described"


def test_importing_the_workbench_imports_nothing_heavy() -> None:
    rooms = ", ".join(f"workbench.{room}" for room in ROOMS if room not in BUILT_ON)
    code = f"import sys, workbench, {rooms}; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("room", BUILT_ON)
def test_a_room_that_is_about_a_package_imports_no_other(room: str) -> None:
    code = f"import sys, workbench.{room}; print(*(m for m in {HEAVY!r} if m in sys.modules))"
    assert set(subprocess.check_output([sys.executable, "-c", code], text=True).split()) <= BUILT_ON[room]


def test_notebooks_are_stored_without_outputs() -> None:
    for path in tracked():
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells), path.name


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile(rb"(pypi|pythonhosted|npmjs|yarnpkg|deb\.debian)" + rb"\.(org|com)")
    named = [str(p.relative_to(ROOT)) for p in tracked() if hosts.search(p.read_bytes())]
    assert named == []


def test_the_lock_pins_every_package_and_no_address() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert "torch==2.13.0" in pins
    assert all(re.fullmatch(r"[\w.\-]+==[\w.\-!+]+( ;.*)?", pin) for pin in pins)
