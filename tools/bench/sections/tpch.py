"""The 22 questions of TPC-H: wasql with its cores and with one, DuckDB with one thread and with two, and the path of the stock engine.

The stock path is go-mysql-server's own over the same connectors: no columns, no pushdown, no rules for joins, one instance.
"""

import math
import statistics
import sys
import time

from .. import measure
from ..setting import ROOT, Duck, Failed, Setting, TooSlow

sys.path.insert(0, str(ROOT / "tools" / "tpch"))
import tpch as questions  # noqa: E402

STOCK = ("wasql_vectors = 0", "wasql_pushdown = 0", "wasql_joins = 0", "wasql_parallel = 1")
# Goals of the reach, by question, at scale 1 on Parquet against one thread.
QUESTION_GOALS = {1: 2.0, 6: 2.0}
MEAN_GOAL, LARGEST_GOAL, STOCK_GOAL = 4.0, 15.0, 0.1
# No question takes wasql as long as this, in seconds, or it failed.
LIMIT = 600


def run(setting: Setting):
    for scale in setting.scales:
        for kind in ("parquet", "csv"):
            yield from one(setting, scale, kind)


class Sides:
    """Sessions that are opened anew when one was lost."""

    def __init__(self, setting: Setting, scale: str, kind: str) -> None:
        folder = setting.tpch(scale)
        self.setting, self.mount = setting, ("--mount", f"tpch={kind}:{folder}", "--database", "tpch")
        self.open = {}
        self.ducks = {n: Duck(n) for n in (1, 2)}
        for duck in self.ducks.values():
            for table in questions.TABLES:
                duck.db.execute(f"CREATE VIEW {table} AS FROM '{folder}/{table}.{kind}'")

    def wasql(self, name: str, sql: str, limit: float, settings: tuple[str, ...] = (), cores: int | None = None):
        if name not in self.open:
            self.open[name] = self.setting.wasql(*self.mount, settings=settings, cores=cores)
        try:
            return self.open[name].ask(sql, limit)
        except (Failed, TooSlow):
            self.open.pop(name).close()
            raise

    def close(self) -> None:
        for side in self.open.values():
            side.close()
        for duck in self.ducks.values():
            duck.db.close()


def one(setting: Setting, scale: str, kind: str):
    """All questions of one scale and format."""
    sides = Sides(setting, scale, kind)
    reach = kind == "parquet" and scale == "1"
    means: dict[str, list[float]] = {}
    failed = 0
    try:
        for number, sql in questions.queries(float(scale)):
            if setting.questions and number not in setting.questions:
                continue
            asked = {
                "wasql": lambda: sides.wasql("wasql", sql, LIMIT),
                "one core": lambda: sides.wasql("one core", sql, LIMIT, cores=1),
                "duck": lambda: sides.ducks[1].ask(sql),
                "duck 2": lambda: sides.ducks[2].ask(sql),
            }
            what = f"{kind} {scale}, question {number} : DuckDB, one thread"
            try:
                seconds, answers = measure.by_turns(setting.turns, asked)
            except (Failed, TooSlow) as error:
                failed += 1
                yield measure.Row(what, goal=LARGEST_GOAL, wrong=f"fails: {error or f'more than {LIMIT} s'}")
                continue
            stock = stock_seconds(sides, sql, setting.stock_limit)
            row = measure.row(what, seconds["wasql"], seconds["duck"], goal=QUESTION_GOALS.get(number, LARGEST_GOAL) if reach else None)
            others = {"one core": measure.ratios(seconds["one core"], seconds["duck"])[0], "two threads": measure.ratios(seconds["wasql"], seconds["duck 2"])[0]}
            ended, took = stock
            beside = statistics.median(seconds["wasql"]) / took
            row.figures += f"; on one core {others['one core']:.1f}; against two threads {others['two threads']:.1f}; " + stock_text(ended, took)
            if not agree(answers["wasql"], answers["duck"]):
                failed += 1
                row.wrong = f"answers differ: {answers['wasql'][:2]} : {answers['duck'][:2]}"
            for name, ratio in {"DuckDB, one thread": row.ratio, "one core : DuckDB, one thread": others["one core"],
                                "DuckDB, two threads": others["two threads"], "stock path": beside}.items():
                means.setdefault(name, []).append(ratio)
            yield row
    finally:
        sides.close()
    yield from summary(f"{kind} {scale}", means, reach, failed)


def stock_seconds(sides: Sides, sql: str, limit: float) -> tuple[bool, float]:
    """Whether the stock path ended within the limit, and how long it took, planned and warmed up or not: it gets one turn."""
    start = time.monotonic()
    try:
        sides.wasql("stock", sql, limit, STOCK)
    except TooSlow:
        return False, limit
    except Failed:
        return False, math.nan
    return True, time.monotonic() - start


def stock_text(ended: bool, took: float) -> str:
    if math.isnan(took):
        return "stock path fails"
    return f"stock path {'' if ended else 'over '}{measure.spell(took)} s"


def agree(ours, theirs) -> bool:
    return len(ours) == len(theirs) and all(questions.close(a, b) for x, y in zip(ours, theirs) for a, b in zip(x, y, strict=True))


def summary(name: str, means: dict[str, list[float]], reach: bool, failed: int):
    for other, all_ratios in means.items():
        known = [r for r in all_ratios if not math.isnan(r)]
        if not known:
            continue
        mean = math.exp(sum(map(math.log, known)) / len(known))
        goal = {"DuckDB, one thread": MEAN_GOAL, "stock path": STOCK_GOAL}.get(other) if reach else None
        what = f"{name}, geometric mean of {len(known)}" + (", " if other.startswith("one core") else " : ") + other
        yield measure.Row(what, mean, min(known), max(known), goal, over=other == "stock path", figures=f"largest {measure.spell(max(known))}",
                          wrong=f"{failed} fail" if failed and other == "DuckDB, one thread" else "")
