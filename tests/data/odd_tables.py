"""Tables that are not quite as tables should be: two lines of names, headers within, turned round; see `forms.py`."""

from collections.abc import Callable
from pathlib import Path

from aleator.data.options import ReadOptions
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


WORDS = {
    "euc_jp": ("とても良い商品です", "配達が遅くて残念でした"),
    "iso2022_jp": ("良い", "悪い"),
    "gb18030": ("这个产品非常好用", "快递太慢了很失望"),
    "big5": ("好評", "差評"),
    "cp932": ("良い", "悪い"),
    "koi8-r": ("кошка", "собака"),
    "cp1253": ("γάτα", "σκύλος"),
    "cp1254": ("şaşkın", "kızgın"),
    "cp1255": ("חיובי מאוד", "שלילי ורע"),
    "cp1256": ("إيجابي", "سلبي"),
    "cp874": ("แมวน้อย", "สุนัขใหญ่"),
    "utf-16-le": ("好评", "差评"),
    "cp1252": ("10µm²", "20µm²"),
}
NAMES = {
    "euc_jp": "Japanese (EUC)", "iso2022_jp": "Japanese (with escapes)", "gb18030": "Chinese (GBK), sentences",
    "big5": "Chinese (Big5)", "cp932": "Japanese (Shift JIS), two words", "koi8-r": "Russian (KOI8)",
    "cp1253": "Greek (Windows)", "cp1254": "Turkish (Windows)",
    "cp1255": "Hebrew (Windows)", "cp1256": "Arabic (Windows)", "cp874": "Thai (Windows)",
    "utf-16-le": "UTF-16 without a mark, of Chinese texts", "cp1252": "Latin-1 that holds nothing but units",
}  # fmt: skip
UNTOLD = {
    "one word in GBK": ("gb18030", ("ok", "好评"), r"cp949 \('봤팀'\), gb18030 \('好评'\)"),
    "two words in GBK": ("gb18030", ("好评", "差评"), r"cp949 \('봤팀'\), gb18030 \('好评'\)"),
    "two words of Korean": ("cp949", ("긍정", "부정"), r"cp949 \('긍정'\), gb18030 \('编沥'\)"),
    "two words of German in a page of DOS": ("cp850", ("für", "Straße"), r"cp850 \('für'\)"),
}


def encoded(encoding: str, words: tuple[str, ...]) -> Callable[[Path], Path]:
    rows = [list(row) for row in zip(WIDTHS, labels_of(40, words), strict=True)]
    return lambda root: text_table(root, rows, ["width", "label"], encoding=encoding)


def chinese_texts(root: Path) -> Path:
    texts = [f"今天天气非常好 {row}" for row in range(40)]
    rows = [list(row) for row in zip(texts, labels_of(40, WORDS["gb18030"]), strict=True)]
    return text_table(root, rows, ["text", "label"], encoding="utf-16-le")


ENCODINGS = (
    *(
        Form(TABLES, NAMES[encoding], encoded(encoding, words), dict.fromkeys(sorted(words), 20), f"read as {encoding}")
        for encoding, words in WORDS.items()
    ),
    Form(
        TABLES, "the same, of texts and labels", chinese_texts,
        dict.fromkeys(sorted(WORDS["gb18030"]), 20), "read as utf-16-le",
    ),
    *(
        Form(TABLES, name, encoded(encoding, words), None, f"may be in several encodings: .*{shown}.*--encoding")
        for name, (encoding, words, shown) in UNTOLD.items()
    ),
    Form(
        TABLES, "two words in GBK, with `--encoding gb18030`", encoded("gb18030", UNTOLD["two words in GBK"][1]),
        {"好评": 20, "差评": 20}, options=ReadOptions(encoding="gb18030"),
    ),
)  # fmt: skip

FORMS = (
    *ENCODINGS,
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
    Form(
        LABELS, "one column of texts, and a last one of 0 and 1",
        below("width,shop,is_fraud", rows=[[width, f"s{row % 3}", f"{row % 2}"] for row, width in enumerate(WIDTHS)]),
        None, r"'shop', 'is_fraud' could be",
    ),
    Form(
        LABELS, "one column of 0 and 1 beside numbers",
        below("broken,width,height", rows=[[f"{row % 2}", *cells[:2]] for row, cells in enumerate(ROWS)]),
        {"0": 20, "1": 20}, "'broken' is taken as the labels",
    ),
    Form(TEXTS, "Qualtrics: two lines below the header", of_qualtrics, MANY, "left out is What is said"),
)  # fmt: skip
