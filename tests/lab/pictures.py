"""Take the pictures of the README from the shipped sample, in a real JupyterLab: `make pictures`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab.labdriver import DARK, ROOT, browser, lab, open_notebook, run_all

PICTURES = ROOT / "notebooks" / "pictures"
THEMES: dict[str, dict[str, Any] | None] = {"light": None, "dark": DARK}
SHOWN = {  # the picture, its notebook, and what of it is shown
    "modes": ("error_analysis", ".wb-panel", "stability"),
    "map": ("error_analysis", ".wbw-explorer", ""),
    "labeller": ("labelling_session", ".wbw-labeller", ""),
    "verdict": ("baseline_against_candidate", "svg[role=img]", ""),
}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(
            ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns("support-agent", "__pycache__")
        )
        (root / "data").symlink_to(ROOT / "data")
        for theme, settings in THEMES.items():
            with lab(root, settings=settings) as server, browser() as chromium:
                for notebook in dict.fromkeys(name for name, _, _ in SHOWN.values()):
                    page = open_notebook(
                        chromium, server, f"notebooks/{notebook}.ipynb", width=1280, height=1900
                    )  # a table as a whole
                    run_all(page, timeout=300_000)
                    for picture, (where, selector, text) in SHOWN.items():
                        if where == notebook:
                            take(page, selector, text, PICTURES / f"{picture}-{theme}.png")
                    page.close()


def take(page: Any, selector: str, text: str, path: Path) -> None:
    found = page.locator(selector, has_text=text).first if text else page.locator(selector).first
    found.scroll_into_view_if_needed()
    page.wait_for_timeout(1_500)  # fonts and canvases settle
    found.screenshot(path=str(path))
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
