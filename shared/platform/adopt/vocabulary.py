"""Words of the platform for words of ours, and back."""

from shared.platform.adopt import expressions
from shared.platform.adopt.structure import TheirColumn, Type
from shared.platform.adopt.words import UNKNOWN, WORDS, our_word

_WRITTEN = {("appointments", "status"): ("no_show",)}
"""The only words that the jobs write, where they do not write all."""


def values_of(ours: str, name: str, column: TheirColumn) -> tuple[str, ...]:
    """Return the words that the platform's column holds; all that we know, where it holds none yet."""
    if column.values:
        return column.values
    return tuple(word for known, names in WORDS[ours, name].items() for word in (known, *names.split()))


def words(ours: str, name: str, column: TheirColumn) -> list[tuple[str, str]]:
    """Return each word of the platform with ours; what nobody knows stands for what texts and charges nobody."""
    of_unknown = UNKNOWN[ours, name]
    found = [(value, our_word(ours, name, value) or of_unknown) for value in values_of(ours, name, column)]
    missing = (ours, name) == ("appointments", "status") and "no_show" not in {word for _, word in found}
    return [*found, (no_show_word(column), "no_show")] if missing and not column.is_closed else found


def unknown(ours: str, name: str, column: TheirColumn) -> list[str]:
    """Return the platform's words that nobody knows."""
    return [value for value in values_of(ours, name, column) if our_word(ours, name, value) is None]


def no_show_word(column: TheirColumn) -> str:
    """Return how a platform without a word for a missed visit would write it."""
    return "NO_SHOW" if column.values and all(each.isupper() for each in column.values) else "no_show"


def as_read(dialect: str, ours: str, name: str, column: TheirColumn) -> str:
    """Return the SQL of a word of ours. NULL, and what is added later, stand for what texts and charges nobody."""
    its = f"t.{expressions.quoted(dialect, column.name)}"
    its_word, pairs = its, words(ours, name, column)
    if column.type is not Type.ENUM:  # texts are written in any case
        its_word, pairs = f"lower({its})", list({theirs.lower(): word for theirs, word in pairs}.items())
    of_unknown = expressions.literal(dialect, UNKNOWN[ours, name])
    if name == "cancelled_by":  # NULL: nobody did
        of_unknown = f"CASE WHEN {its} IS NOT NULL THEN {of_unknown} END"
    return expressions.case(dialect, its_word, pairs, of_unknown)


def as_written(dialect: str, ours: str, name: str, column: TheirColumn, value: str) -> str:
    """Return the SQL of a word of the platform's. What it has no word for is NULL, or leaves the row as it is."""
    back: dict[str, str] = {}
    for theirs, word in words(ours, name, column):
        if our_word(ours, name, theirs) == word and word in _WRITTEN.get((ours, name), WORDS[ours, name]):
            back.setdefault(word, theirs)
    as_it_is = "NULL" if column.is_nullable else f"t.{expressions.quoted(dialect, column.name)}"
    if column.type is not Type.ENUM:
        return expressions.case(dialect, value, back.items(), as_it_is)
    unchanged = as_it_is if column.is_nullable else f"CAST({as_it_is} AS text)"
    return f"CAST({expressions.case(dialect, value, back.items(), unchanged)} AS {column.written})"
