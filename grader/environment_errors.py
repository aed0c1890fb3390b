"""Errors that are not ours, as a sentence: a package of an extra is missing, a disk, a folder, a locale."""

from __future__ import annotations

_EXTRAS = {  # a module and the extra of pyproject.toml that brings it
    "nh3": "instructor",
    "jinja2": "instructor",
    "jupytext": "instructor",
    "nbgrader": "instructor",
    "sqlalchemy": "instructor",
    "distributed": "cluster",
    "psycopg": "postgres",
    "psycopg2": "postgres",
}


def sentence(error: Exception) -> str | None:
    """What to tell of an exception that is not ours.

    None where it is a fault of the kit, whose traceback is wanted.
    """
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or "").partition(".")[0]
        extra = _EXTRAS.get(module)
        return extra and f"This needs {module}, which is not installed: pip install 'ml-interview-prep[{extra}]'"
    if isinstance(error, UnicodeEncodeError):
        letters = error.object[error.start : error.end]
        where = f"this terminal's or file system's encoding, {error.encoding}"
        return f"The characters {letters!a} cannot be written in {where}. Set PYTHONUTF8=1 and try again."
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"{error.strerror}{where}. Nothing that was finished is lost: fix that, and run the same command again."
    return None
