"""What `prep bench solutions` times: every reference that does real work, at several sizes."""

from __future__ import annotations

    Workload("compute_budget", "online_softmax", "columns", (10**3, 10**4, 10**5), compute_budget.online_softmax, _MORE),
