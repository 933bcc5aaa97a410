"""`aleator review`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from aleator.cli.app import app


@app.command
def review(
    folder: Path,
    *,
    data: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8765,
    database: str | None = None,
    token: str | None = None,
    prefix: str = "",
    blind: bool = False,
    second_opinions: float = 0.0,
    import_decisions: Annotated[list[Path] | None, Parameter(name="--import", consume_multiple=False)] = None,
    split: str | None = None,
    labels: Path | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    id_column: str | None = None,
    class_names: str | None = None,
) -> None:
    """Open a page on which people put labels right.

    Parameters
    ----------
    folder
        An audit folder, or data with labels that `aleator audit` would read.
    data
        Where the audited data are now, if they moved.
    host
        The address to listen on. Any but this machine's own demands a token.
    port
        The port to listen on; 0 takes a free one.
    database
        A file for SQLite, or postgresql://user@host/name for a team. By default review.sqlite in the audit folder.
    token
        What people have to know to come in; made and printed if it is demanded and not given.
    prefix
        The path under which a proxy shows the page, as /review.
    blind
        Hide given labels and others' answers from everybody.
    second_opinions
        Share of the reviewed examples that a second person is asked about, 0 to 1.
    import_decisions
        Take in decisions made elsewhere first: a decisions CSV, or Label Studio's JSON export. May be repeated.
    split, labels, path_column, label_column, id_column, class_names
        How the data are read, as for `aleator audit`.
    """
    from aleator.review.serve import serve

    serve(
        folder,
        data=data,
        host=host,
        port=port,
        database=database,
        token=token,
        prefix=prefix,
        blind=blind,
        second_opinions=second_opinions,
        imports=import_decisions or (),
        tell=lambda line: print(line, flush=True),
        split=split,
        labels=labels,
        path_column=path_column,
        label_column=label_column,
        id_column=id_column,
        class_names=class_names,
    )
