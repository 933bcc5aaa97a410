"""Which key is which class: the digits first, then letters that are no command."""

COMMANDS = "muxsznbk"
"""More than one, undo, not usable, skip, zoom, note, a whole screen as suggested, a whole screen as it is."""
CLASS_KEYS = "1234567890" + "".join(letter for letter in "qwertyiopasdfghjklcvbn" if letter not in COMMANDS)


def class_keys(classes: int) -> str:
    """A key for each of the first classes; the others are found by searching."""
    return CLASS_KEYS[:classes]
