"""Words in names, and digits in phone numbers, whatever their case, accents and punctuation."""

import re
import unicodedata
from typing import Any, Final

from sqlalchemy import ColumnElement, LargeBinary, Unicode, case, cast, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ESCAPE: Final = "\\"
_PUNCTUATION: Final = " -.()/"
"""What people write between the digits of a phone number."""
_ACCENTED: Final = {
    letter: parts[0].lower()
    for letter in map(chr, range(0xC0, 0x180))
    if len(parts := unicodedata.normalize("NFD", letter)) > 1 and parts[0].isascii()
}


def folded(text: str) -> str:
    """Return text without case and accents: "jose" for "José"."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(each for each in letters if not unicodedata.combining(each)).casefold()


def has_word(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    """Return the condition that a word of a text begins with `word`, whatever the case and the accents of either.

    SQLite folds as `folded` does, SQL Server by a collation; PostgreSQL knows the accents of European languages, and
    the case of the letters that its locale knows. No index serves it.
    """
    return _Words(column).like(f"% {_literally(folded(word).replace('-', ' '))}%", escape=ESCAPE)


def has_digits(column: ColumnElement[Any], digits: str) -> ColumnElement[bool]:
    """Return the condition that a phone number has some digits in a row, whatever stands between them. (No index.)"""
    bare: ColumnElement[Any] = column
    for each in _PUNCTUATION:
        bare = func.replace(bare, each, "")
    return bare.like(f"%{digits}%")


def _literally(text: str) -> str:
    return re.sub(r"([\\%_\[])", r"\\\1", text)


def fold_stored(raw: bytes | None) -> str | None:
    """Fold a text as SQLite stores it, perhaps not UTF-8: a function of SQLite connections."""
    return None if raw is None else folded(raw.decode(errors="replace"))


class _Words(FunctionElement[Any]):
    # Each word of a text, folded, with a space before it. No type: see `_Among` in lists.py.
    inherit_cache = True


def _spaced(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return _text(" ").concat(func.replace(text, _text("-"), _text(" ")))


def _text(letters: str) -> ColumnElement[str]:
    return literal_column(f"'{letters}'", Unicode())


@compiles(_Words, "sqlite")
def _words_on_sqlite(element: _Words, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    # LIKE knows the case of ASCII letters: only names with others are worth a call into Python.
    is_foreign = column.op("GLOB")(_text("*[^ -~]*"))
    words = case((is_foreign, func.fold_stored(cast(column, LargeBinary))), else_=column)
    return f"({compiler.process(_spaced(words), **options)})"


@compiles(_Words, "postgresql")
def _words_on_postgresql(element: _Words, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    accents, plain = (_text("".join(each)) for each in (_ACCENTED, _ACCENTED.values()))
    # Translating is dear, ten times the rest: only names with letters beyond ASCII are worth it.
    is_foreign = func.octet_length(column) > func.char_length(column)
    lower = func.lower(case((is_foreign, func.translate(column, accents, plain)), else_=column))
    return f"({compiler.process(_spaced(lower), **options)})"


@compiles(_Words, "mssql")
def _words_on_mssql(element: _Words, compiler: Any, **options: Any) -> str:
    (column,) = element.clauses
    return f"({compiler.process(_spaced(column), **options)}) COLLATE Latin1_General_100_CI_AI"
