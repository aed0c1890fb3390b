"""HTML from the classroom's templates: everything is escaped, and a page needs nothing but itself."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grader import card
from grader.style import STATES, heat, tint
from grader.verdict import State

if TYPE_CHECKING:
    from jinja2 import Environment

HEATS = 6  # classes of the heat map, the last for full marks
_PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_OTHER = re.compile(r"[^\w.-]+")


def render(template: str, **values: Any) -> str:
    """A page from a template of the classroom."""
    when = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return _environment().get_template(f"{template}.html.j2").render(when=when, **values)


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("grader.classroom", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    # A class has the same sentences and names many times over. Each of these escapes its text.
    for name, make in (("prose", card.prose), ("breakable", _breakable), ("chip", _chip)):
        # make=make: without it all three would call the loop's last function.
        environment.filters[name] = functools.lru_cache(4096)(lambda text, make=make: Markup(make(text)))
    environment.filters |= {"points": points, "span": span, "heat": heat_class}
    environment.globals |= {
        "STATES": STATES,
        "tint": tint,
        "heats": [heat(step / (HEATS - 1)) for step in range(HEATS)],
    }
    return environment


def _breakable(name: str) -> str:
    """A name in code as HTML that may break after each underscore."""
    return escape(name).replace("_", "_<wbr>")


def _chip(state: State) -> str:
    """The state of an exercise as HTML."""
    colour, mark = STATES[state]
    return f'<span class="state" style="background:{tint(colour, 0.18)}">{mark} {state}</span>'


def points(value: float) -> str:
    """A score as people write it: 12, 12.5."""
    return f"{round(value, 2):g}"


def span(time: timedelta) -> str:
    """How long something took: 2 d 3 h, 3 h 12 min, 5 min."""
    minutes = max(1, round(time.total_seconds() / 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def heat_class(fraction: float) -> str:
    """The class of a cell of a heat map: h0 for nothing, up to h5, which full marks alone have."""
    return f"h{HEATS - 1 if fraction >= 1 else int(max(0.0, fraction) * (HEATS - 1))}"


def file_of(student: str) -> str:
    """The name of a student's page: their own where it is plain, else one that no other student has."""
    if _PLAIN.fullmatch(student):
        return f"{student}.html"
    mark = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{_OTHER.sub('_', student).strip('.')[:60]}~{mark}.html"  # no plain name has a ~


def link(page: Path, target: Path, anchor: str = "") -> str:
    """The address of a file as a page has it."""
    path = quote(os.path.relpath(target, page.parent).replace(os.sep, "/"))
    return f"{path}#{quote(anchor)}" if anchor else path
