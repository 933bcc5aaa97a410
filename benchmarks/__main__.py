"""`python -m benchmarks CLAIM`: a command for each folder. torch is loaded by the claim that needs it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from aleator.cli import EXIT_BAD_INPUT
from aleator.cli.app import Json
from aleator.errors import AleatorError
from aleator.files import write_text
from aleator.progress import display
from benchmarks.detect.options import DetectOptions
from benchmarks.portfolio.options import PortfolioOptions

app = App(
    name="python -m benchmarks",
    help="Measure what the README claims, beside plain baselines, in one run.",
    version_flags=[],
    default_parameter=Parameter(consume_multiple=True, negative_iterable=()),
)
Output = Annotated[Path | None, Parameter(name=["--output", "-o"])]
DETECT_BY_DEFAULT = DetectOptions()
PORTFOLIO_BY_DEFAULT = PortfolioOptions()


@app.command
def detect(
    *,
    options: Annotated[DetectOptions, Parameter(name="*")] = DETECT_BY_DEFAULT,
    output: Output = None,
    json_output: Json = False,
) -> None:
    """How well wrong labels are found, unaided and with reviews, beside what others do with the same networks.

    Parameters
    ----------
    output
        Keep the networks in this folder; what is there is not trained again.
    json_output
        Print one JSON object instead of the tables.
    """
    from benchmarks.detect.run import format_table, run

    with display(log=True) as progress:
        result = run(options, folder=output, progress=progress)
    tell(result, format_table, json_output)


@app.command
def portfolio(
    *,
    options: Annotated[PortfolioOptions, Parameter(name="*")] = PORTFOLIO_BY_DEFAULT,
    output: Output = None,
    json_output: Json = False,
) -> None:
    """Whether the verdict is right anywhere: shares of wrong labels, flags and rankings on many kinds of data.

    Parameters
    ----------
    output
        Keep the audits in this folder; what is there is not trained again.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.portfolio.run import format_table, run

    with display(log=True) as progress:
        result = run(options, folder=output, progress=progress)
    tell(result, format_table, json_output)


@app.command
def any_data(
    *,
    data: Path | None = None,
    embeddings: Path | None = None,
    only: str = "",
    peers: bool = True,
    sizes: tuple[int, ...] = (),
    faces: Path | None = None,
    json_output: Json = False,
) -> None:
    """Whole audits of vectors, texts and tables beside logistic regression, neighbours and cleanlab.

    Parameters
    ----------
    data
        The folder with cifar10h and noisyag; without it, the sets that scikit-learn has.
    embeddings
        Pretrained features of CIFAR-10's test pictures, a row each (.npy).
    only
        Only data sets whose names hold this.
    peers
        Compare with cleanlab's Datalab and CleanLearning, which the extra aleator[bench] installs.
    sizes
        Instead: audits of so many photographs and faces, from pixels and by pretrained features, and what auto takes.
    faces
        Pretrained features of FER2013's training pictures, a row each (.npy).
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.any_data.run import format_table, run

    with display(log=True) as progress:
        result = run(data, embeddings=embeddings, only=only, peers=peers, sizes=sizes, faces=faces, progress=progress)
    tell(result, format_table, json_output)


@app.command
def classifier(*, repeats: int = 2, json_output: Json = False) -> None:
    """The classifier for scikit-learn on vectors beside cleanlab's CleanLearning: accuracy and processor time.

    Parameters
    ----------
    repeats
        Five folds each.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.classifier.run import format_table, run

    with display(log=True) as progress:
        result = run(repeats=repeats, progress=progress)
    tell(result, format_table, json_output)


@app.command
def minutes(
    *,
    options: Annotated[PortfolioOptions, Parameter(name="*")] = PORTFOLIO_BY_DEFAULT,
    json_output: Json = False,
) -> None:
    """Errors removed per minute by a simulated reviewer at the page and by other ways, on the portfolio's data sets.

    Parameters
    ----------
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.portfolio.minutes import format_table, run

    with display() as progress:
        result = run(options, progress=progress)
    tell(result, format_table, json_output)


@app.command
def sampling_softmax(
    *,
    seed: int = 0,
    output: Output = None,
    json_output: Json = False,
) -> None:
    """Error, time and memory of each way to the expected softmax: the integral, Sobol, Monte Carlo, mean field.

    Parameters
    ----------
    seed
        Seed of the logits and the draws.
    output
        Write the figure (.svg) here.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.sampling_softmax.run import draw_figure, format_table, run

    with display(log=True) as progress:
        result = run(seed=seed, progress=progress)
    if output is not None:
        write_text(output, draw_figure(result))
    tell(result, format_table, json_output)


@app.command
def posteriors(
    *,
    data: Path,
    quick: bool = False,
    minutes: float | None = None,
    seed: int = 0,
    folder: Path | None = None,
    output: Output = None,
    json_output: Json = False,
) -> None:
    """Every posterior, with and without the sampling softmax, on FER+: what to choose.

    Parameters
    ----------
    data
        The folder with fer2013.csv or fer2013.npz, and fer2013new.csv.
    quick
        Ten minutes on two cores instead of ninety: less data, fewer epochs, shorter sweeps.
    minutes
        Another limit: the number of epochs is what fits into it.
    seed
        Seed of all trainings.
    folder
        Keep what was drawn in this folder: an interrupted run goes on from there.
    output
        Write the figure (.svg) here.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.posteriors.run import draw_figure, format_table, run

    with display(log=True) as progress:
        result = run(data, quick=quick, minutes=minutes, seed=seed, folder=folder, progress=progress)
    if output is not None:
        write_text(output, draw_figure(result))
    tell(result, format_table, json_output)


@app.command
def toys(
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])],
    seed: int = 0,
) -> None:
    """Two moons and x sin x, as pictures.

    Parameters
    ----------
    output
        The folder that the pictures (.svg) are written into.
    seed
        Seed of the data and the trainings.
    """
    from benchmarks.toys.run import run

    with display(log=True) as progress:
        pictures = run(seed=seed, progress=progress)
    output.mkdir(parents=True, exist_ok=True)
    for name, picture in pictures.items():
        write_text(output / f"{name}.svg", picture)
        print(output / f"{name}.svg")


@app.command
def report(*, rows: int = 28_709, report: Path | None = None, json_output: Json = False) -> None:
    """How quickly a report of many examples is seen, and follows a filter, in a real Chromium.

    Parameters
    ----------
    rows
        Examples of the made-up audit.
    report
        A report.html that is there, in the place of a made-up one.
    json_output
        Print one JSON object instead of text.
    """
    from benchmarks.report.run import format_table, run

    with display(log=True) as progress:
        result = run(rows, report=report, progress=progress)
    tell(result, format_table, json_output)


@app.command
def review(
    *,
    rows: list[int] | None = None,
    crowd: bool = False,
    database: str | None = None,
    audit: Path | None = None,
    votes: Path | None = None,
    data: Path | None = None,
    folder: Path | None = None,
    json_output: Json = False,
) -> None:
    """How quick the review page is, whether it keeps what it acknowledged, and what decisions bring.

    Parameters
    ----------
    rows
        A person's minute in a real Chromium on made-up audits of so many examples; may be repeated.
    crowd
        Twenty people decide 200 examples each while the server is killed twice.
    database
        The crowd's database as a PostgreSQL URL instead of an SQLite file.
    audit
        An audit folder of FER2013: FER+'s majority plays its reviewer.
    votes
        FER+'s votes, fer2013new.csv.
    data
        Where the audited FER2013 is now, if it moved.
    folder
        Keep the made-up audit of the minute in this folder, or use the one that is there.
    json_output
        Print one JSON object instead of text.
    """
    from benchmarks.review.run import format_table, run

    with display(log=True) as progress:
        result = run(
            rows=rows or (), crowd=crowd, database=database, audit=audit, votes=votes, data=data, folder=folder,
            progress=progress,
        )  # fmt: skip
    tell(result, format_table, json_output)


@app.command
def train(
    *,
    data: Path,
    seeds: int = 3,
    only: Annotated[str | None, Parameter(negative=())] = None,
    effort: Literal["quick", "standard", "thorough"] = "standard",
    audit: Path | None = None,
    device: str = "auto",
    output: Output = None,
    json_output: Json = False,
) -> None:
    """How right models are that were trained on FER2013's labels, with FER+ as referee, beside bounds and baselines.

    Parameters
    ----------
    data
        The folder with fer2013.csv or fer2013.npz, and fer2013new.csv.
    seeds
        Every row is trained so often.
    only
        These rows, separated by semicolons; all without it.
    effort
        Of every training: quick is two small networks and five epochs, thorough four large ones and twenty.
    audit
        An audit of the Training split, for the rows that train on judged labels.
    device
        auto, cpu, cuda, ...
    output
        Keep models and scores in this folder; what is there is not done again.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.train.run import format_table, run

    names = () if only is None else tuple(name.strip() for name in only.split(";"))
    with display(log=True) as progress:
        result = run(
            data, seeds=seeds, only=names, effort=effort, audit=audit, device=device, folder=output, progress=progress
        )
    tell(result, format_table, json_output)


@app.command
def embedding(*, pictures: int = 256, photographs: int = 300, json_output: Json = False) -> None:
    """How quick features are made of pictures, beside the bare network, and photographs decoded; some minutes.

    Parameters
    ----------
    pictures
        So many, of 640x480 pixels.
    photographs
        So many, of 12 megapixels.
    json_output
        Print one JSON object instead of the tables.
    """
    from benchmarks.embedding.run import format_table, run

    with display() as progress:
        result = run(pictures=pictures, photographs=photographs, progress=progress)
    tell(result, format_table, json_output)


@app.command
def convolutions(*, json_output: Json = False) -> None:
    """How long a step and a prediction take with convolutions by Winograd's way and by the plain one; a minute.

    Parameters
    ----------
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.convolutions.run import format_table, run

    with display(log=True) as progress:
        result = run(progress=progress)
    tell(result, format_table, json_output)


@app.command
def workers(*, pictures: int = 1000, vectors: int = 32_000, json_output: Json = False) -> None:
    """Whether audits on 1, 2 and 4 nodes of a Ray cluster leave the same bytes as one without, and how long they take.

    Parameters
    ----------
    pictures
        So many drawn faces.
    vectors
        So many made-up vectors, of which there are enough to divide the search for neighbours; 0 for none.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.workers.run import format_table, run

    with display(log=True) as progress:
        result = run(pictures=pictures, vectors=vectors, progress=progress)
    tell(result, format_table, json_output)


@app.command
def speed(*, data: Path | None = None, faces: int = 0, peers: bool = True, json_output: Json = False) -> None:
    """How long whole audits take, from the first import to the report, beside a plain script of the same network.

    Parameters
    ----------
    data
        The folder with FER2013 and FER+'s votes; without it, drawn faces only.
    faces
        Faces of FER2013 that are audited with standard effort; 0 takes the whole Training split.
    peers
        Run the plain script too, which needs cleanlab.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.speed.run import format_table, run

    with display(log=True) as progress:
        result = run(data, faces=faces, peers=peers, progress=progress)
    tell(result, format_table, json_output)


@app.command
def many(*, only: str = "", share: float = 1.0, json_output: Json = False) -> None:
    """Neighbours and copies among a million examples, judging a million of 100 classes and thousands of classes.

    Parameters
    ----------
    only
        Only cases whose names hold this.
    share
        Of the examples of each case, from 0 to 1.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.many.run import format_table, run

    with display(log=True) as progress:
        result = run(only, share, progress=progress)
    tell(result, format_table, json_output)


@app.command
def gpu(*, data: Path | None = None, device: str = "auto", small: bool = False, json_output: Json = False) -> None:
    """What a GPU makes of an audit, and that its results are a processor's; at most eight minutes.

    Parameters
    ----------
    data
        The folder with FER2013 and FER+'s votes; without it, faces are drawn.
    device
        auto, cpu, cuda, ...
    small
        Sizes for a processor, to see that everything runs.
    json_output
        Print one JSON object instead of the table.
    """
    from benchmarks.gpu.run import format_table, run

    with display(log=True) as progress:
        result = run(data, device=device, small=small, progress=progress)
    tell(result, format_table, json_output)


@app.command
def pictures(*, audit: Path = Path("demo-audit"), output: Output = Path("docs/images")) -> None:
    """Take the pictures of README and docs anew, in a real Chromium.

    Parameters
    ----------
    audit
        The demo's audit, which nobody has reviewed (`make demo`).
    output
        The folder of the pictures.
    """
    from benchmarks.pictures import take

    assert output is not None
    with display(log=True) as progress:
        written = take(audit, output, progress=progress)
    print(f"{len(written)} pictures in {output}")


def tell(result: dict[str, Any], format_table: Callable[[dict[str, Any]], str], json_output: bool) -> None:
    print(json.dumps(result, indent=2) if json_output else format_table(result))


def main() -> None:
    """Errors that Aleator raises on purpose are told in words, without a traceback."""
    try:
        app()
    except AleatorError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
