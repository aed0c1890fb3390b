"""Ends the process in its first cell, in every way."""

# %%
raise SystemExit(0)
# %%
import os

os._exit(0)
# %%
import sys

sys.exit(1)


# %%
def mean(x):
    return 0.0
