"""What other programs of the tree measure: Go's benchmarks, storebench, wirebench, and connectors compiled natively.

Those print lines `name  1.23x  figures`; goals are added here.
"""

import re
import statistics
import subprocess

from .. import measure
from ..setting import ROOT, Setting

LINE = re.compile(r"^(?P<name>\S.*?)\s{2,}(?P<ratio>[\d.,]+)x?\s+(?P<figures>.*)$")


def program(command: list[str], goals: dict[str, float]):
    """The lines of a program. goals are by a part of the name."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    some = False
    for text in process.stdout:
        if match := LINE.match(text.rstrip()):
            some = True
            goal = next((goal for part, goal in goals.items() if re.search(part, match["name"])), None)
            yield measure.Row(match["name"], float(match["ratio"].replace(",", "")), goal=goal, figures=match["figures"])
    said = process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    if process.wait() or not some:
        yield measure.Row(" ".join(map(str, command)), wrong=f"fails: {said.strip()[-300:] or 'it printed no ratio'}")


def store(setting: Setting):
    rows = 100_000 if setting.quick else 200_000
    yield from program(["go", "run", "-C", "tools/storebench", ".", "-rows", str(rows), "-ops", "100" if setting.quick else "400"],
                       {r"^INSERT … SELECT": 3, r"insert.*, synced": 1.5})


def wire(setting: Setting):
    rows = 100_000 if setting.quick else 1_000_000
    goals = {r"^SELECT \* prepared : go-mysql-server": 0.4, r"^SELECT \* prepared : MariaDB": 1.3, r"^a row by its key, prepared : MariaDB": 1.5}
    yield from program(["tools/wirebench.sh", "-rows", str(rows), "-ops", "500" if setting.quick else "5000"], goals)


# Columns of lineitem that are read and added up.
NATIVE = ("l_quantity", "l_discount", "l_extendedprice")


def native(setting: Setting):
    """The connector parquet and the engine above it on one core, against the connector alone, compiled for this machine: the native side adds nothing up."""
    folder = setting.tpch(setting.scales[-1])
    command = ["tools/cargo.sh", "run", "--quiet", "--release", "--example", "scan", "-p", "wasql-parquet", "--", str(folder / "lineitem.parquet"), *NATIVE]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    found = re.search(r"of (\d+) rows, ([\d.]+) ns", done.stdout)
    if not found:
        yield measure.Row("sandboxed scan and aggregate : native", wrong=f"fails: {(done.stderr or done.stdout).strip()[-300:]}")
        return
    rows, theirs = int(found[1]), float(found[2])
    sql = "SELECT " + ", ".join(f"sum({name})" for name in NATIVE) + " FROM lineitem"
    with setting.wasql("--mount", f"tpch=parquet:{folder}", "--database", "tpch", cores=1) as ours:
        seconds, _ = measure.by_turns(setting.turns, {"ours": lambda: ours.ask(sql)})
    each = min(seconds["ours"]) / rows * 1e9
    yield measure.Row("parquet, scan of three columns with sums : native scan of them", each / theirs, goal=1.5, figures=f"{each:.1f} : {theirs:.1f} ns a row")


def go_benchmark(package: str, name: str, unit: str) -> dict[str, list[float]]:
    """The figures of one unit that a Go benchmark prints, by the rest of its name."""
    done = subprocess.run(["go", "test", package, "-run", "^$", "-bench", f"^{name}$", "-benchtime", "1s", "-count", "3"],
                          capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise subprocess.SubprocessError(done.stdout + done.stderr)
    figures: dict[str, list[float]] = {}
    for key, value in re.findall(rf"^{name}/(\S+?)(?:-\d+)?\s.*?([\d.]+) {unit}", done.stdout, re.MULTILINE):
        figures.setdefault(key, []).append(float(value))
    return figures


def scans(setting: Setting):
    names = {"all": ("batch view, every byte read : Go over the same bytes", 1.3), "two_columns": ("batch view, two of four columns : Go", None)}
    for key, values in go_benchmark("./host", "BenchmarkScanView", "ratio").items():
        name, goal = names.get(key, (key, None))
        yield measure.Row(name, statistics.median(values), min(values), max(values), goal, figures="batches of 4,096 rows")
    figures = {key: min(values) for key, values in go_benchmark("./abi_test", "BenchmarkScan", "ns/row").items()}
    native_ns, batch = figures["native"], figures["batch/series"]
    for guest in ("series", "series-c", "series-go"):
        if value := figures.get("batch/" + guest):
            yield measure.Row(f"scan of {guest} : Go that makes the same numbers", value / native_ns, figures=f"{value:.2f} : {native_ns:.2f} ns a row")
    yield measure.Row("one row a call : batches", figures["row/series"] / batch, figures=f"{figures['row/series']:.0f} : {batch:.2f} ns a row")
