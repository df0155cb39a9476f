"""The tables of a report as CSV files, safe to open in a spreadsheet."""

import csv
import io
from typing import Final

from shared.operations.report.contents import all_tables
from shared.operations.report.figures import Report
from shared.operations.report.tables import Table, Value

_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel reads the file in the code page of its machine."""
_FORMULA: Final = tuple("=+-@\t\r\n")
"""A text that begins like this is a formula to a spreadsheet, and may send the sheet's cells anywhere."""


def spreadsheets(report: Report) -> dict[str, str]:
    """Return the text of each CSV file by its name. Shares are 0 to 1, money is in the currency's unit."""
    return {f"{each.name}.csv": _lines(each) for each in all_tables(report)}


def _lines(table: Table) -> str:
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(map(_safe, table.headings))
    lines.writerows([_safe(cell.value) for cell in row] for row in table.rows)
    return _BYTE_ORDER_MARK + written.getvalue()


def _safe(value: Value) -> Value:
    """Return a value with an apostrophe before what would be a formula; numbers are numbers."""
    is_formula = isinstance(value, str) and value.startswith(_FORMULA)
    return f"'{value}" if is_formula else value
