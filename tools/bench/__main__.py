"""Measures, prints ratios, and writes docs/benchmarks.md; run it through tools/bench.sh (make bench).

  python -m bench WASQL [--only series,tpch] [--quick] [--scales 0.1,1] [--turns N] [--stock-limit SECONDS] [--questions 1,6] [--out FILE]
"""

import argparse
import pathlib
import sys
import tempfile
import time
import traceback

from . import measure, report
from .sections import ALL
from .setting import ROOT, Setting


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("wasql")
    parser.add_argument("--only", default="", help="names of sections: " + ", ".join(ALL))
    parser.add_argument("--quick", action="store_true", help="less data and fewer turns: some minutes; writes nothing unless --out says where")
    parser.add_argument("--scales", default="", help="scales of TPC-H (0.1,1; quick: 0.01)")
    parser.add_argument("--turns", type=int, default=0, help="turns of each pair (5; quick: 2)")
    parser.add_argument("--stock-limit", type=float, default=0, help="seconds that the stock path has for a question of TPC-H (60; quick: 5)")
    parser.add_argument("--questions", default="", help="only these questions of TPC-H")
    parser.add_argument("--out", type=pathlib.Path, help="where the report is written (docs/benchmarks.md when all sections ran in full)")
    return parser.parse_args()


def main() -> int:
    args = options()
    only = [name for name in args.only.split(",") if name] or list(ALL)
    if unknown := set(only) - set(ALL):
        raise SystemExit(f"no section called {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    turns = args.turns or (2 if args.quick else 5)
    sections: dict[str, list[measure.Row]] = {}
    with tempfile.TemporaryDirectory(prefix="wasql-bench-") as work:
        setting = Setting(str(pathlib.Path(args.wasql).resolve()), args.quick, [s for s in args.scales.split(",") if s] or (["0.01"] if args.quick else ["0.1", "1"]),
                          turns, args.stock_limit or (5 if args.quick else 60), pathlib.Path(work), {int(n) for n in args.questions.split(",") if n})
        for name in ALL:
            if name in only:
                sections[name] = section(name, setting)
    whole = len(sections) == len(ALL) and not args.quick and not setting.questions
    out = args.out or (ROOT / "docs" / "benchmarks.md" if whole else None)
    if out:
        note = "" if whole else "**A part of the benchmark, or its quick form: not for quoting.**"
        report.write(out, sections, {name: title for name, (title, _) in ALL.items()}, turns, note)
    wrong = [row for rows in sections.values() for row in rows if row.wrong]
    missed = [row for rows in sections.values() for row in rows if row.held is False and not row.wrong]
    print(f"\n{len(missed)} goals missed, {len(wrong)} rows wrong, failed or missing" + (f"; {out} is written" if out else ""), flush=True)
    return 1 if wrong else 0


def section(name: str, setting: Setting) -> list[measure.Row]:
    """Runs a section and prints its rows as they come. One that fails is a row that says so."""
    title, run = ALL[name]
    print(f"\n{title}", flush=True)
    rows, start = [], time.monotonic()
    try:
        for row in run(setting):
            rows.append(row)
            print(report.line(row), flush=True)
    except Exception as error:  # the other sections are still worth measuring
        traceback.print_exc()
        rows.append(measure.Row(title, wrong=f"fails: {error or type(error).__name__}"))
        print(report.line(rows[-1]), flush=True)
    print(f"({time.monotonic() - start:.0f} s)", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
