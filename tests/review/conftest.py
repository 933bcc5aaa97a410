"""What the tests of the review page share."""

from collections.abc import Iterator

import pytest

from tests.review import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL, started for these tests."""
    try:
        with postgres.cluster() as url:
            yield url
    except RuntimeError as error:
        pytest.skip(f"no PostgreSQL for these tests: {error}")
