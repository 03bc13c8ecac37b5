"""Starts a coordinator and a worker as processes, asks over Flight SQL, and kills a second worker with SIGKILL at
five moments of each query: every answer must be that of a single process. The control runs the same kills with
retries off and must fail: a kill that hurts nobody proves nothing.

usage: cluster.py WINNOW WORKDIR
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import bench_small

FILES, ROWS = 16, 8_000
WORK = "max(sha2(repeat(pad, 120), 512))"  # so that every kill falls into the query
FUNCTION = "create function tag(k int, pad string) returns string language cel as 'pad.substring(58) + string(k)'"  # runs on workers too
QUERIES = {
    "aggregate": f"select k, count(*), sum(v), max(tag(k, pad)), {WORK} from big group by k order by k",
    # a full join is never broadcast: both sides are cut by hash, and the tasks behind the exchange can be lost too
    "join and shuffle": "select coalesce(a.k, b.k) k, count(*), sum(a.c), max(b.m), "
    "max(sha2(repeat(b.m, 40), 512)) from (select v, k, count(*) c from big group by v, k) a "
    f"full join (select v + 1000 v, k, {WORK} m from big group by v + 1000, k) b on a.v = b.v group by coalesce(a.k, b.k) order by k",
}
MOMENTS = (0.05, 0.25, 0.5, 0.7, 0.9)  # of the splits that the query reads
SMALL = ["--set", "winnow.split.bytes=150000", *bench_small.ASK_AGAIN]


def node(winnow: str, work: str, name: str, warehouse: str, role: str, join: str = "", more: list = ()) -> tuple:
    """Starts a node with the flags in more; returns its process and the addresses it listens at."""
    ready = os.path.join(work, name + ".json")
    if os.path.exists(ready):
        os.remove(ready)
    args = [winnow, "serve", "--role", role, "--name", name, "--warehouse", warehouse, "--ready-file", ready, "--slots", "1"]
    args += [x for flag in ("--flight", "--http", "--gossip", "--rpc") for x in (flag, "127.0.0.1:0")]
    args += more
    if join:
        args += ["--join", join]
    log = open(os.path.join(work, name + ".log"), "w")
    proc = subprocess.Popen(args, stdout=log, stderr=log)
    deadline = time.time() + 30
    while not os.path.exists(ready):
        if proc.poll() is not None or time.time() > deadline:
            raise SystemExit(f"{name} did not start: " + open(log.name).read())
        time.sleep(0.05)
    return proc, json.load(open(ready))


def ask(winnow: str, args: list, sql: str) -> str:
    run = subprocess.run([winnow, "sql", "-q", *args, "-e", sql], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(f"{sql}: exit {run.returncode}: {run.stderr}")
    return run.stdout


def stop(procs: list) -> None:
    for p in procs:
        if p.poll() is None:
            p.send_signal(signal.SIGTERM)
    for p in procs:
        try:
            p.wait(timeout=40)
        except subprocess.TimeoutExpired:
            p.kill()


def start(winnow: str, server: list, sql: str) -> subprocess.Popen:
    args = [winnow, "sql", "-q", *server, *SMALL, "-e", sql]
    return subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def progress(at: dict) -> float:
    """The part of its splits that the running query has read; 0 before it has begun."""
    with urllib.request.urlopen(f"http://{at['http']}/v1/queries", timeout=10) as answer:
        running = [q for q in json.load(answer) if q["splits"]]
    return max((q["splits_done"] / q["splits"] for q in running), default=0.0)


def kill(winnow: str, at: dict, sql: str, victim: subprocess.Popen, moment: float) -> tuple:
    """Returns the exit code and the output of a query whose worker is killed, and that it was under way then."""
    query = start(winnow, ["--server", at["flight"]], sql)
    while query.poll() is None and progress(at) < moment:
        time.sleep(0.005)
    running = query.poll() is None
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    out, err = query.communicate(timeout=300)
    return query.returncode, out, err, running


def main() -> int:
    winnow, work = os.path.abspath(sys.argv[1]), sys.argv[2]
    data, warehouse = os.path.join(work, "big"), os.path.join(work, "cluster-warehouse")
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(warehouse, ignore_errors=True)
    os.makedirs(data)
    for f in range(FILES):
        with open(f"{data}/part-{f:02d}", "w") as out:
            out.writelines(f"{i % 97}\t{f * ROWS + i}\t{i:060d}\n" for i in range(ROWS))
    ddl = f"create external table big (k int, v bigint, pad string) row format delimited fields terminated by '\\t' location '{data}'"
    here = ["--warehouse", warehouse]
    ask(winnow, here, ddl)
    ask(winnow, here, FUNCTION)
    want = {name: ask(winnow, here, sql) for name, sql in QUERIES.items()}
    if any(len(w.splitlines()) != 98 for w in want.values()):
        raise SystemExit(f"the reference answers have {[len(w.splitlines()) for w in want.values()]} lines, want 98")
    coordinator, at = node(winnow, work, "c", warehouse, "coordinator")
    procs = [coordinator]
    failures = []
    kills = broken = 0

    def victim() -> subprocess.Popen:
        procs.append(node(winnow, work, f"victim{len(procs)}", warehouse, "worker", at["gossip"])[0])
        time.sleep(0.5)  # the coordinator must have heard of it
        return procs[-1]

    try:
        procs.append(node(winnow, work, "w1", warehouse, "worker", at["gossip"])[0])
        for name, sql in QUERIES.items():
            for moment in MOMENTS:
                code, out, err, running = kill(winnow, at, sql, victim(), moment)
                good = code == 0 and out == want[name] and running
                print(f"{name}: killed at {moment:.0%}, query {'under way' if running else 'DONE'}: {'ok' if good else 'WRONG: ' + err + out[:300]}", flush=True)
                if not good:
                    failures.append(f"{name}: kill at {moment}")
            for moment in MOMENTS:
                code, out, err, _ = kill(winnow, at, "set winnow.task.attempts=1; " + sql, victim(), moment)
                kills, broken = kills + 1, broken + (code != 0)
                if code == 0 and out != want[name]:
                    failures.append(f"{name}: control gave other rows")
    finally:
        stop(procs)
    print(f"control without retries: {broken} of {kills} kills broke the query")
    if broken < 0.95 * kills:
        failures.append("the control: the kills hurt too few")
    for f in failures:
        print("FAILED", f)
    print(f"{len(QUERIES) * len(MOMENTS)} kills, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
