"""The server of one page: Voilà with everything shut that the page does not need."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

from workbench.page._page import NOTEBOOK, READY, SETTINGS

__all__ = ["serve"]

TEMPLATES: Final = Path(__file__).parent / "templates"
_HEADERS: Final = {
    # What the page may load comes from its own server; a blob is how a widget's module comes out of its message.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address has the token in it
}
_OFTEN: Final = 2000  # ms
_LEFT: Final = 600  # s
_EXTENSIONS: Final = ["anywidget", "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]


def serve(folder: Path) -> None:
    """Serve the page that a folder describes until a signal ends it, or the process that wanted it is gone.

    Parameters
    ----------
    folder
        Where the settings are. The address is written there once it answers, and the folder is removed at the end.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from traitlets.config import Config
    from voila.app import Voila

    settings = json.loads((folder / SETTINGS).read_text(encoding="ascii"))
    _write_notebook(folder / NOTEBOOK)
    os.environ["WORKBENCH_PAGE"] = str(folder / SETTINGS)  # the kernel's; nothing of it is written into code

    class Server(Voila):  # pyright: ignore[reportUntypedBaseClass] - Voilà has no types
        """Voilà that reads no settings of anybody's, has the page's own template, and says where it is in a file."""

        name = "voila"

        def load_config_file(self, *_: Any, **__: Any) -> None:
            """A `voila.py` in the folder that somebody happens to be in would be run."""

        def setup_template_dirs(self) -> None:
            """The page's template comes before those that it builds on."""
            super().setup_template_dirs()
            self.template_paths: list[str] = [str(TEMPLATES), *self.template_paths]

        def launch_browser(self: Any) -> None:
            """Called once the server answers."""
            _watch(settings["parent"], self._handle_signal_stop)
            host = settings["host"] if settings["host"] not in {"", "0.0.0.0", "::"} else _own_name()  # noqa: S104
            host = f"[{host}]" if ":" in host else host
            waiting = folder / f"{READY}.new"
            waiting.write_text(f"http://{host}:{self.port}/?token={settings['token']}", encoding="utf-8")
            waiting.replace(folder / READY)

        def stop(self: Any) -> None:
            """End the kernels at once: what was acknowledged is on disk, and asking them in turn can take for ever."""
            kernels = [
                self.kernel_manager.get_kernel(each).provisioner for each in self.kernel_manager.list_kernel_ids()
            ]
            running = [kernel.process for kernel in kernels if kernel is not None and kernel.process is not None]
            for process in running:
                process.kill()
            for process in running:
                process.wait()

    class ThisPython(KernelSpecManager):
        """The kernel is this Python, whatever else is called python3 here."""

        def _kernel_dirs_default(self) -> list[str]:
            return []

    config: Any = Config()
    config.Voila.ip, config.Voila.port = settings["host"], settings["port"]
    config.Voila.port_retries = 0 if settings["fixed"] else 50
    config.Voila.token = settings["token"]
    config.Voila.open_browser = True
    config.Voila.notebook_path, config.Voila.root_dir = str(folder / NOTEBOOK), str(folder)
    config.Voila.connection_dir_root = str(folder)
    config.Voila.tornado_settings = {"headers": _HEADERS}
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.extension_allowlist = _EXTENSIONS
    config.VoilaExecutor.cell_error_instruction = "Whoever sent you this address finds the reason in the server's log."
    config.VoilaConfiguration.kernel_spec_manager_class = ThisPython
    # A page that is left has its kernel for a while: what was said last is still saved. An open one keeps it.
    config.MappingKernelManager.cull_idle_timeout, config.MappingKernelManager.cull_interval = _LEFT, _LEFT // 10
    config.FileContentsManager.root_dir = config.NotebookNotary.data_dir = str(folder)
    try:
        Server.launch_instance(argv=[], config=config)
    finally:
        if (folder / READY).exists():  # else whoever started it reads there what went wrong
            shutil.rmtree(folder, ignore_errors=True)


def _write_notebook(path: Path) -> None:
    """The fixed notebook: one cell, the same for every page."""
    import nbformat
    from nbformat import v4

    code = "import os\n\nfrom workbench.workspace._page import show_page\n\nshow_page(os.environ['WORKBENCH_PAGE'])"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(code)], metadata=metadata), str(path))  # pyright: ignore[reportUnknownMemberType] - nbformat has no types


def _own_name() -> str:
    import socket

    return socket.gethostname()


def _watch(parent: int | None, stop: Any) -> None:
    """End with the process that wanted the page, however that ended."""
    if parent is None:
        return
    from tornado.ioloop import PeriodicCallback

    def look() -> None:
        if os.getppid() != parent:
            stop("gone", None)

    PeriodicCallback(look, _OFTEN).start()
