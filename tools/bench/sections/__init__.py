"""The sections of the report, in its order: name, title, and what gives its rows."""

from . import cores, flights, lines, lookups, memory, rows, series, start, tpch

ALL = {
    "start": ("Start", start.run),
    "scans": ("Scans in Go's own benchmarks", lines.scans),
    "series": ("Series beside SQLite's generate_series", series.run),
    "rows": ("A million rows of a sandboxed Rust connector beside a virtual table of SQLite in C", rows.run),
    "flights": ("Flights: files beside DuckDB", flights.run),
    "tpch": ("TPC-H beside DuckDB and beside the path of the stock engine", tpch.run),
    "lookups": ("Lookups and lookup joins beside MariaDB and SQLite", lookups.run),
    "wire": ("The wire beside the stock server and MariaDB", lines.wire),
    "store": ("The store beside SQLite", lines.store),
    "native": ("Sandboxed code beside the same code natively", lines.native),
    "cores": ("Two cores beside one", cores.run),
    "memory": ("Memory", memory.run),
}
