"""What a run is asked for, and the programs and data it finds."""

import dataclasses
import pathlib
import subprocess
import tempfile

from . import measure
from .sides import Duck, Failed, Maria, Sqlite, TooSlow, Wasql

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


@dataclasses.dataclass
class Setting:
    """One run. Sections ask it for what they need; what takes long to make is made once."""

    binary: str
    quick: bool
    scales: list[str]
    turns: int
    # stock_limit is how many seconds the path of the stock engine has for a question.
    stock_limit: float
    work: pathlib.Path
    questions: set[int] = dataclasses.field(default_factory=set)

    def tool(self, script: str, *arguments: str) -> str:
        """The path that a script of tools prints."""
        done = subprocess.run([ROOT / "tools" / script, *arguments], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
        return done.stdout.strip().splitlines()[-1]

    def wasql(self, *arguments: str, settings: tuple[str, ...] = (), cores: int | None = None) -> Wasql:
        return Wasql(self.binary, *arguments, settings=settings, cores=cores)

    def folder(self) -> pathlib.Path:
        return pathlib.Path(tempfile.mkdtemp(dir=self.work))

    def flights(self) -> pathlib.Path:
        return pathlib.Path(self.tool("demo-data.sh"))

    def tpch(self, scale: str) -> pathlib.Path:
        return pathlib.Path(self.tool("tpch-data.sh", scale))


def compare(what: str, turns: int, ours, theirs, *, tolerance: float = 1e-9, **shown) -> measure.Row:
    """A row of two sides that are asked by turns; wrong when their answers differ or one fails."""
    try:
        seconds, answers = measure.by_turns(turns, {"ours": ours, "theirs": theirs})
    except (Failed, TooSlow) as error:
        return measure.Row(what, goal=shown.get("goal"), wrong=f"fails: {error or type(error).__name__}")
    row = measure.row(what, seconds["ours"], seconds["theirs"], **shown)
    if not measure.same(answers["ours"], answers["theirs"], tolerance):
        row.wrong = f"answers differ: {answers['ours'][:2]} : {answers['theirs'][:2]}"
    return row


__all__ = ["Duck", "Failed", "Maria", "ROOT", "Setting", "Sqlite", "TooSlow", "Wasql", "compare"]
