"""The server is killed while people decide: nothing that was acknowledged is lost, nothing is there twice."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from aleator.decisions import store
from aleator.decisions.store import database_url
from benchmarks.review import killed


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_every_acknowledged_decision_is_there_once(
    audit_folder: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = None
    if kind == "postgresql":
        url = str(request.getfixturevalue("postgres_url"))
        engine = sa.create_engine(database_url(url))
        with engine.begin() as connection:
            store.TABLES.drop_all(connection)
        engine.dispose()
    result = killed.run(audit_folder, database=url, reviewers=20, each=12, kills=1)
    assert result["acknowledged"] == 240
    assert (result["missing"], result["twice"], result["unasked"]) == (0, 0, 0)
