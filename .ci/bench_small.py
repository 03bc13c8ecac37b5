"""Runs the benchmark queries on the small data set and compares with the expected answers.

usage: bench_small.py WINNOW WORKDIR [PRESET]
"""
import json
import os
import pathlib
import subprocess
import sys
import time

here = pathlib.Path(__file__).parent
bench = pathlib.Path(os.environ.get("WINNOW_SHARED", here / "../../shared")) / "bench"
TOLERANCE = 0.02
ASK_AGAIN = ["--set", "hive.query.results.cache.nontransactional.tables.enabled=false"]  # no answer is one that was kept
SETS = "weblogs,users,nginx,cloudfront,tweets,wide"


def engine(winnow: str, warehouse: str, statements: list[str]) -> list[dict]:
    """Runs statements in one process of the machine mode; returns the answers."""
    lines = "".join(json.dumps({"sql": s}) + "\n" for s in statements)
    run = subprocess.run([winnow, "sql", "--stdio-json", *ASK_AGAIN, "--warehouse", warehouse], input=lines,
                         stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def same(got, want, query: str) -> bool:
    """Numbers within 1e-9, the rest as text. Percentiles are Hive's approximation and the expected ones exact:
    they may lie 2 % apart, and further on the small data set, where an hour has few rows. TPC-H's are given to 9 digits, and
    Hive's averages of decimals (h01) have 6 places."""
    if want is None or got is None:
        return got is None and want is None
    if isinstance(want, (int, float)) and not isinstance(want, bool):
        tolerance = TOLERANCE if query == "q09" else 1e-5 if query == "h01" else 1e-8 if query.startswith("h") else 1e-9
        return abs(float(got) - want) <= tolerance * max(1, abs(want))
    return str(got) == str(want)


def check(rows: list, want: list, query: str) -> str:
    if len(rows) != len(want):
        return f"{len(rows)} rows, want {len(want)}"
    if query == "q03":  # the expected rows have NULL first, as Hive before 4 orders it
        want = want[1:] + want[:1] if want[0][0] is None else want
    for i, (r, w) in enumerate(zip(rows, want)):
        if len(r) != len(w) or not all(same(g, x, query) for g, x in zip(r, w)):
            return f"row {i}: {r}, want {w}"
    return ""


def prepare(winnow: str, work: str, preset: str, form: str, sets: str = "") -> tuple[str, str]:
    """Makes the data set (the named sets of it) and the warehouse of its tables in WORK, once; returns their folders."""
    data = os.path.join(work, "bench-" + preset)
    if not os.path.exists(os.path.join(data, "manifest.json")):
        subprocess.run(["go", "run", str(bench / "gen.go"), "-out", data, "-preset", preset, *(["-only", sets] if sets else [])], check=True)
    warehouse = os.path.join(work, f"warehouse-{preset}-{form}")
    if not os.path.exists(warehouse):
        ddl = [s for s in strip((bench / "queries" / "ddl.sql").read_text()).split(";") if s.strip() and not (sets and "tpch" in s)]
        setup = [s.replace("${DATA}", data).replace("${FORM}", form) for s in ddl]
        setup += [f"msck repair table {t}" for t in ("weblogs", "nginx", "tweets")]
        for sql, answer in zip(setup, engine(winnow, warehouse, setup)):
            if "error" in answer:
                raise SystemExit(f"{form}: {sql.strip()[:60]}: {answer['error']}")
    return data, warehouse


def question(query: str) -> str:
    return strip((bench / "queries" / f"{query}.sql").read_text()).strip().rstrip(";")


def strip(sql: str) -> str:
    return "\n".join(line for line in sql.splitlines() if not line.startswith("--"))


def main() -> int:
    winnow, work = os.path.abspath(sys.argv[1]), sys.argv[2]
    preset = sys.argv[3] if len(sys.argv) > 3 else "small"
    global TOLERANCE
    TOLERANCE = 0.5 if preset == "small" else 0.02
    expected = json.loads((bench / "peers" / "expected.json").read_text())[preset]
    passed = failed = 0
    for form in ("plain", "gz"):
        _, warehouse = prepare(winnow, work, preset, form, SETS)
        for n in range(1, 17):
            query = f"q{n:02d}"
            start = time.time()
            answer = engine(winnow, warehouse, [question(query)])[0]
            took = time.time() - start
            wrong = answer.get("error") or check(answer["rows"], expected[query], query)
            print(f"{form:5} {query} {took:7.3f} s  {wrong or 'ok'}")
            passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
