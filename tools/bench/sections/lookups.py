"""Rows found by key: beside the indexes of MariaDB and SQLite, and batches of keys beside one guest call a row.

Three tables in each database: big (1,000,000 rows, indexed by id and by k), outer_keys (100,000 keys in no order).
"""

from ..setting import Maria, Setting, Sqlite, compare

HINT = "/*+ LOOKUP_JOIN(o, b) JOIN_ORDER(o, b) */ "
COLUMNS = "id bigint NOT NULL PRIMARY KEY, k bigint NOT NULL, v double NOT NULL, s varchar(32) NOT NULL"
# Multiplying by an odd number modulo a power of two visits every row once, in no order.
FILL = {
    "big": "INSERT INTO big SELECT n, n * 7919 % {tenth}, n % 4096 / 8, concat('row ', n) FROM {numbers}",
    "outer_keys": "INSERT INTO outer_keys SELECT n, n * 611953 % {rows} FROM {numbers}",
}
JOIN = "SELECT {hint}count(*), sum(b.v) FROM outer_keys o {join} big b ON b.id = o.ref"
MANY = "SELECT {hint}count(*), sum(b.v) FROM outer_keys o {join} big b ON b.k = o.ref WHERE o.id < {part}"
LEFT = "SELECT {hint}count(*), count(b.id) FROM outer_keys o LEFT JOIN big b ON b.id = o.ref + {half}"


def numbers(name: str, first: int, last: int) -> str:
    """The numbers n from first to last, in the dialect."""
    if name == "maria":
        return f"(SELECT seq AS n FROM seq_{first}_to_{last}) x"
    return f"(SELECT value AS n FROM {'series' if name == 'wasql' else 'generate_series'}({first}, {last})) x"


def fill(side, name: str, rows: int) -> None:
    say = side.ask
    if name == "sqlite":
        say("PRAGMA synchronous = OFF")
    say(f"CREATE TABLE big ({COLUMNS})")
    say("CREATE INDEX big_k ON big (k)")
    say("CREATE TABLE outer_keys (id bigint NOT NULL PRIMARY KEY, ref bigint NOT NULL)")
    for table, text in FILL.items():
        sql = text.format(rows=rows, tenth=rows // 10, numbers=numbers(name, 1, rows if table == "big" else rows // 10))
        say(sql.replace("concat('row ', n)", "'row ' || n").replace("n % 4096 / 8", "n % 4096 / 8.0") if name == "sqlite" else sql)
    say("ANALYZE" if name == "sqlite" else "ANALYZE TABLE big, outer_keys")


def run(setting: Setting):
    rows = 100_000 if setting.quick else 1_000_000
    folder = setting.folder()
    stored = folder / "wasql"
    stored.mkdir()
    home = ("--db", str(stored))
    with setting.wasql(*home) as ours:
        fill(ours, "wasql", rows)
    theirs = folder / "sqlite.db"
    with Sqlite(str(theirs)) as sqlite, Maria(folder) as maria:
        fill(sqlite, "sqlite", rows)
        maria.ask("CREATE DATABASE bench")
        maria.ask("USE bench")
        fill(maria, "maria", rows)
        with setting.wasql(*home) as ours:
            yield from beside(setting, ours, {"SQLite": sqlite, "MariaDB": maria}, rows)
            yield from calls(setting, ours, rows)


def beside(setting: Setting, ours, others: dict, rows: int):
    outer = rows // 10
    keys = ", ".join(str(i * 7919 % rows + 1) for i in range(1000))
    inner = {"SQLite": "CROSS JOIN", "MariaDB": "STRAIGHT_JOIN"}
    for name, side in others.items():
        cases = (
            ("1,000 keys in one IN list", "SELECT count(*), sum(v) FROM big WHERE id IN (" + keys + ")", 1000),
            (f"join of {outer:,} rows by key", JOIN, outer),
            (f"join of {outer // 10:,} rows by an index, ten rows each", MANY, outer),
            (f"left join of {outer:,} rows, half of them found", LEFT, outer),
        )
        for what, sql, per in cases:
            shape = {"part": outer // 10, "half": rows // 2}
            for hint, how in ((HINT, ", lookups"), ("", ", as planned")) if "{hint}" in sql else (("", ""),):
                yield compare(f"{what}{how} : {name}", setting.turns, lambda: ours.ask(sql.format(hint=hint, join="JOIN", **shape)),
                              lambda: side.ask(sql.format(hint="", join=inner[name], **shape)), unit="ns", per=per)


def calls(setting: Setting, ours, rows: int):
    """Batches of keys against one call into the guest for each row."""
    shape = {"hint": HINT, "join": "JOIN", "part": rows // 100, "half": rows // 2}

    def asked(sql: str, batches: int):
        ours.ask(f"SET wasql_pushdown_lookups = {batches}")
        return ours.ask(sql.format(**shape))

    outer = rows // 10
    for what, sql, goal, per in (
        (f"join of {outer:,} rows by key", JOIN, 0.1, outer),
        (f"left join of {outer:,} rows, half of them found", LEFT, None, outer),
        (f"join of {outer // 10:,} rows by an index, ten rows each", MANY, None, outer // 10),
    ):
        yield compare(f"{what}, keys in batches : one call a row", setting.turns, lambda: asked(sql, 1), lambda: asked(sql, 0), goal=goal,
                      unit="ns", per=per)
    ours.ask("SET wasql_pushdown_lookups = 1")
