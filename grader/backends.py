"""Array backends by name: where a run's arrays live, and how they come back.

    numpy    plain NumPy
    strict   array-api-strict on its second device: no GPU needed, refuses what a GPU or another library would
    cupy     CuPy on the current CUDA device

`get` imports the library when it is asked for. `import cupy` works without a driver, so what
decides is `is_available`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

NAMES = ("numpy", "strict", "cupy")


@dataclass(frozen=True, slots=True)
class Backend:
    """A library's way to put a NumPy array on its device and to bring one back."""

    name: str
    array: type
    put: Callable[[np.ndarray], Any]
    get: Callable[[Any], np.ndarray]

    def to_device(self, value: Any) -> Any:
        """A value with its NumPy arrays put on the device; containers are rebuilt."""
        return value if self.name == "numpy" else _map(value, np.ndarray, self.put)

    def to_numpy(self, value: Any) -> Any:
        """A value with its device arrays brought back as NumPy arrays."""
        return value if self.name == "numpy" else _map(value, self.array, self.get)

    def strays(self, value: Any) -> bool:
        """Whether a result holds a NumPy array where a device array belongs.

        Lists and numbers are no strays.
        """
        if self.name == "numpy":
            return False
        if isinstance(value, list | tuple):
            return any(self.strays(item) for item in value)
        if isinstance(value, dict):
            return any(self.strays(item) for item in value.values())
        return isinstance(value, np.ndarray) and value.ndim > 0

    def runs(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function computing on this device: NumPy arrays go there and results come back.

        So do those of functions among the arguments.

        A call without NumPy arrays is left alone, so that one such function can call another; so is
        one in a process forked from this one, as `check` makes them, which CUDA does not survive.
        """
        if self.name == "numpy":
            return function
        home = os.getpid()

        @functools.wraps(function)
        def there(*args: Any) -> Any:
            if os.getpid() != home or not _holds_numpy(args):
                return function(*args)
            return self.to_numpy(function(*map(self._sent, args)))

        return there

    def _sent(self, arg: Any) -> Any:
        return self._called_back(arg) if callable(arg) else self._handed_over(arg)

    def _called_back(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # The checks' own functions are NumPy's: their arguments come to the host, their results go back.
        return lambda *args: self._handed_over(function(*self.to_numpy(args)))

    def _handed_over(self, value: Any) -> Any:
        """A value on the device."""
        # NumPy's single numbers would take other libraries' arrays for their own: they become Python's.
        return self.to_device(_map(value, np.generic, lambda number: number.item()))


def _holds_numpy(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_numpy, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_numpy, value))
    return isinstance(value, np.ndarray)


def _map(value: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, kind):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(_map(item, kind, change) for item in value)
    if type(value) is dict:
        return {key: _map(item, kind, change) for key, item in value.items()}
    return value


def get(name: str) -> Backend:
    """The backend of that name.

    ValueError for an unknown name, RuntimeError with a sentence where it cannot be used here.
    """
    if name == "numpy":
        return Backend(name, np.ndarray, _same, _same)
    if name == "strict":
        return _strict()
    if name == "cupy":
        return _cupy()
    raise ValueError(f"There is no backend {name!r}. There are: {', '.join(NAMES)}.")


def _same(array: Any) -> Any:
    return array


def _strict() -> Backend:
    try:
        import array_api_strict as xp
    except ImportError as error:
        raise RuntimeError("The backend strict needs array-api-strict: pip install array-api-strict.") from error
    cpu, device = xp.Device("CPU_DEVICE"), xp.Device("device1")

    def there(array: Any) -> Any:
        return xp.asarray(array, device=device)

    def back(array: Any) -> Any:
        # By way of its CPU device: from another one NumPy may take nothing, as from a GPU.
        return np.asarray(array.to_device(cpu))

    return Backend("strict", type(xp.zeros(0)), there, back)


def _cupy() -> Backend:
    try:
        import cupy
    except ImportError as error:
        raise RuntimeError(
            "The backend cupy needs CuPy: pip install cupy-cuda12x (or cupy-cuda13x, by your driver)."
        ) from error
    if not cupy.is_available():
        raise RuntimeError("CuPy is installed, but there is no CUDA GPU or no driver: nvidia-smi tells more.")
    return Backend("cupy", cupy.ndarray, cupy.asarray, cupy.asnumpy)


def choose(name: str) -> tuple[Backend, str]:
    """The backend of that name, or NumPy's where it cannot be used here, and a sentence that says which.

    ValueError for an unknown name.
    """
    try:
        backend = get(name)
    except RuntimeError as error:
        return get("numpy"), f"{error} Until then arrays are NumPy's."
    return backend, f"Arrays are {backend.array.__module__}.{backend.array.__qualname__}."


def available() -> dict[str, str]:
    """Each backend with "" where it can be used, else the sentence that says why not."""
    reasons = {}
    for name in NAMES:
        try:
            get(name)
        except RuntimeError as error:
            reasons[name] = str(error)
        else:
            reasons[name] = ""
    return reasons
