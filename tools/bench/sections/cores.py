"""The same question with two cores and with one: the process is held to them, so that the collector and the guests are too."""

from .. import measure
from ..setting import Setting
from . import flights
from . import tpch as tpch_section

GOAL = 0.6


def run(setting: Setting):
    ours, _ = flights.tables(setting.flights(), "csv")
    scale = setting.scales[-1]
    questions = dict(tpch_section.questions.queries(float(scale)))
    mount = ("--mount", f"tpch=parquet:{setting.tpch(scale)}", "--database", "tpch")
    rows = 1_000_000 if setting.quick else 10_000_000
    cases = {
        "csv, group by": flights.QUESTIONS["group by"].format(**ours),
        "csv, aggregates of all": flights.QUESTIONS["aggregates of all"].format(**ours),
        f"parquet {scale}, question 1": questions[1],
        f"parquet {scale}, question 6": questions[6],
        "series, computed values": f"SELECT count(*), sum(value % 7) FROM series(1, {rows}) WHERE value % 5 <> 1",
    }
    with setting.wasql(*mount, cores=2) as two, setting.wasql(*mount, cores=1) as one:
        for what, sql in cases.items():
            seconds, _ = measure.by_turns(setting.turns, {"two": lambda: two.ask(sql), "one": lambda: one.ask(sql)})
            yield measure.row(f"{what}: two cores : one", seconds["two"], seconds["one"], goal=GOAL)
