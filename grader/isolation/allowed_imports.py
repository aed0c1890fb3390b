"""What an answer may import: the standard library, numpy, and what makes it run on other arrays.

What may be imported may also be read (landlock.py); everything else is a sentence, or for pictures
a stand-in (standins.py).
"""

from __future__ import annotations

import sys

PACKAGES = ("numpy", "array_api_compat", "array_api_strict")
# CuPy with what it is made of, for answers that are tried on a GPU, which is without isolation.
_CUPY = ("cupy", "cupyx", "cupy_backends", "fastrlock", "cuda", "nvidia")
ALLOWED = frozenset({*PACKAGES, *_CUPY, *sys.stdlib_module_names})
# Imported by learners for pictures and tools of the notebook: as something that does nothing,
# since a cell that draws must not fail the functions below it.
_PICTURES = ("matplotlib", "mpl_toolkits", "seaborn", "plotly")
INERT = frozenset({*_PICTURES, "ipywidgets", "IPython", "grader", "tqdm"})
