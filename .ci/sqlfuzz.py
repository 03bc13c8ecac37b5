"""Differential and metamorphic tests of the language: random queries over small random tables.

Each round makes tables (as text files that winnow reads where they lie), and then asks
  peer   the same query of winnow and of DuckDB, on the subset whose meaning the two share;
  tlp    q, against q where p / where not p / where p is null together (ternary logic partitioning);
  norec  count(*) where p, against how often p is true when computed in the select list;
  pivot  a row that exists, asked for by a condition made true for it, must be in the answer;
  rules  the same query with some of the optimiser's rules switched off.
All but the first and the last come from the SQLancer papers (Rigger and Su, 2020); only the first needs a peer.

usage: sqlfuzz.py WINNOW [--seconds 120] [--seed N] [--rows 40] [--keep-going]
A failing query is printed with its seed; the same seed makes the same tables and queries again.
"""
import argparse
import collections
import datetime
import decimal
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

import bench_small

NUM, STR, DATE, TIME, BOOL = "num", "str", "date", "time", "bool"
COLUMNS = [("i", "int", NUM), ("j", "int", NUM), ("l", "bigint", NUM), ("x", "double", NUM), ("m", "decimal(8,2)", NUM),
           ("s", "string", STR), ("u", "string", STR), ("d", "date", DATE), ("ts", "timestamp", TIME), ("b", "boolean", BOOL)]
WORDS = ["", "a", "b", "ab", "abc", "B", "Zed", "10", "9", "a b", "ü", "日本", "%", "x_y", "\U0001f600"]
TABLES = ("t", "r", "e")


class Engine:
    """A winnow process in machine mode."""

    def __init__(self, winnow, warehouse, *flags):
        self.command = [winnow, "sql", "--stdio-json", "--quiet", *bench_small.ASK_AGAIN, "--warehouse", warehouse, *flags]
        self.start()

    def start(self):
        env = dict(os.environ, TZ="UTC")
        self.proc = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)

    def ask(self, sql):
        try:
            self.proc.stdin.write(json.dumps({"sql": sql}) + "\n")
            self.proc.stdin.flush()
            line = self.proc.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            code = self.proc.wait()
            self.start()
            raise RuntimeError(f"the process ended with {code}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["rows"]

    def close(self):
        self.proc.stdin.close()
        self.proc.wait()


class Maker:
    """Makes expressions and queries as a pair of texts: winnow's and DuckDB's."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def literal(self, kind):
        r = self.rng
        if r.random() < 0.08:
            return "cast(null as timestamp)" if kind == TIME else "null", {NUM: "null::int", STR: "null::varchar", DATE: "null::date", TIME: "null::timestamp", BOOL: "null::boolean"}[kind]
        if kind == NUM:
            n = r.choice([0, 1, 2, 3, 5, 10, 100, -1, -7])
            text = r.choice([str(n), str(n), f"{n}.5", f"{n}.25"])
            return (f"({text})",) * 2
        if kind == STR:
            return ("'" + r.choice(WORDS) + "'",) * 2
        if kind == DATE:
            return (f"date '20{r.randint(10, 24)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}'",) * 2
        if kind == TIME:
            return (f"timestamp '2015-0{r.randint(1, 9)}-1{r.randint(0, 9)} {r.choice(['00:00:00', '12:34:56', '23:59:59'])}'",) * 2
        return (r.choice(["true", "false"]),) * 2

    def column(self, kind, scope):
        names = [c for c, k in scope if k == kind]
        return (self.rng.choice(names),) * 2 if names else self.literal(kind)

    def expr(self, kind, scope, depth):
        if depth <= 0 or self.rng.random() < 0.25:
            return self.column(kind, scope) if self.rng.random() < 0.75 else self.literal(kind)
        return getattr(self, kind)(scope, depth - 1)

    def both(self, form, *parts):
        return tuple(form.format(*(p[i] for p in parts)) for i in (0, 1))

    def each(self, hive, duck, *parts):
        return hive.format(*(p[0] for p in parts)), duck.format(*(p[1] for p in parts))

    def num(self, scope, depth):
        e = lambda k=NUM: self.expr(k, scope, depth)
        form = self.rng.randrange(17)
        if form == 15:
            return self.both(f"{self.pick('hour', 'minute', 'day', 'year')}({{}})", e(TIME))
        if form == 16:
            return self.each("size(split({0}, 'b'))", "case when {0} is null then -1 else len(string_split({0}, 'b')) end", e(STR))
        if form < 3:
            return self.both(f"({{}} {self.pick('+', '-')} {{}})", e(), e())
        if form == 3:  # products of doubles: decimals of the two engines differ in scale
            return self.both("(cast({} as double) * cast({} as double))", e(), e())
        if form == 4:
            return self.each("(cast({0} as double) / {1})", "(cast({0} as double) / nullif({1}, 0))", e(), e())
        if form == 5:
            return self.both("(- {})", e())
        if form == 6:
            return self.both("abs({})", e())
        if form == 7:
            return self.both("length({})", e(STR))
        if form == 8:
            return self.both("coalesce({}, {})", e(), e())
        if form == 9:
            return self.both("nullif({}, {})", e(), e())
        if form == 10:
            return self.case(NUM, scope, depth)
        if form == 11:
            return self.each("datediff({0}, {1})", "date_diff('day', {1}, {0})", e(DATE), e(DATE))
        if form == 12:
            return self.both(f"{self.pick('year', 'month', 'day', 'quarter')}({{}})", e(DATE))
        if form == 13:
            return self.both("floor(cast({} as double))", e())
        return self.each("instr({0}, {1})", "instr({0}, {1})", e(STR), ("'a'", "'a'"))

    def str(self, scope, depth):
        e = lambda k=STR: self.expr(k, scope, depth)
        form = self.rng.randrange(10)
        if form < 2:
            return self.both("({} || {})", e(), e())
        if form == 2:
            return self.both("upper({})", e())
        if form == 3:
            return self.both(f"substr({{}}, {self.rng.randint(1, 3)}, {self.rng.randint(1, 3)})", e())
        if form == 4:
            return self.both("replace({}, 'a', 'bb')", e())
        if form == 5:
            return self.both("coalesce({}, {})", e(), e())
        if form == 6:
            return self.case(STR, scope, depth)
        if form == 7:
            return self.both("reverse({})", e())
        if form == 8:
            return self.both("trim({})", e())
        return self.both("nullif({}, {})", e(), e())

    def date(self, scope, depth):
        e = lambda k=DATE: self.expr(k, scope, depth)
        form = self.rng.randrange(5)
        if form == 4:
            return self.both("cast({} as date)", e(TIME))
        if form == 0:
            return self.each("date_add({0}, {1})", "cast({0} + {1} as date)", e(), (str(n := self.rng.randint(0, 400)), str(n)))
        if form == 1:
            return self.both("coalesce({}, {})", e(), e())
        if form == 2:
            return self.case(DATE, scope, depth)
        return self.both("nullif({}, {})", e(), e())

    def time(self, scope, depth):
        e = lambda k=TIME: self.expr(k, scope, depth)
        form = self.rng.randrange(5)
        if form == 0:
            return self.each("cast({0} as timestamp)", "cast({0} as timestamp)", e(DATE))
        if form == 1:
            unit = self.pick("year", "month", "day", "hour", "minute")
            return self.both(f"cast(date_trunc('{unit}', {{}}) as timestamp)", e())
        if form == 2:
            return self.case(TIME, scope, depth)
        if form == 3:
            n, unit = self.rng.randint(0, 90), self.pick("day", "hour", "minute")
            return self.each(f"({{0}} + interval '{n}' {unit})", f"({{0}} + interval {n} {unit})", e())
        return self.both("coalesce({}, {})", e(), e())

    def bool(self, scope, depth):
        e = lambda k: self.expr(k, scope, depth)
        kind = self.pick(NUM, NUM, STR, DATE, TIME)
        form = self.rng.randrange(14)
        if form < 4:
            return self.both(f"({{}} {self.pick('=', '<>', '<', '<=', '>', '>=')} {{}})", e(kind), e(kind))
        if form == 4:
            return self.both("({} and {})", e(BOOL), e(BOOL))
        if form == 5:
            return self.both("({} or {})", e(BOOL), e(BOOL))
        if form == 6:
            return self.both("(not {})", e(BOOL))
        if form == 7:
            return self.both(f"({{}} is {self.pick('', 'not ')}null)", e(kind))
        if form == 8:
            return self.both(f"({{}} {self.pick('', 'not ')}in ({{}}, {{}}, {{}}))", e(kind), e(kind), e(kind), self.literal(kind))
        if form == 9:
            a, lo, hi = e(kind), e(kind), e(kind)
            # Hive: a NULL lower bound gives NULL even where the upper one decides.
            duck = f"(case when {lo[1]} is null then null else {a[1]} between {lo[1]} and {hi[1]} end)"
            return f"({a[0]} between {lo[0]} and {hi[0]})", duck
        if form == 10:
            return self.both(f"({{}} {self.pick('', 'not ')}like {{}})", e(STR), ((p := self.pick("'a%'", "'%b%'", "'_'", "'%'", "'a_c'", "''")), p))
        if form == 11:
            return self.each("({0} <=> {1})", "({0} is not distinct from {1})", e(kind), e(kind))
        if form == 12:
            return self.both(f"({{}} is {self.pick('', 'not ')}{self.pick('true', 'false')})", e(BOOL))
        return self.case(BOOL, scope, depth)

    def case(self, kind, scope, depth):
        parts = [self.expr(k, scope, depth) for k in (BOOL, kind, kind)]
        if kind == NUM:  # the common type of decimals is the engines' own affair
            return self.both("(case when {} then cast({} as double) else cast({} as double) end)", *parts)
        return self.both("(case when {} then {} else {} end)", *parts)


def scope_of(alias):
    return [(f"{alias}.{name}", kind) for name, _, kind in COLUMNS]


class Queries:
    """Makes whole queries out of a Maker's expressions."""

    def __init__(self, rng):
        self.rng, self.m = rng, Maker(rng)

    def source(self):
        """Returns FROM and the columns in scope."""
        r, first = self.rng, self.rng.choice(TABLES)
        scope = scope_of("p")
        if r.random() < 0.5:
            return (f"from {first} p",) * 2, scope
        second = r.choice(TABLES)
        how = r.choice(["join", "left join", "right join", "full join", "cross join", "left semi join", "left anti join"])
        both = scope + scope_of("q")
        if how == "cross join":
            return (f"from {first} p cross join {second} q",) * 2, both
        key = r.choice(["i", "j", "s", "d", "l"])
        extra = self.m.expr(BOOL, both, 1) if r.random() < 0.4 and how != "full join" else None
        on = [f"p.{key} = q.{key}" + (f" and {extra[i]}" if extra else "") for i in (0, 1)]
        duck = how.replace("left semi", "semi").replace("left anti", "anti")
        return (f"from {first} p {how} {second} q on {on[0]}", f"from {first} p {duck} {second} q on {on[1]}"), scope if "semi" in how or "anti" in how else both

    def where(self, scope):
        if self.rng.random() < 0.4:
            return "", ""
        p = self.m.expr(BOOL, scope, 2)
        if self.rng.random() < 0.25:
            p = self.m.both("({} and {})", p, self.subquery(scope))
        return f" where {p[0]}", f" where {p[1]}"

    def subquery(self, scope):
        r, table = self.rng, self.rng.choice(TABLES)
        kind = r.choice([NUM, STR, DATE])
        outer = self.m.column(kind, scope)
        inner = r.choice([c for c, _, k in COLUMNS if k == kind])
        cond = self.m.expr(BOOL, scope_of("z"), 1)
        form = r.randrange(4)
        if form == 0:
            return self.m.both(f"({outer[0]} in (select z.{inner} from {table} z where {{}}))", cond)
        if form == 1:
            return self.m.both(f"({outer[0]} not in (select z.{inner} from {table} z where {{}}))", cond)
        if form == 2:
            return self.m.both(f"({r.choice(['', 'not '])}exists (select 1 from {table} z where z.{inner} = {outer[0]} and {{}}))", cond)
        return self.m.both(f"({outer[0]} > (select {r.choice(['min', 'max'])}(z.{inner}) from {table} z where {{}}))", cond)

    def plain(self):
        frm, scope = self.source()
        w = self.where(scope)
        cols = [self.m.expr(self.rng.choice([NUM, STR, DATE, TIME, BOOL]), scope, 2) for _ in range(self.rng.randint(1, 4))]
        distinct = self.rng.choice(["", "", "distinct "])
        q = [f"select {distinct}{', '.join(f'{c[i]} as c{n}' for n, c in enumerate(cols))} {frm[i]}{w[i]}" for i in (0, 1)]
        shape = self.rng.random()
        if shape < 0.2:
            order = ", ".join(f"c{n}{self.rng.choice([' asc nulls first', ' desc nulls last'])}" for n in range(len(cols)))
            limit = self.rng.randint(1, 12)
            q = [f"select * from ({x}) o order by {order} limit {limit}" for x in q]
        elif shape < 0.3:
            q = [f"select * from ({x}) o1 {{}} select * from ({x}) o2" for x in q]
            how = self.rng.choice(["union all", "union", "intersect", "except"])
            q = [x.format(how) if "{}" in x else x for x in q]
        return tuple(q)

    def grouped(self):
        frm, scope = self.source()
        w = self.where(scope)
        keys = [self.m.expr(self.rng.choice([NUM, STR, DATE, BOOL]), scope, 1) for _ in range(self.rng.randint(0, 2))]
        calls = [self.call(scope) for _ in range(self.rng.randint(1, 3))]
        cols = keys + calls
        having = self.m.both(" having count(*) > {}", (str(n := self.rng.randint(0, 3)),) * 2) if keys and self.rng.random() < 0.3 else ("", "")
        by = [", ".join(str(n + 1) for n in range(len(keys))) for _ in (0, 1)]
        group = [f" group by {b}" if keys else "" for b in by]
        return tuple(f"select {', '.join(f'{c[i]} as c{n}' for n, c in enumerate(cols))} {frm[i]}{w[i]}{group[i]}{having[i]}" for i in (0, 1))

    def sets(self):
        """GROUPING SETS over plain columns, which both engines name alike."""
        frm, scope = self.source()
        w, keys = self.where(scope), self.rng.sample([c for c, k in scope if k in (NUM, STR, BOOL)], 2)
        form = self.m.pick("rollup({0}, {1})", "cube({0}, {1})", "grouping sets (({0}, {1}), {1}, ())")
        call = self.call(scope)
        hive = form.format(*keys) if not form.startswith("grouping") else f"{keys[0]}, {keys[1]} " + form.format(*keys)
        return (f"select {keys[0]} as k0, {keys[1]} as k1, {call[0]} as c {frm[0]}{w[0]} group by {hive}",
                f"select {keys[0]} as k0, {keys[1]} as k1, {call[1]} as c {frm[1]}{w[1]} group by {form.format(*keys)}")

    def lateral(self):
        """Rows multiplied by the parts of a string."""
        scope, table, outer = scope_of("p"), self.m.pick(*TABLES), self.rng.random() < 0.3
        w, cols = self.where(scope), [self.m.expr(NUM, scope, 1), self.m.expr(STR, scope, 1)]
        text = self.m.pick("p.s", "p.u", "nullif(p.s, 'ab')")
        duck = f"{'left join lateral' if outer else 'cross join lateral'} (select unnest(string_split({text}, 'b')) as part) v{' on true' if outer else ''}"
        return (f"select p.id, v.part, {cols[0][0]} as c0, {cols[1][0]} as c1 from {table} p lateral view {'outer ' if outer else ''}explode(split({text}, 'b')) v as part{w[0]}",
                f"select p.id, v.part, {cols[0][1]} as c0, {cols[1][1]} as c1 from {table} p {duck}{w[1]}")

    def shared(self):
        """A common table expression with two readers, and a scalar subquery in the select list."""
        inner, key = self.grouped_by_key(), self.m.pick("join", "left join", "full join")
        table = self.m.pick(*TABLES)
        return tuple(f"with g as ({inner[i]}) select a.k, a.n, b.n as m, (select max(z.i) from {table} z where z.j = a.n) as top "
                     f"from g a {key} g b on a.n = b.n and a.k <= b.k" if key != "full join" else
                     f"with g as ({inner[i]}) select a.k, a.n, b.n as m from g a full join g b on a.n = b.n" for i in (0, 1))

    def grouped_by_key(self):
        frm, scope = self.source()
        w, key = self.where(scope), self.rng.choice([c for c, k in scope if k in (STR, DATE)])
        return tuple(f"select {key} as k, count(*) as n {frm[i]}{w[i]} group by {key}" for i in (0, 1))

    def call(self, scope):
        r = self.rng
        kind = r.choice([NUM, STR, DATE])
        e = self.m.expr(kind, scope, 1)
        n = self.m.expr(NUM, scope, 1)
        form = r.randrange(8)
        if form == 0:
            return "count(*)", "count(*)"
        if form == 1:
            return self.m.both("count({})", e)
        if form == 2:
            return self.m.both("count(distinct {})", e)
        if form == 3:
            return self.m.both("min({})", e)
        if form == 4:
            return self.m.both("max({})", e)
        if form == 5:
            return self.m.both("sum(cast({} as double))", n)
        if form == 6:
            return self.m.both("avg(cast({} as double))", n)
        return self.m.both("sum(case when {} then 1 else 0 end)", self.m.expr(BOOL, scope, 1))

    def window(self):
        r, table = self.rng, self.rng.choice(TABLES)
        scope = scope_of("p")
        part = r.choice(["", "partition by p.j ", "partition by p.s ", "partition by p.b, p.j "])
        order = "order by " + ", ".join(f"p.{c}{r.choice([' asc nulls first', ' desc nulls last'])}" for c in r.sample([c for c, _, _ in COLUMNS], 3)) + ", p.id"
        n = self.m.expr(NUM, scope, 1)
        frame = r.choice(["", " rows between 2 preceding and current row", " rows between unbounded preceding and 1 following",
                          " rows between current row and unbounded following", " range between unbounded preceding and current row"])
        over = f"over ({part}{order}{{}})"
        calls = [(f"row_number() {over.format('')}",) * 2, (f"rank() {over.format('')}",) * 2, (f"dense_rank() {over.format('')}",) * 2,
                 (f"ntile(3) {over.format('')}",) * 2,
                 self.m.both(f"lag(p.s, {r.randint(1, 2)}) {over.format('')}"), self.m.both(f"lead(p.i) {over.format('')}"),
                 self.m.both(f"sum(cast({{}} as double)) {over.format(frame)}", n), self.m.both(f"count({{}}) {over.format(frame)}", n),
                 self.m.both(f"first_value(p.s) {over.format(frame)}"), self.m.both(f"max({{}}) {over.format(frame)}", n)]
        picked = r.sample(calls, 2)
        w = self.where(scope)
        return tuple(f"select p.id, {', '.join(f'{c[i]} as c{k}' for k, c in enumerate(picked))} from {table} p{w[i]}" for i in (0, 1))

    def any(self):
        return self.rng.choice([self.plain, self.plain, self.grouped, self.grouped, self.window, self.sets, self.lateral, self.shared])()


def make_table(rng, rows):
    out = []
    for n in range(rows):
        row = [n]
        for _, typ, _ in COLUMNS:
            if rng.random() < 0.15:
                row.append(None)
            elif typ == "int":
                row.append(rng.randint(-3, 6))
            elif typ == "bigint":
                row.append(rng.choice([0, 1, -1, 10, 10**7, -10**7, 7]))
            elif typ == "double":
                row.append(rng.choice([0.0, 1.5, -2.25, 3.0, 1e6, 0.125]))
            elif typ == "string":
                row.append(rng.choice(WORDS))
            elif typ == "date":
                row.append(datetime.date(2010 + rng.randint(0, 12), rng.randint(1, 12), rng.randint(1, 28)))
            elif typ == "timestamp":
                row.append(datetime.datetime(2015, rng.randint(1, 12), rng.randint(1, 28), rng.choice([0, 7, 23]), rng.choice([0, 59]), rng.randint(0, 59)))
            elif typ == "boolean":
                row.append(rng.random() < 0.5)
            else:
                row.append(decimal.Decimal(rng.randint(-20, 20)) / 4)  # exact as doubles, so that the order of a sum is nothing
        out.append(row)
    return out


def text(v):
    if v is None:
        return "\\N"
    if isinstance(v, bool):
        return "true" if v else "false"
    return str(v)


def load(rng, work, winnow, duck, rows):
    columns = [("id", "int", NUM)] + COLUMNS
    for name in TABLES:
        table = make_table(rng, rng.randint(0, rows) if name == "e" else rows)
        where = os.path.join(work, name)
        os.makedirs(where, exist_ok=True)
        for old in os.listdir(where):
            os.remove(os.path.join(where, old))
        cut = rng.randint(0, len(table))
        for part, some in enumerate((table[:cut], table[cut:])):
            with open(os.path.join(where, f"part-{part}"), "w") as f:
                f.writelines("\t".join(text(v) for v in row) + "\n" for row in some)
        winnow.ask(f"drop table if exists {name}")
        winnow.ask(f"create external table {name} ({', '.join(f'{c} {t}' for c, t, _ in columns)}) "
                   f"row format delimited fields terminated by '\\t' location '{where}'")
        duck.execute(f"create or replace table {name} ({', '.join(f'{c} ' + t.replace('string', 'varchar') for c, t, _ in columns)})")
        if table:
            duck.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", table)


def normal(v):
    """A cell as a value that compares across engines."""
    if v is None:
        return None
    if isinstance(v, bool) or v in ("true", "false"):
        return str(v).lower()
    if isinstance(v, (int, float, decimal.Decimal)):
        v = str(v)
    if isinstance(v, datetime.datetime):
        return v.strftime("%Y-%m-%d %H:%M:%S")
    v = str(v)
    try:
        f = float(v)
    except ValueError:
        return v
    if math.isnan(f) or math.isinf(f):
        return str(f)
    return 0.0 if f == 0 else float(f"{f:.9g}")


def bag(rows):
    return collections.Counter(tuple(normal(v) for v in row) for row in rows)


class Mismatch(Exception):
    pass


def close(x, y):
    """Whether two rows are equal but for the last digits of floats, which the order of a sum decides."""
    return all(a == b or isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9) for a, b in zip(x, y))


def expect(want, got, *queries):
    missing, extra = list((want - got).elements()), list((got - want).elements())
    for row in list(missing):
        twin = next((e for e in extra if close(row, e)), None)
        if twin is not None:
            missing.remove(row)
            extra.remove(twin)
    if missing or extra:
        raise Mismatch("\n".join(queries) + f"\nmissing {missing[:3]}\nextra   {extra[:3]}")


def check_peer(q, winnow, duck):
    ours, theirs = q.any()
    try:
        want = duck.execute(theirs).fetchall()
    except Exception:  # DuckDB refuses (overflow, a type of its own): no question for a comparison
        return 0
    expect(bag(want), bag(winnow.ask(ours)), "winnow: " + ours, "duckdb: " + theirs)
    return 1


def check_tlp(q, winnow, _):
    frm, scope = q.source()
    p, extra = q.m.expr(BOOL, scope, 3)[0], q.m.expr(BOOL, scope, 1)[0]
    cols = ", ".join(c for c, _ in q.rng.sample(scope, 3))
    base = f"select {cols} {frm[0]} where "
    whole = base + f"({extra} or true)"
    parts = [base + p, base + f"not ({p})", base + f"({p}) is null"]
    expect(bag(winnow.ask(whole)), bag(winnow.ask(" union all ".join(parts))), whole, " union all ".join(parts))
    agg = q.rng.choice(["count(*)", "min({})", "max({})", "sum(cast({} as double))"]).format(q.m.column(NUM, scope)[0])
    fold = "sum" if agg.startswith(("count", "sum")) else agg[:3]
    one = f"select {agg} as a {frm[0]}"
    three = " union all ".join(f"select {agg} as a {frm[0]} where {c}" for c in (p, f"not ({p})", f"({p}) is null"))
    expect(bag(winnow.ask(one)), bag(winnow.ask(f"select {fold}(a) from ({three}) x")), one, three)
    return 4


def check_norec(q, winnow, _):
    frm, scope = q.source()
    p = q.m.expr(BOOL, scope, 3)[0]
    fast, slow = f"select count(*) {frm[0]} where {p}", f"select coalesce(sum(case when v then 1 else 0 end), 0) from (select ({p}) as v {frm[0]}) x"
    expect(bag(winnow.ask(slow)), bag(winnow.ask(fast)), fast, slow)
    return 2


def check_pivot(q, winnow, _):
    table, scope = q.rng.choice(TABLES), scope_of("p")
    ids = winnow.ask(f"select id from {table}")
    if not ids:
        return 1
    row, p = q.rng.choice(ids)[0], q.m.expr(BOOL, scope, 3)[0]
    is_true = winnow.ask(f"select ({p}) from {table} p where p.id = {row}")[0][0]
    rectified = {"true": p, "false": f"not ({p})", None: f"({p}) is null"}[is_true]
    found = f"select p.id from {table} p where {rectified}"
    if [row] not in winnow.ask(found):
        raise Mismatch(f"{found}\nrow {row} is missing")
    return 3


def check_rules(q, winnow, _):
    sql = q.any()[0]
    rules = [row[0][6:-1] for row in winnow.ask("explain rules select 1") if row[0].startswith("after ")]
    want = bag(winnow.ask(sql))
    off = ",".join(rules if q.rng.random() < 0.2 else q.rng.sample(rules, q.rng.randint(1, 3)))
    winnow.ask(f"set winnow.rules.off={off}")
    try:
        expect(want, bag(winnow.ask(sql)), sql, "without " + off)
    finally:
        winnow.ask("set winnow.rules.off=")
    return 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("winnow")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--set", action="append", default=[], help="a flag of winnow sql for all processes, as --set=--memory=1MiB")
    args = parser.parse_args()
    import duckdb
    asked, failed, round_ = collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as work:
        duck = duckdb.connect()
        duck.execute("set threads=1")
        engine = Engine(os.path.abspath(args.winnow), os.path.join(work, "warehouse"), *args.set)
        end = time.time() + args.seconds
        while time.time() < end and (args.keep_going or not failed):
            seed = args.seed * 1_000_000 + round_
            rng = random.Random(seed)
            load(rng, work, engine, duck, args.rows)
            q = Queries(rng)
            for _ in range(150):
                check = rng.choice([check_peer, check_peer, check_peer, check_tlp, check_norec, check_pivot, check_rules])
                name = check.__name__[6:]
                try:
                    asked[name] += check(q, engine, duck)
                except (Mismatch, RuntimeError) as e:
                    failed[name] += 1
                    print(f"FAIL {name}, round seed {seed} ({type(e).__name__})\n{e}\n", flush=True)
                    if isinstance(e, RuntimeError) and "process ended" in str(e):
                        load(random.Random(seed), work, engine, duck, args.rows)
            round_ += 1
        engine.close()
    print(f"seed {args.seed}, {round_} rounds, statements: " + ", ".join(f"{k} {v}" for k, v in sorted(asked.items())))
    total = sum(asked.values())
    print(f"{total} passed, {sum(failed.values())} failed")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
