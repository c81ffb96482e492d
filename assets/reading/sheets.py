"""The visible sheets of a file that may be a CSV file or a workbook of either kind."""

from collections.abc import Collection

from assets.contract.parsed import StructureError
from assets.reading.sniff import sniff
from assets.reading.structure import Sheet, Workbook, read_csv

Found = tuple[list[Sheet], list[str], list[str]]
"""The sheets, notes on hidden ones, and the oddities tolerated."""


def visible_sheets(content: bytes, kinds: Collection[str], expected: str, *, delimiter: str = ",") -> Found:
    """Return the visible sheets of a file of one of `kinds`: text, xlsx, xls.

    Raises StructureError for any other file: `expected` says what the file should be, and perhaps what to do.
    """
    kind = sniff(content)
    if kind not in kinds:
        wanted, _, advice = expected.partition("; ")
        raise StructureError(f"expected {wanted}, found {kind}{'; ' * bool(advice)}{advice}")
    if kind == "text":
        sheet, drift = read_csv(content, "", delimiter=delimiter)
        return [sheet], [], drift
    if kind == "xls":
        return _old_workbook(content)
    book = Workbook(content)
    return [book.sheet(name) for name in book.names], _hidden(book.hidden), []


def _old_workbook(content: bytes) -> Found:
    """Return the sheets of an xls workbook (BIFF), which is no archive: there is no checksum to verify."""
    import fastexcel

    try:
        reader = fastexcel.read_excel(content)
        loaded = {
            name: reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            for name in reader.sheet_names
        }
        tables = {name: sheet.to_arrow().to_pydict() for name, sheet in loaded.items()}
    except BaseException as error:
        # The library stops with a panic, which is no Exception, where an xls is damaged; its class has no module.
        if not isinstance(error, fastexcel.FastExcelError) and type(error).__name__ != "PanicException":
            raise
        reason = str(error).splitlines()[0]
        raise StructureError(f"expected a readable xls workbook, found a damaged one ({reason})") from error
    shown = [name for name, sheet in loaded.items() if sheet.visible == "visible"]
    return (
        [Sheet(name, _texts(tables[name]), []) for name in shown],
        _hidden([name for name in loaded if name not in shown]),
        [],
    )


def _texts(columns: dict[str, list[str | None]]) -> list[list[str]]:
    return [["" if cell is None else cell for cell in row] for row in zip(*columns.values(), strict=True)]


def _hidden(names: Collection[str]) -> list[str]:
    return [f"sheet {name!r} is hidden" for name in names]
