"""Reads the rows of checks/facts/*.def."""

import os
import re
from typing import Dict, Iterator, List, NamedTuple


class Row(NamedTuple):
    table: str  # "Locks" for Locks.def
    line: int
    values: Dict[str, str]  # by the column names of the comment above the rows; strings without quotes

    def __getitem__(self, column):
        return self.values[column] if isinstance(column, str) else tuple.__getitem__(self, column)

    def __str__(self):
        return f"{self.table}.def:{self.line}: {next(iter(self.values.values())) or self.values.get('Macro')}"


class RowError(Exception):
    pass


def split(text: str) -> List[str]:
    """The arguments of a macro: bare words, numbers and C strings."""
    values = []
    for match in re.finditer(r'\s*("(?:[^"\\]|\\.)*"|[^,"]+?)\s*(?:,|$)', text):
        value = match[1]
        values.append(re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value)
    return values


def read_table(folder: str, table: str) -> List[Row]:
    with open(os.path.join(folder, table + ".def"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    columns, rows = None, []
    for number, line in enumerate(lines, 1):
        if line.startswith("//"):
            match = re.fullmatch(r"// ([A-Z_]+)\(([\w, ]+)\)", line)
            if match and columns is None:
                macro, columns = match[1], match[2].split(", ")
        elif line.strip():
            match = columns and re.fullmatch(macro + r"\((.*)\)", line)
            values = split(match[1]) if match else []
            if not match or len(values) != len(columns):
                raise RowError(f"{table}.def:{number}: not a row of {', '.join(columns or [])}: {line}")
            rows.append(Row(table, number, dict(zip(columns, values))))
    if columns is None:
        raise RowError(f"{table}.def: no comment names the columns")
    return rows


def read(folder: str) -> Dict[str, List[Row]]:
    """All tables, by the name of their file without .def."""
    names = sorted(name[:-4] for name in os.listdir(folder) if name.endswith(".def"))
    if not names:
        raise RowError(f"{folder}: no .def file")
    return {name: read_table(folder, name) for name in names}


def cpython(rows: List[Row]) -> Iterator[Row]:
    """The rows that are about CPython's own names."""
    return (row for row in rows if row.values.get("Origin", "CPython") == "CPython")
