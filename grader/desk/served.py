"""The page to start from, at /start of the server that `prep lab` runs: an extension of Jupyter Server."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import authenticated

from grader.desk.overview import overview
from grader.desk.start import page
from grader.errors import PrepError


class StartPage(JupyterHandler):
    """The overview of now, whenever it is asked for."""

    @authenticated
    def get(self) -> None:
        root = Path(self.settings["server_root_dir"]).expanduser()

        def address(notebook: Path, cell: str) -> str:
            path = os.path.relpath(notebook, root).replace(os.sep, "/")
            return f"{self.base_url}lab/tree/{quote(path)}" + (f"#cell-id={quote(cell)}" if cell else "")

        # Both show one document alone, which fits a phone; Notebook is not always installed.
        narrow = "/notebooks/" if importlib.util.find_spec("notebook") else "/doc/tree/"
        try:
            self.finish(page(overview(), address, narrow))
        except PrepError as error:
            self.set_status(404)
            self.finish(str(error))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "grader.desk.served"}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.web_app.add_handlers(".*$", [(f"{app.web_app.settings['base_url']}start/?", StartPage)])
