"""Tables that are not quite as tables should be: two lines of names, headers within, turned round; see `forms.py`."""

from collections.abc import Callable
from pathlib import Path

from tests.data.forms import LABELS, TABLES, TWO, Form, labels_of, named, pictures_in, text_table
from tests.data.text_forms import MANY, SENTENCES, TEXTS

WIDTHS, HEIGHTS = [f"{row * 7 % 40}.5" for row in range(40)], [f"{row * 3 % 40}.25" for row in range(40)]
ROWS = [list(row) for row in zip(WIDTHS, HEIGHTS, labels_of(40), strict=True)]


def below(*headers: str, rows: list[list[str]] = ROWS) -> Callable[[Path], Path]:
    """The rows below these lines."""
    return lambda root: text_table(root, [*(line.split(",") for line in headers), *rows], None)


def pictures_below(*headers: str) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        pictures_in(root)
        pairs = [list(pair) for pair in zip(named(), labels_of(), strict=True)]
        return text_table(root, [*(line.split(",") for line in headers), *pairs], None)

    return write


def workbook(root: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["Measured", None, "Result"])
    book.active.append(["width", "height", "label"])
    for width, height, label in ROWS:
        book.active.append([float(width), float(height), label])
    book.active.merge_cells("A1:B1")
    book.save(root / "t.xlsx")
    return root / "t.xlsx"


def turned(root: Path) -> Path:
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    rows = [[name, *cells] for name, cells in zip(("width", "height", "label"), columns, strict=True)]
    return text_table(root, rows, ["name", *(f"s{row}" for row in range(40))])


def people_as_rows(root: Path) -> Path:
    pictures_in(root)
    return text_table(root, [[who, *labels_of()] for who in ("ann", "ben")], ["annotator", *named()])


def of_qualtrics(root: Path) -> Path:
    rows = [["What is said?", "Which one?"], ['"{""ImportId"":""QID1""}"', '"{""ImportId"":""QID2""}"']]
    return text_table(root, [*rows, *map(list, zip(SENTENCES, labels_of(40), strict=True))], ["text", "label"])


FORMS = (
    Form(
        TABLES, "a line of units below the header", below("width,height,label", "cm,mm,"), MANY,
        "The first 2 lines of t.csv name its columns, which are taken as width, height, label; left out is cm, mm",
    ),
    Form(
        TABLES, "headings that span columns, above the header", below("Measured,,Result", "width,height,label"), MANY,
        "taken as width, height, label; left out is Measured, Result",
    ),
    Form(
        TABLES, "pandas' header of two levels", below("size,size,y", "width,height,label", ",,"), MANY,
        "taken as width, height, label; left out is size, y",
    ),
    Form(
        TABLES, "a name for each column twice", below("size,size,y", "width,height,"), MANY,
        "taken as width, height, y; left out is size",
    ),
    Form(
        TABLES, "a line that explains the header", pictures_below("path,label", "the file,what is in it"), TWO,
        "taken as path, label; left out is the file, what is in it",
    ),
    Form(
        TABLES, "headings above the header of paths", pictures_below("Input,Output", "path,label"), TWO,
        "taken as path, label; left out is Input, Output",
    ),
    Form(TABLES, "Excel: headings that span columns", workbook, MANY, "taken as width, height, label"),
    Form(TABLES, "two columns of one name", below("size,size,label"), None, "more than one column 'size'.*join them"),
    Form(
        TABLES, "the header again, where tables were joined",
        below("width,height,label", rows=[*ROWS[:20], ["width", "height", "label"], *ROWS[20:]]), MANY,
        "1 rows of t.csv repeat its header and are left out",
    ),
    Form(TABLES, "examples as columns", turned, None, "'label' stands in its first column.*turn it round"),
    Form(
        LABELS, "people as rows, pictures as columns", people_as_rows, None,
        "its columns are called as pictures are.*turn it round",
    ),
    Form(TEXTS, "Qualtrics: two lines below the header", of_qualtrics, MANY, "left out is What is said"),
)  # fmt: skip
