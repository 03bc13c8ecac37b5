"""Starts a coordinator and two workers as processes, asks over Flight SQL, and kills a worker with SIGKILL at
five moments of a query: every answer must be that of a single process.

usage: cluster.py WINNOW WORKDIR
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

QUERY = "select k, count(*), sum(v) from big group by k order by k"
KILL_AFTER = (0.0, 0.15, 0.4, 0.8, 1.5)


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


def main() -> int:
    winnow, work = os.path.abspath(sys.argv[1]), sys.argv[2]
    data, warehouse = os.path.join(work, "big"), os.path.join(work, "cluster-warehouse")
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(warehouse, ignore_errors=True)
    os.makedirs(data)
    line = "".join(f"{i % 97}\t{i}\t{'x' * 60}\n" for i in range(200_000))
    for i in range(24):
        with open(f"{data}/part-{i:02d}", "w") as f:
            f.write(line)
    ddl = f"create external table big (k int, v bigint, pad string) row format delimited fields terminated by '\\t' location '{data}'"
    here = ["--warehouse", warehouse]
    ask(winnow, here, ddl)
    want = ask(winnow, here, QUERY)
    if len(want.splitlines()) != 98:
        raise SystemExit(f"the reference answer has {len(want.splitlines())} lines:\n{want[:500]}")
    coordinator, at = node(winnow, work, "c", warehouse, "coordinator")
    procs = [coordinator]
    passed = 0
    try:
        procs.append(node(winnow, work, "w1", warehouse, "worker", at["gossip"])[0])
        server = ["--server", at["flight"]]
        for i, delay in enumerate(KILL_AFTER):
            victim, _ = node(winnow, work, f"victim{i}", warehouse, "worker", at["gossip"])
            procs.append(victim)
            time.sleep(0.5)
            query = subprocess.Popen([winnow, "sql", "-q", *server, "-e", QUERY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(delay)
            running = query.poll() is None
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            out, err = query.communicate(timeout=60)
            good = query.returncode == 0 and out == want
            print(f"killed after {delay:.2f} s (query {'under way' if running else 'done'}): {'ok' if good else 'WRONG: ' + err + out[:300]}")
            passed += good
    finally:
        stop(procs)
    print(f"{passed} passed, {len(KILL_AFTER) - passed} failed")
    return 0 if passed == len(KILL_AFTER) else 1


if __name__ == "__main__":
    sys.exit(main())
