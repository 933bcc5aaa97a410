"""A Ray cluster of several nodes on this machine."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from aleator.workers import Where, Workers, workers_at

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster


@pytest.fixture(scope="module")
def cluster() -> "Iterator[Cluster]":
    """One node with one processor; tests may add some, and have to remove them."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def on(cluster: "Cluster") -> Iterator[Workers]:
    """The cluster, connected once for all tests."""
    with workers_at(Where("ray", cluster.address)) as workers:
        yield workers


@pytest.fixture
def add_nodes(cluster: "Cluster") -> Iterator[Callable[..., list[Any]]]:
    """Add so many nodes of one processor each, with these variables in their environment; they are gone after the
    test."""
    added: list[Any] = []

    def add(count: int, **variables: str) -> list[Any]:
        new = [cluster.add_node(num_cpus=1, env_vars=variables or None) for _ in range(count)]
        added.extend(new)
        return new

    yield add
    for node in added:
        if node in cluster.list_all_nodes():
            cluster.remove_node(node, allow_graceful=False)
