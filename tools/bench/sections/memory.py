"""The largest resident memory of a process that answers one question."""

import subprocess
import sys

from .. import measure
from ..setting import Setting
from . import tpch as tpch_section

DUCK = """
import sys, duckdb
db = duckdb.connect()
db.execute("SET threads = 2")
folder, sql = sys.argv[1:]
for table in %r:
    db.execute(f"CREATE VIEW {table} AS FROM '{folder}/{table}.parquet'")
db.execute(sql).fetchall()
""" % (tpch_section.questions.TABLES,)
SORT = "SELECT l_orderkey, l_comment FROM lineitem ORDER BY l_comment, l_orderkey"
QUESTIONS = (1, 6, 9, 13, 18, 21)


# A process counts what its parent had when it was forked; this one has little.
SMALL = """
import os, resource, sys
pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def resident(command: list[str]) -> float:
    """MiB at most; the command's rows go nowhere."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", SMALL, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise subprocess.SubprocessError(done.stderr.strip())
    return int(done.stderr.split()[-1]) / 1024


def run(setting: Setting):
    scale = setting.scales[-1]
    folder = str(setting.tpch(scale))
    questions = dict(tpch_section.questions.queries(float(scale)))
    ours = [setting.binary, "query", "--quiet", "--mount", f"tpch=parquet:{folder}", "--database", "tpch"]
    cases = {"SELECT 1": "SELECT 1", **{f"question {n}": questions[n] for n in QUESTIONS}, "all of lineitem, sorted by a text": SORT}
    for what, sql in cases.items():
        try:
            a, b = resident([*ours, sql]), resident([sys.executable, "-c", DUCK, folder, sql])
        except subprocess.SubprocessError as error:
            yield measure.Row(what, wrong=f"fails: {error}")
            continue
        yield measure.Row(f"parquet {scale}, {what} : DuckDB in Python, two threads", a / b, figures=f"{a:,.0f} : {b:,.0f} MiB")
