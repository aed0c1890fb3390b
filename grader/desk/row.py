"""The row below a card: check again, next hint, case, reveal, reset.

Buttons in a notebook, calls in words elsewhere.
The buttons of an exercise are made once a kernel and shown again below each of its cards, so a
check pays for them once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from grader import card
from grader.desk.page import Below, Page
from grader.style import FONT


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does, and the call that does the same.

    `replaces` is of one whose page takes the place of the card; the others' pages come under the
    row.
    """

    label: str
    call: str
    told: str
    run: Callable[[], Page]
    is_open: bool = True
    replaces: bool = False


_bars: dict[str, _Bar] = {}


def row(name: str, actions: Iterable[Action], words: str = "") -> Below:
    """A row of buttons, known by a name.

    Actions that are not open are grey as buttons, and left out as words.
    """
    all_of = list(actions)
    calls = [f"{action.label.lower()}: `{action.call}`" for action in all_of if action.is_open]
    words = words or " · ".join(calls)

    def widget(show: Callable[[Page], None]) -> Any:
        bar = _bars.get(name) or _bars.setdefault(name, _Bar(all_of))
        bar.set(all_of, show)
        return bar.root

    style = f"{FONT};max-width:760px;padding:6px 14px;opacity:.8"
    html = f'<div style="{style}">{card.prose(words)}</div>'
    return Below(f"  {words.replace('`', '')}", html, widget)


class _Bar:
    """The buttons of an exercise, and under them a place for what they show."""

    def __init__(self, actions: Iterable[Action]) -> None:
        from ipywidgets import Button, ButtonStyle, HBox, Layout, Output, VBox

        narrow, wrapped, style = Layout(width="auto"), Layout(flex_flow="row wrap"), ButtonStyle()
        # One layout and one style for all: each widget's own would be two messages more to the browser.
        self._buttons = {}
        for action in actions:
            button = Button(description=action.label, layout=narrow, style=style)
            self._buttons[action.label] = button
        for label, button in self._buttons.items():
            # label=label: without it every button would do what the last one does.
            button.on_click(lambda _, label=label: self._run(label))
        self._output = Output(layout=narrow)
        buttons = HBox(list(self._buttons.values()), layout=wrapped)
        self.root = VBox([buttons, self._output], layout=narrow)

    def set(self, actions: Iterable[Action], show: Callable[[Page], None]) -> None:
        """Let the buttons do what these actions do; what was shown under them is gone."""
        self._actions, self._show = {action.label: action for action in actions}, show
        self._output.outputs = ()
        for label, action in self._actions.items():
            button = self._buttons[label]
            button.disabled, button.tooltip = not action.is_open, f"{action.told}: {action.call}"

    def _run(self, label: str) -> None:
        action = self._actions[label]
        page = action.run()
        if action.replaces:
            self._show(page)
        else:
            # Set, not displayed: what a call displays here would go to the cell that ran last.
            shown = {"output_type": "display_data", "data": page.bundle(), "metadata": {}}
            self._output.outputs = (shown,)


def current(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that the notebook has now under the name of this one."""
    found = vars(sys.modules["__main__"]).get(function.__name__)
    return found if callable(found) else function
