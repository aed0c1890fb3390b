"""Tints and fonts of what is shown in notebooks: the cards, the pages of the desk, rubrics in formgrader.

JupyterLab takes <style> and var() out of untrusted notebooks. So styles are inline, backgrounds are
translucent tints, which work on white and on black, text has the theme's own colour, and a font is
said twice: literal first, then Lab's own.
"""

from __future__ import annotations

from typing import Literal

GREEN, RED, AMBER, BLUE, GREY = "46,125,50", "198,40,40", "180,110,0", "25,118,210", "128,128,128"
STATES: dict[Literal["unwritten", "wrong", "right", "complete"], tuple[str, str]] = {  # of an exercise: colour, mark
    "unwritten": (GREY, "·"),
    "wrong": (RED, "✗"),
    "right": (BLUE, "○"),
    "complete": (GREEN, "✓"),
}
_SANS, _CODE = "system-ui,sans-serif", "ui-monospace,Menlo,Consolas,monospace"
FONT = f"font-family:{_SANS};font-family:var(--jp-ui-font-family,{_SANS});font-size:13px;line-height:1.5"
MONO = f"font-family:{_CODE};font-family:var(--jp-code-font-family,{_CODE});font-size:12px"


def tint(colour: str, opacity: float) -> str:
    """A colour as CSS has it: tint(GREEN, 0.18)."""
    return f"rgba({colour},{opacity:g})".replace("0.", ".")


def heat(fraction: float) -> str:
    """The colour of a cell of a heat map: amber for nothing, through none at the middle, to blue for everything.

    Amber and blue differ for everybody, and the number stands in the cell.
    """
    return tint(AMBER if fraction < 0.5 else BLUE, 0.12 + 0.76 * abs(fraction - 0.5))


def edge(colour: str) -> str:
    """The thick line at a box's left side."""
    return f"border-left:5px solid {tint(colour, 0.9)}"


PANEL = f"max-width:760px;padding:8px 14px;{edge(BLUE)};background:{tint(BLUE, 0.08)};border-radius:4px;line-height:1.5"
RUBRIC = f"margin:12px 0;padding:8px 16px;{edge(AMBER)};background:{tint(AMBER, 0.1)};border-radius:4px"
