"""The sides that are compared, each a program that stays open and is asked one statement after the other."""

import os
import pathlib
import re
import select
import subprocess
import tempfile
import time

MARK = "end of the answer"


class Failed(Exception):
    """A statement failed; what the side said."""


class TooSlow(Exception):
    """A statement took longer than it may."""


class Program:
    """A child process that reads statements from a pipe."""

    def __init__(self, command: list[str], cores: int | None = None, **streams) -> None:
        pin = (lambda: os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])) if cores else None
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, preexec_fn=pin, **streams)
        self.kept = b""

    def line(self, stream, deadline: float | None) -> str:
        """The next line of a stream."""
        while b"\n" not in self.kept:
            wait = None if deadline is None else deadline - time.monotonic()
            if wait is not None and (wait <= 0 or not select.select([stream], [], [], wait)[0]):
                self.kill()
                raise TooSlow
            piece = os.read(stream.fileno(), 1 << 16)
            if not piece:
                self.process.wait()
                raise Failed(self.kept.decode().strip() or f"ended with {self.process.returncode}")
            self.kept += piece
        line, self.kept = self.kept.split(b"\n", 1)
        return line.decode()

    def write(self, text: str) -> None:
        try:
            self.process.stdin.write(text.encode())
        except BrokenPipeError:
            pass  # why it ended shows when its answer is read

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()


class Wasql(Program):
    """wasql query: its answers go to a file, and the line that --timing prints behind each tells that it is complete."""

    def __init__(self, binary: str, *arguments: str, settings: tuple[str, ...] = (), cores: int | None = None) -> None:
        self.rows = tempfile.TemporaryFile()
        super().__init__([binary, "query", "--quiet", "--timing", "--output", "tsv", *arguments], cores, stdout=self.rows, stderr=subprocess.PIPE)
        for setting in settings:
            self.ask(f"SET {setting}")

    def ask(self, sql: str, limit: float | None = None) -> list[list[str]]:
        start = self.rows.seek(0, os.SEEK_END)
        self.write(sql + ";\n")
        deadline = None if limit is None else time.monotonic() + limit
        said = []
        while not re.fullmatch(r"[\d.]+ s", line := self.told(deadline, said)):
            said.append(line)
        self.rows.seek(start)
        lines = self.rows.read().decode().splitlines()
        return [line.split("\t") for line in lines[1:]]

    def told(self, deadline: float | None, said: list[str]) -> str:
        try:
            return self.line(self.process.stderr, deadline)
        except Failed as error:
            raise Failed("\n".join([*said, str(error)])) from None

    def close(self) -> None:
        super().close()
        self.rows.close()


class Shell(Program):
    """A client of another database, told to print what it is told at once; a last statement tells that an answer is complete."""

    error = re.compile(r"^(Error|Parse error|Runtime error|ERROR)\b")
    separator = "\t"

    def ask(self, sql: str, limit: float | None = None) -> list[list[str]]:
        self.write(f"{sql};\nSELECT '{MARK}';\n")
        deadline = None if limit is None else time.monotonic() + limit
        rows = []
        while (line := self.line(self.process.stdout, deadline)) != MARK:
            if self.error.match(line):
                raise Failed(line)
            rows.append(line.split(self.separator))
        return rows


class Sqlite(Shell):
    """Debian's sqlite3, which has generate_series compiled in."""

    separator = "|"

    def __init__(self, database: str = ":memory:", extension: pathlib.Path | None = None) -> None:
        super().__init__(["stdbuf", "-oL", "sqlite3", "-batch", database], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if extension:
            self.write(f".load {extension}\n")


class Maria(Shell):
    """MariaDB: a server on a folder of its own, and its client."""

    def __init__(self, folder: pathlib.Path) -> None:
        data, socket, log = folder / "data", folder / "socket", folder / "log"
        with log.open("w") as out:
            subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--user=root"],
                           check=True, stdout=out, stderr=out)
            self.server = subprocess.Popen(["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking", "--user=root",
                                            "--skip-grant-tables", "--innodb-buffer-pool-size=1G"], stdout=out, stderr=out)
        for _ in range(300):
            if socket.exists() or self.server.poll() is not None:
                break
            time.sleep(0.1)
        if not socket.exists():
            raise Failed(log.read_text())
        super().__init__(["mariadb", "--no-defaults", f"--socket={socket}", "--batch", "--skip-column-names", "--unbuffered", "mysql"],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def close(self) -> None:
        super().close()
        self.server.terminate()
        self.server.wait(timeout=60)


class Duck:
    """DuckDB, in this process."""

    def __init__(self, threads: int = 1) -> None:
        import duckdb  # not there for sections that do not need it

        self.db = duckdb.connect()
        self.db.execute(f"SET threads = {threads}")

    def ask(self, sql: str):
        return self.db.execute(sql).fetchall()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.db.close()
