"""The table function series against SQLite's own, and how its time grows with rows."""

from .. import measure
from ..setting import Setting, Sqlite, compare

QUESTION = "SELECT count(*), sum(value) FROM {}({}, {})"
# What no closed form answers: every value is made and looked at.
READ = "SELECT count(*), sum(value % 7) FROM {}({}, {}) WHERE value % 5 <> 1"


def run(setting: Setting):
    rows = 1_000_000 if setting.quick else 10_000_000
    with setting.wasql() as ours, Sqlite() as theirs:
        for what, question, goal in (
            (f"count and sum of series(1, {rows:,})", QUESTION, 0.2),
            ("the same over computed values and a condition", READ, None),
        ):
            yield compare(f"{what} : SQLite", setting.turns, lambda: ours.ask(question.format("series", 1, rows)),
                          lambda: theirs.ask(question.format("generate_series", 1, rows)), goal=goal)
        yield from growth(setting, ours)
    with setting.wasql(settings=("wasql_parallel = 1",)) as one, Sqlite() as theirs:
        yield compare("computed values, one instance : SQLite", setting.turns, lambda: one.ask(READ.format("series", 1, rows)),
                      lambda: theirs.ask(READ.format("generate_series", 1, rows)))


def growth(setting: Setting, ours):
    """Time by rows, each beside ten times fewer: 10 is a straight line."""
    last = 6 if setting.quick else 8
    for power in range(5, last + 1):
        few, many = 10 ** (power - 1), 10**power
        seconds, _ = measure.by_turns(setting.turns, {n: lambda n=n: ours.ask(READ.format("series", 1, n)) for n in (many, few)})
        per = min(seconds[many]) / many * 1e9
        yield measure.row(f"10^{power} rows : 10^{power - 1}", seconds[many], seconds[few], note=f"{per:.1f} ns a row", goal=12 if power > 6 else None)
