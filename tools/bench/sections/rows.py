"""The connector of tools/bench/rows against the same table as a native virtual table of SQLite."""

import subprocess

from ..setting import ROOT, Setting, Sqlite, compare

ROWS = 1_000_000
FILTER = "SELECT sum(v) FROM t WHERE k < 500"
GROUP = "SELECT k, count(*), sum(v) FROM t GROUP BY k ORDER BY k"
TEXT = "SELECT s, count(*), sum(v) FROM t WHERE s <> 'onyx' GROUP BY s ORDER BY s"
SORT = "SELECT id, k FROM t ORDER BY k DESC, id LIMIT 10"


def build(setting: Setting):
    """The module and SQLite's extension."""
    subprocess.run([ROOT / "tools/rust-wasm.sh", "wasm32-unknown-unknown", "build", "--quiet", "--release", "-p", "wasql-bench-rows"], check=True, cwd=ROOT)
    extension = setting.folder() / "rows.so"
    subprocess.run(["gcc", "-O2", "-fPIC", "-shared", "-o", extension, ROOT / "tools/bench/rows/rows.c"], check=True)
    return ROOT / "target/wasm32-unknown-unknown/release/wasql_bench_rows.wasm", extension


def run(setting: Setting):
    module, extension = build(setting)
    arguments = ("--connector", f"bench={module}", "--mount", "rows=bench", "--database", "rows")
    with setting.wasql(*arguments) as ours, setting.wasql(*arguments, settings=("wasql_parallel = 1",)) as one, Sqlite(extension=extension) as theirs:
        for what, question, goal in (
            ("filter and sum", FILTER, 0.25),
            ("group by 1,000 keys", GROUP, 0.1),
            ("group by a text, collation utf8mb4_0900_ai_ci", TEXT, None),
            ("first 10 of an order", SORT, None),
        ):
            for side, name in ((ours, what), (one, what + ", one instance")):
                yield compare(f"{name} : SQLite", setting.turns, lambda: side.ask(question), lambda: theirs.ask(question), goal=goal, unit="ns", per=ROWS)
