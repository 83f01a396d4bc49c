"""bench.py DATA WASQL prints ratios; run it through tools/bench.sh.

Every figure is the best of several turns on the machine as it is: ratios of one run can be
compared with those of another, figures cannot.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import duckdb

TURNS = 5
QUERIES = {
    "csv count": ("SELECT count(*) FROM {flights}", "SELECT count(*) FROM {flights}"),
    "csv group by": 2 * ("SELECT carrier, count(*), sum(distance) FROM {flights} GROUP BY carrier ORDER BY carrier",),
    "csv filter": 2 * ("SELECT count(*) FROM {flights} WHERE month = 2 AND dest = 'SEA' AND dep_delay > 10",),
    "parquet group by": 2 * ("SELECT carrier, count(*), sum(distance) FROM {parquet} GROUP BY carrier ORDER BY carrier",),
}


def best(call, turns: int = TURNS) -> float:
    """The shortest time of call in milliseconds."""
    times = []
    for _ in range(turns):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def line(name: str, ratio: str, detail: str) -> None:
    print(f"{name:<34} {ratio:>8}   {detail}", flush=True)


def scans() -> None:
    done = subprocess.run(
        ["go", "test", "./abi_test", "-run", "^$", "-bench", "^BenchmarkScan$", "-benchtime", "1s", "-count", "3"],
        capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    figures: dict[str, float] = {}
    for name, value in re.findall(r"^BenchmarkScan/(\S+?)(?:-\d+)?\s.*?([\d.]+) ns/row", done.stdout, re.MULTILINE):
        figures[name] = min(float(value), figures.get(name, float("inf")))
    native = figures["native"]
    for guest in ("series", "series-c", "series-go"):
        if value := figures.get("batch/" + guest):
            line(f"batch scan of {guest} : Go alone", f"{value / native:.2f}x", f"{value:.2f} : {native:.2f} ns/row")
    row, batch = figures["row/series"], figures["batch/series"]
    line("one row a call : batch scan", f"{row / batch:.0f}x", f"{row:.0f} : {batch:.2f} ns/row")


def views() -> None:
    """What reading in place costs over the same bytes in Go's own memory."""
    done = subprocess.run(
        ["go", "test", "./host", "-run", "^$", "-bench", "^BenchmarkScanView$", "-benchtime", "1s", "-count", "3"],
        capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    names = {"all": "batch view, every byte read : Go", "two_columns": "batch view, 2 of 4 columns : Go"}
    for key, name in names.items():
        ratios = sorted(float(r) for r in re.findall(rf"^BenchmarkScanView/{key}\S*\s.*?([\d.]+) ratio", done.stdout, re.MULTILINE))
        line(name, f"{ratios[len(ratios) // 2]:.2f}x", f"median of {len(ratios)}, batches of 4,096 rows")


def queries(data: pathlib.Path, wasql: str, start_ms: float) -> None:
    db = duckdb.connect()
    db.execute("SET threads = 1")
    theirs = {"flights": f"read_csv('{data}/flights.csv', nullstr = 'NA')", "parquet": f"'{data}/flights.parquet'"}
    ours = {"flights": f"csv.`{data}/flights.csv?null=NA`", "parquet": f"parquet.`{data}/flights.parquet`"}
    for name, (query, reference) in QUERIES.items():
        a = best(lambda: run(wasql, query.format(**ours)), 3) - start_ms
        b = best(lambda: db.execute(reference.format(**theirs)).fetchall(), 3)
        line(f"{name} : DuckDB, one thread", f"{a / b:.2f}x", f"{a:.0f} : {b:.0f} ms, start-up not counted")


def run(wasql: str, sql: str, **environment: str) -> None:
    done = subprocess.run([wasql, "query", "--quiet", "--output", "tsv", sql], capture_output=True, text=True,
                          env={**os.environ, **environment})
    if done.returncode:
        raise SystemExit(f"{sql}\n{done.stderr}")


def starts(wasql: str) -> float:
    """Prints start-up times and returns the warm one with a connector."""
    with tempfile.TemporaryDirectory() as cache:
        tiny = pathlib.Path(cache) / "tiny.csv"
        tiny.write_text("x\n1\n")
        select, connector = "SELECT 1", f"SELECT x FROM csv.`{tiny}`"
        cold = best(lambda: run(wasql, connector, XDG_CACHE_HOME=cache), 1)
        plain = best(lambda: run(wasql, select, XDG_CACHE_HOME=cache))
        warm = best(lambda: run(wasql, connector, XDG_CACHE_HOME=cache))
    line("start of SELECT 1", f"{plain:.0f} ms", "")
    line("start with connector csv, cold : warm", f"{cold / warm:.1f}x", f"{cold:.0f} : {warm:.0f} ms")
    return warm


def main() -> None:
    data, wasql = pathlib.Path(sys.argv[1]), sys.argv[2]
    views()
    scans()
    queries(data, wasql, starts(wasql))


if __name__ == "__main__":
    main()
