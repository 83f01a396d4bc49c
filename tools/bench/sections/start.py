"""How long the command takes to start: of everything it does, nothing may be done before it is needed."""

import os
import shutil
import statistics
import subprocess
import time

from .. import measure
from ..setting import Setting

GOAL_MS = 150


def run(setting: Setting):
    folder = setting.folder()
    tiny = folder / "tiny.csv"
    tiny.write_text("x\n1\n")
    cache = folder / "cache"
    stored = folder / "db"

    def wasql(*arguments: str):
        return lambda: call([setting.binary, "query", "--quiet", *arguments], XDG_CACHE_HOME=str(cache))

    file = wasql(f"SELECT x FROM csv.`{tiny}`")
    cold = []
    for _ in range(3):
        shutil.rmtree(cache, ignore_errors=True)
        start = time.perf_counter()
        file()
        cold.append(time.perf_counter() - start)
    sides = {
        "nothing": lambda: call([setting.binary, "version"]),
        "one": wasql("SELECT 1"),
        "file": file,
        "store": wasql("--db", str(stored), "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'main'"),
        "sqlite3": lambda: call(["sqlite3", ":memory:", "SELECT 1"]),
    }
    seconds, _ = measure.by_turns(max(setting.turns, 5) * 2, sides)
    yield measure.row("wasql query 'SELECT 1' : wasql version", seconds["one"], seconds["nothing"])
    yield measure.row("wasql query 'SELECT 1' : sqlite3 'SELECT 1'", seconds["one"], seconds["sqlite3"])
    yield measure.row("a table of csv : SELECT 1", seconds["file"], seconds["one"])
    yield measure.row("an empty store on disk : SELECT 1", seconds["store"], seconds["one"])
    warm = statistics.median(seconds["file"]) * 1000
    yield measure.Row(f"a table of csv, warm : {GOAL_MS} ms", warm / GOAL_MS, goal=1, figures=f"{warm:.0f} ms")
    once = statistics.median(cold) * 1000
    yield measure.Row("the same with an empty cache : warm", once / warm, figures=f"{once:.0f} : {warm:.0f} ms")


def call(command: list[str], **environment: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        raise subprocess.SubprocessError(f"{command}: {done.stderr.strip()}")
