"""What a page of its own shows: the labeller of its queue, or one sentence on why there is none. Runs in the page's kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError

__all__ = ["show_page"]


def show_page(settings: str | Path) -> Any:
    """Make what a page shows, from the settings that its server wrote.

    Parameters
    ----------
    settings
        A JSON file with `workspace`, `database`, `queue`, `reviewer`, `role` and `keys`.

    Returns
    -------
    Labeller, or IPython.display.HTML
        What went wrong as a sentence where the queue cannot be opened.
    """
    from IPython.display import HTML

    from workbench import _html
    from workbench.workspace import Workspace  # which is made of the rooms beside this one

    said = json.loads(Path(settings).read_text(encoding="ascii"))
    try:
        ws = Workspace(Path(said["workspace"]), database=said["database"])
        queue = ws.held_queue(said["queue"])
        shown = ws.label(queue, reviewer=said["reviewer"], role=said["role"], keys=said["keys"])
    except WorkbenchError as error:
        return HTML(_html.panel(f"This queue cannot be opened: {error}", ""))
    shown.page = True
    return shown
