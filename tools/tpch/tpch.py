"""The 22 questions of TPC-H: what DuckDB answers, and how long both take.

  tpch.py make DATA               queries.sql -> engine/testdata/tpch/*.slt, the answers of scale 0.01
  tpch.py bench DATA SCALE WASQL [--format csv] [--only 1,6] [--rows]    ratios to DuckDB with one thread; wrong answers fail

Run through tools/tpch.sh, which finds Python with DuckDB, and the data.
"""

import argparse
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import duckdb

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "slt"))
from oracle import letter, spell  # noqa: E402

TARGET = HERE.parent.parent / "engine" / "testdata" / "tpch"
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
TURNS = 3
# Digits that MySQL gives averages and quotients of DECIMAL, four more than their operands have; DuckDB makes doubles of them.
DIGITS = {1: 6, 8: 8, 14: 10, 17: 6}
HEADER = """\
# checklist: P1
# Made by DuckDB {version} from tools/tpch/queries.sql: make tpch-answers. Do not edit.
# Question {number} of TPC-H at scale 0.01.
"""


def queries(scale: float):
    """Yields (number, SQL) of each question."""
    text = (HERE / "queries.sql").read_text()
    for part in re.split(r"(?m)^-- @query ", text)[1:]:
        number, body = part.split("\n", 1)
        yield int(number), body.strip().rstrip(";").replace("$FRACTION", f"{0.0001 / scale:.10f}")


def oracle(folder: pathlib.Path, kind: str) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    db.execute("SET threads = 1")
    for table in TABLES:
        db.execute(f"CREATE VIEW {table} AS FROM '{folder}/{table}.{kind}'")
    return db


def make(folder: pathlib.Path) -> None:
    db = oracle(folder, "parquet")
    TARGET.mkdir(parents=True, exist_ok=True)
    for number, sql in queries(0.01):
        result = db.execute(sql)
        types = "".join(letter(str(column[1])) for column in result.description)
        rows = [[spell(round(v, DIGITS[number]) if isinstance(v, float) else v) for v in row] for row in result.fetchall()]
        lines = [f"query {types} nosort", sql, "----", *("\t".join(row) for row in rows)]
        text = HEADER.format(version=duckdb.__version__, number=number) + "\n" + "\n".join(lines) + "\n"
        (TARGET / f"q{number:02}.slt").write_text(text)
    print(f"{TARGET}: 22 files")


def close(a: str, b) -> bool:
    """Whether a value that wasql printed is DuckDB's, which computes averages and quotients as doubles."""
    if b is None:
        return a == "\\N"
    try:
        return abs(float(a) - float(b)) <= 1e-4 * max(1.0, 1e-6 * abs(float(b)))
    except ValueError:
        return a == str(b)


def run(wasql: str, folder: pathlib.Path, kind: str, sql: str, rows: bool):
    """The rows that wasql gives, and the seconds of each turn but the first, which plans and reads for the first time."""
    setting = "SET wasql_vectors = 0; SET wasql_joins = 0; SET wasql_pushdown = 0; " if rows else ""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(setting + f"{sql};\n" * TURNS)
        script.flush()
        try:
            done = subprocess.run([wasql, "query", "--quiet", "--timing", "--output", "tsv", "--mount", f"tpch={kind}:{folder}",
                                   "--database", "tpch", "--file", script.name], capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            return None, [600.0]
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    times = [float(t) for t in re.findall(r"([\d.]+) s\b", done.stderr)][-TURNS:]
    lines = done.stdout.splitlines()
    answer = lines[1: len(lines) // TURNS]
    return [line.split("\t") for line in answer], times[1:] or times


def bench(folder: pathlib.Path, scale: float, wasql: str, kind: str, only: set[int], rows: bool) -> int:
    db = oracle(folder, kind)
    ratios, wrong = [], 0
    print(f"| question | ratio | wasql : DuckDB, one thread, {kind}, scale {scale:g} |\n|---|---|---|")
    for number, sql in queries(scale):
        if only and number not in only:
            continue
        theirs = []
        for _ in range(TURNS):
            start = time.perf_counter()
            want = db.execute(sql).fetchall()
            theirs.append(time.perf_counter() - start)
        try:
            got, ours = run(wasql, folder, kind, sql, rows)
        except RuntimeError as error:
            wrong += 1
            print(f"| {number} | fails | {error} |", flush=True)
            continue
        if got is None:
            print(f"| {number} | no end | more than 600 s |", flush=True)
            wrong += 1
            continue
        if len(got) != len(want) or not all(close(a, b) for g, w in zip(got, want) for a, b in zip(g, w, strict=True)):
            wrong += 1
            print(f"| {number} | WRONG | {got[:2]} : {want[:2]} |", flush=True)
        ratios.append(min(ours) / min(theirs[1:]))
        print(f"| {number} | {ratios[-1]:.1f} | {min(ours) * 1000:.0f} : {min(theirs[1:]) * 1000:.0f} ms |", flush=True)
    if ratios:
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"| geometric mean of {len(ratios)} | {mean:.2f} | largest {max(ratios):.1f} |")
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=("make", "bench"))
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("scale", type=float, nargs="?", default=0.01)
    parser.add_argument("wasql", nargs="?", default="bin/wasql")
    parser.add_argument("--format", default="parquet", choices=("parquet", "csv"))
    parser.add_argument("--only", default="")
    parser.add_argument("--rows", action="store_true", help="without columns, rules for joins and pushdown")
    args = parser.parse_args()
    if args.verb == "make":
        make(args.data)
        return 0
    return bench(args.data, args.scale, args.wasql, args.format, {int(n) for n in args.only.split(",") if n}, args.rows)


if __name__ == "__main__":
    sys.exit(main())
