"""Times winnow beside DuckDB, chDB, Polars and DataFusion on the same text files: interleaved, one query after the other,
each engine warm and in a process of its own. Prints the table of the README.

usage: bench.py WINNOW WORKDIR [--preset full] [--form plain] [--rounds 5] [--best 2] [--queries q01,q02] [--engines winnow,duckdb]

The data are made once in WORKDIR (about 4 GB for the full preset; TPC-H by tpchgen-cli). It needs Python packages for
the peers: pip install duckdb chdb polars datafusion tpchgen-cli. CPU seconds are user and system time of all
threads while the query runs, without process start; a figure is the median of the rounds. winnow's answers are
compared with the expected ones, a row that differs is named. winnow keeps no answers here: it works out every one.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import bench_small

bench = bench_small.bench
PEERS = ["duckdb", "chdb", "polars", "datafusion"]
TITLES = {
    "q01": "count(*)", "q02": "filter on an int", "q03": "group by status", "q04": "top 10 of 1.6 M URLs", "q05": "distinct users a day",
    "q06": "one day of 30", "q07": "like '%…%'", "q08": "group by a map key", "q09": "percentiles by hour", "q10": "join", "q11": "regex log",
    "q12": "JSON, nested field", "q13": "5,000 small gz", "q14": "3 of 105 columns", "q15": "top 10 of wide URLs", "q16": "window over groups",
    "h01": "TPC-H Q1", "h03": "TPC-H Q3", "h06": "TPC-H Q6", "h09": "TPC-H Q9", "h18": "TPC-H Q18",
}


def cpu_ns(pid: int) -> int:
    """CPU time of all threads of a process so far. Go's runtime keeps its threads, so none is lost."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            total += int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0])
        except FileNotFoundError:
            pass
    return total


def peak_mb(pid: int) -> int:
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def winnow_once(winnow: str, warehouse: str, sql: str) -> dict:
    """Asks twice in one process; the second answer is timed."""
    run = subprocess.Popen([winnow, "sql", "--stdio-json", *bench_small.ASK_AGAIN, "--warehouse", warehouse], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True)
    for timed in (False, True):
        busy, begin = cpu_ns(run.pid), time.perf_counter()
        run.stdin.write(json.dumps({"sql": sql}) + "\n")
        run.stdin.flush()
        answer = json.loads(run.stdout.readline())
        if timed:
            out = {"wall": time.perf_counter() - begin, "cpu": (cpu_ns(run.pid) - busy) / 1e9, "rss": peak_mb(run.pid), "answer": answer}
    run.stdin.close()
    run.wait()
    return out


def peer_once(engine: str, data: str, form: str, query: str) -> dict | None:
    run = subprocess.run([sys.executable, str(bench / "peers" / "run.py"), "--engine", engine, "--data", data, "--form", form, "--runs", "1",
                          "--warm", "1", "--queries", query], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    if not lines or "cpu_s" not in lines[-1]:
        return None
    return {"wall": lines[-1]["seconds"], "cpu": lines[-1]["cpu_s"], "rss": lines[-1]["rss_mb"]}


def cell(runs: list) -> str:
    if not runs:
        return "–"
    return f"{statistics.median(r['wall'] for r in runs):.2f} / {statistics.median(r['cpu'] for r in runs):.2f} / {max(r['rss'] for r in runs)}"


def best(runs: dict, n: int) -> list:
    """winnow and the n peers that took the least CPU so far."""
    peers = [e for e in runs if e != "winnow" and runs[e]]
    peers.sort(key=lambda e: statistics.median(r["cpu"] for r in runs[e]))
    return [e for e in runs if e == "winnow" or e in peers[:n]]


def verdict(answer: dict, want: list, query: str) -> str:
    if "error" in answer:
        return answer["error"]
    return bench_small.check(answer["rows"], want, query)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("winnow")
    parser.add_argument("work")
    parser.add_argument("--preset", default="full", choices=["small", "medium", "full"])
    parser.add_argument("--form", default="plain", choices=["plain", "gz"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--best", type=int, default=len(PEERS), help="how many peers, those of the least CPU, go on after the first round")
    parser.add_argument("--queries", default=",".join(TITLES))
    parser.add_argument("--engines", default=",".join(["winnow", *PEERS]))
    args = parser.parse_args()
    winnow, engines, wrong = os.path.abspath(args.winnow), args.engines.split(","), 0
    data, warehouse = bench_small.prepare(winnow, os.path.abspath(args.work), args.preset, args.form)
    expected = json.loads((bench / "peers" / "expected.json").read_text()).get(args.preset, {})
    bench_small.TOLERANCE = 0.02
    print(f"{args.preset} preset, {args.form}, median of {args.rounds} interleaved rounds; a cell is wall s / CPU s / peak RSS MB\n")
    print("| question | " + " | ".join(engines) + " | best peer's CPU over winnow's |")
    print("|---|" + "---|" * (len(engines) + 1))
    for query in args.queries.split(","):
        sql = bench_small.question(query)
        runs = {e: [] for e in engines}
        racing = engines
        for _ in range(args.rounds):
            for e in racing:
                once = winnow_once(winnow, warehouse, sql) if e == "winnow" else peer_once(e, data, args.form, query)
                if once:
                    runs[e].append(once)
            racing = best(runs, args.best)
        ratio = ""
        if runs.get("winnow"):
            why = verdict(runs["winnow"][-1]["answer"], expected[query], query) if query in expected else "no expected answer"
            ours = statistics.median(r["cpu"] for r in runs["winnow"])
            peers = [statistics.median(r["cpu"] for r in runs[e]) for e in engines if e != "winnow" and runs[e]]
            ratio = f"{min(peers) / ours:.2f}" if peers else ""
            wrong += bool(why)
            ratio += f" WRONG: {why}" if why else ""
        print(f"| {query} {TITLES.get(query, '')} | " + " | ".join(cell(runs[e]) for e in engines) + f" | {ratio} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
