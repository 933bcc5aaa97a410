"""Text in tables that people open with a spreadsheet."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""What makes a spreadsheet calculate; the apostrophe itself too, so that escaping can be undone."""


def safe_cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula: what starts like one gets an apostrophe in front."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def plain_cell(text: str) -> str:
    """The text that `safe_cell` wrote."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
