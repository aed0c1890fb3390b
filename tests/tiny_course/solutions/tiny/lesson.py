# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
#   prep:
#     title: "A tiny lesson"
#     order: 1
#     minutes: 5
#     topics: [means, robust statistics]
#     needs: []
#     out_of_scope: "everything but the mean"
# ---

# %% [markdown]
# # A tiny lesson

# %%
import numpy as np

from grader import check, hint, ready, reveal, status

# %% [markdown]
# ## `mean`  *(easy, 2 min, asked often)*


# %%
def mean(x):
    """Mean of an array.

    x: (n,) real numbers of any dtype. Returns a number. Empty input: ValueError.
    """
    ### BEGIN SOLUTION
    from array_api_compat import array_namespace

    xp = array_namespace(x)
    if x.size == 0:
        raise ValueError("the mean of nothing is not defined")
    real = x if xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float64)
    return xp.mean(real)
    ### END SOLUTION


# %%
check(mean)

# %% [markdown] question="robust" points=2
# ### Q. When is the median better?   *(easy, 1 min)*
#
# === BEGIN MARK SCHEME ===
# **Must mention** (1 point each):
# - outliers move the mean without bound
# - `median` needs the order only, so one value far out moves it by a place at most
#
# **Red flags** (-1): "always"; "never".
#
# **A strong answer, said aloud**: I use the median when a few values may lie far out; the mean follows them, the median moves by a place at most.
#
# **A weak candidate says**: The median is always better.
#
# **Follow-ups**:
# - *What does sorting cost?* `O(n log n)`; selecting the middle alone `O(n)` on average.
# - *And the mode?* For categories, where there is no order.
# === END MARK SCHEME ===

# %%
if ready(mean):
    print(mean(np.array([1.0, 2.0])))

# %% [markdown] tags=["sheet"]
# ## One page
#
# $\bar x = \frac1n \sum_i x_i$. Trap: the mean of nothing is not defined.

# %%
status()
