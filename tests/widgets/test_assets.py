"""The committed browser half is built from the sources beside it, small, and found by the package."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from workbench.errors import AssetError
from workbench.widgets import asset

WIDGETS = Path(__file__).parents[2] / "widgets"
BUILT = ["explorer.css", "explorer.js", "labeller.css", "labeller.js", "promoter.css", "promoter.js"]


def stamp() -> str:
    files = [path for path in (WIDGETS / "src").rglob("*") if path.is_file()]
    files += [WIDGETS / name for name in ("package-lock.json", "build.mjs", "tsconfig.json")]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(WIDGETS).as_posix() for path in files):
        digest.update(f"{name}\0{(WIDGETS / name).read_text(encoding='utf-8')}\0".encode())
    return digest.hexdigest()[:16]


@pytest.mark.parametrize("name", BUILT)
def test_a_bundle_is_built_from_the_sources_beside_it(name: str) -> None:
    head = asset(name).read_text(encoding="utf-8").splitlines()[0]
    built_from = re.search(r"\(([0-9a-f]{16})\)", head)
    assert built_from is not None
    assert built_from[1] == stamp(), "stale: run `npm run build` in widgets/"


@pytest.mark.parametrize("name", BUILT)
def test_a_bundle_is_small_readable_and_needs_no_network(name: str) -> None:
    text = asset(name).read_text(encoding="utf-8")
    assert len(text.encode()) < 150_000
    assert max(map(len, text.splitlines())) < 2_000
    assert not re.search(r"https?://|@import|\bimport\s*\(|innerHTML|insertAdjacentHTML|\beval\(", text)


def test_there_is_no_other_bundle() -> None:
    assert sorted(path.name for path in asset("labeller.js").parent.iterdir()) == BUILT


def test_a_missing_bundle_says_what_to_do() -> None:
    with pytest.raises(AssetError, match=r"install trace-workbench again.*npm run build"):
        asset("nothing.js")


def test_the_lock_names_no_host() -> None:
    lock = json.loads((WIDGETS / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


@pytest.mark.slow
def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed: the stamp alone says that the bundles are current")
    if not (WIDGETS / "node_modules" / "esbuild").exists():
        pytest.skip(
            "widgets/node_modules is not there (`npm ci` in widgets/): the stamp alone says that the bundles are current"
        )
    subprocess.run([node, "build.mjs"], cwd=WIDGETS, check=True, env={**os.environ, "WORKBENCH_STATIC": str(tmp_path)})
    for name in BUILT:
        assert (tmp_path / name).read_bytes() == asset(name).read_bytes(), f"{name} is not what its sources give"
