"""The report: lines for a terminal, and docs/benchmarks.md."""

import datetime
import pathlib
import platform
import re
import subprocess

from . import measure

HEADER = """\
# Benchmarks
Made by `make bench` (tools/bench); do not edit. One run on one machine, {date}: {machine}.
{versions}.

Sides are asked by turns; a ratio is the median of {turns} turns after a first one, with the smallest and the largest of them in brackets. Figures are medians, ours first; they depend on the
machine, ratios less so. A goal is the largest ratio that the project aims for. What the figures mean, and what was measured before, is in [bench.md](bench.md).
"""


def spell_ratio(row: measure.Row) -> str:
    if row.ratio is None:
        return "–"
    text = ("at most " if row.over else "") + measure.spell(row.ratio)
    if row.low is not None and row.high is not None and row.high != row.low:
        text += f" ({measure.spell(row.low)}–{measure.spell(row.high)})"
    return text


def spell_goal(row: measure.Row) -> str:
    if row.wrong:
        return "WRONG" if row.wrong.startswith("answers") else "FAILED" if not row.wrong.startswith("missing") else "MISSING"
    if row.goal is None:
        return ""
    return f"{row.goal:g}: {'held' if row.held else 'missed'}"


def detail(row: measure.Row) -> str:
    return "; ".join(text for text in (row.wrong, row.figures) if text)


def line(row: measure.Row) -> str:
    return f"{row.what:<64} {spell_ratio(row):>22}  {spell_goal(row):<12} {detail(row)}"


def cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def table(rows: list[measure.Row]) -> str:
    lines = ["| what | ratio | goal | figures |", "|---|---|---|---|"]
    lines += [f"| {cell(r.what)} | {spell_ratio(r)} | {spell_goal(r)} | {cell(detail(r))} |" for r in rows]
    return "\n".join(lines) + "\n"


def reach(sections: dict[str, list[measure.Row]]) -> str:
    """The rows that have a goal, and those that are wrong, together."""
    rows = [r for all_rows in sections.values() for r in all_rows if r.goal is not None or r.wrong]
    held = sum(r.held is True for r in rows)
    return f"## Goals\n{held} of {len(rows)} hold.\n\n" + table(rows)


def write(path: pathlib.Path, sections: dict[str, list[measure.Row]], titles: dict[str, str], turns: int, note: str) -> None:
    text = HEADER.format(date=datetime.date.today(), machine=machine(), versions="; ".join(versions()), turns=turns)
    if note:
        text += f"\n{note}\n"
    text += "\n" + reach(sections)
    for name, rows in sections.items():
        text += f"\n## {titles[name]}\n`make bench ONLY={name}`\n\n" + table(rows)
    path.write_text(text)


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    import os

    load = os.getloadavg()[0]
    return (f"{os.cpu_count()} × {model[1] if model else platform.machine()}, {int(memory[1]) >> 20 if memory else '?'} GiB, "
            f"{load:.1f} other things to do when the run ended")


def versions() -> list[str]:
    commands = {"wasql": ["git", "describe", "--tags", "--always", "--dirty"], "Go": ["go", "env", "GOVERSION"],
                "SQLite": ["sqlite3", "--version"], "MariaDB": ["mariadbd", "--version"]}
    found = []
    for name, command in commands.items():
        try:
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            continue
        match = re.search(r"Ver ([\d.]+)", said)
        found.append(f"{name} {match[1] if match else said.split()[0].removeprefix('go')}")
    try:
        import duckdb

        found.append(f"DuckDB {duckdb.__version__}")
    except ImportError:
        pass
    return found
