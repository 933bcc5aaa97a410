"""The errors Aleator raises on purpose. Each message says what is wrong, where, and what to do."""


class AleatorError(Exception):
    """Base class: catching it catches every error that Aleator raises on purpose."""


class UnknownNameError(AleatorError, KeyError):
    """A name is not in a table of choices; the message lists those that are."""

    __str__ = Exception.__str__  # a KeyError shows its message in quotes


class DataError(AleatorError, ValueError):
    """The data set cannot be used as it is; the message names the file, row or id and the remedy."""


class AuditFolderError(AleatorError):
    """The audit folder is missing, belongs to another data set, or was written by another version."""


class ModelError(AleatorError):
    """The model folder is missing, altered, cut off, or was written by another version."""


class MissingExtraError(AleatorError, ImportError):
    """An optional dependency is needed; the message names the extra that installs it."""


class MissingNameError(AleatorError, ImportError):
    """A name of another package that is not offered here; the message says what to use."""
