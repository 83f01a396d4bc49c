"""Times by turns, and what becomes of them.

Two sides are asked one after the other, A B A B …, so that what else the machine does meets both. A ratio is
made of two times of one turn; the median of the turns counts, and the smallest and largest are its spread.
"""

import dataclasses
import statistics
import time
import typing

Ask = typing.Callable[[], object]


@dataclasses.dataclass
class Row:
    """One line of the report."""

    what: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    # goal is the largest ratio that is aimed for; over tells that ratio is only known not to be larger.
    goal: float | None = None
    over: bool = False
    figures: str = ""
    # wrong: an answer differs, something failed, or is missing.
    wrong: str = ""

    @property
    def held(self) -> bool | None:
        if self.wrong and self.ratio is None:
            return False
        if self.goal is None or self.ratio is None:
            return None
        return not self.wrong and self.ratio <= self.goal


def by_turns(turns: int, sides: dict[str, Ask]) -> tuple[dict[str, list[float]], dict[str, object]]:
    """Asks every side once to warm up, then turns times; gives the seconds of the turns, and the answers of the first."""
    answers = {name: ask() for name, ask in sides.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, ask in sides.items():
            start = time.perf_counter()
            ask()
            seconds[name].append(time.perf_counter() - start)
    return seconds, answers


def ratios(ours: list[float], theirs: list[float]) -> tuple[float, float, float]:
    """Median, smallest and largest of the ratios of the turns."""
    each = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    return statistics.median(each), each[0], each[-1]


def row(what: str, ours: list[float], theirs: list[float], *, goal: float | None = None, unit: str = "ms", per: float = 1, note: str = "") -> Row:
    """A row of two sides. per divides the times that are shown: the number of rows for times of one."""
    middle, low, high = ratios(ours, theirs)
    factor = {"s": 1, "ms": 1e3, "µs": 1e6, "ns": 1e9}[unit] / per
    figures = f"{spell(statistics.median(ours) * factor)} : {spell(statistics.median(theirs) * factor)} {unit}" + (" a row" if per > 1 else "")
    return Row(what, middle, low, high, goal, figures=figures + (f", {note}" if note else ""))


def spell(number: float) -> str:
    """Three digits that count."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}" if number >= 0.095 else f"{number:.3g}"


def same(ours, theirs, tolerance: float = 1e-9) -> bool:
    """Whether two answers are the same rows in the same order; numbers may be spelled differently."""
    return len(ours) == len(theirs) and all(
        len(a) == len(b) and all(same_value(x, y, tolerance) for x, y in zip(a, b)) for a, b in zip(ours, theirs))


NULLS = {"\\N", "NULL", ""}


def same_value(a, b, tolerance: float) -> bool:
    if a is None or b is None or str(a) in NULLS or str(b) in NULLS:
        return (a is None or str(a) in NULLS) and (b is None or str(b) in NULLS)
    try:
        x, y = float(a), float(b)
    except ValueError:
        return str(a) == str(b)
    return abs(x - y) <= tolerance * max(1.0, abs(x), abs(y))
