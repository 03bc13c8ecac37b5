"""Runs TPC-H and TPC-DS over text and compares every answer with the peer's: 22 and 99 queries must pass.

usage: tpc.py WINNOW WORKDIR [SCALE] [--cluster] [--memory SIZE]

Data, queries and answers come out of a Python wheel that is installed under WORKDIR. SCALE is 0.01 if not given.
--cluster asks a coordinator with two workers, each a process of its own, in the place of a single process.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import venv

import cluster

here = pathlib.Path(__file__).parent
bench = pathlib.Path(os.environ.get("WINNOW_SHARED", here / "../../shared")) / "bench"
QUERIES = {"h": 22, "ds": 99}


def peer(work: str) -> str:
    """Returns a Python that has the wheel with both generators."""
    home = os.path.join(work, "tpc-venv")
    python = os.path.join(home, "bin", "python")
    if not os.path.exists(python):
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "duckdb==1.1.3"], check=True)
    return python


def serve(winnow: str, work: str, memory: list) -> tuple:
    """Starts a coordinator and two workers; returns the processes and the coordinator's address."""
    warehouse = os.path.join(work, "tpc-warehouse")
    first, at = cluster.node(winnow, work, "tpc-c", warehouse, "coordinator", more=memory)
    procs = [first]
    for name in ("tpc-w1", "tpc-w2"):
        procs.append(cluster.node(winnow, work, name, warehouse, "worker", at["gossip"], memory)[0])
    return procs, at["flight"]


def main() -> int:
    ap = argparse.ArgumentParser()
    ap.add_argument("winnow")
    ap.add_argument("work")
    ap.add_argument("scale", nargs="?", default="0.01")
    ap.add_argument("--cluster", action="store_true")
    ap.add_argument("--memory")
    args = ap.parse_args()
    winnow = os.path.abspath(args.winnow)
    memory = ["--memory", args.memory] if args.memory else []
    python, script = peer(args.work), str(bench / "tpc.py")
    procs = []
    engine = [winnow, "sql", "--stdio-json", "--warehouse", "{warehouse}", *memory]
    passed = 0
    try:
        if args.cluster:
            procs, address = serve(winnow, args.work, memory)
            engine = [winnow, "sql", "--stdio-json", "--server", address]
        for suite, count in QUERIES.items():
            data = os.path.join(args.work, f"tpc{suite}-{args.scale}")
            if not os.path.exists(os.path.join(data, "ddl.sql")):
                subprocess.run([python, script, "make", "--suite", suite, "--sf", args.scale, "--out", data], check=True)
            asked = list(engine)
            if args.cluster:  # the suites have tables of the same names
                subprocess.run([winnow, "sql", "-q", "--server", address, "-e", f"create database tpc{suite}"], check=True)
                asked += ["--database", f"tpc{suite}"]
            check = subprocess.run([python, script, "check", "--out", data, "--engine", " ".join(asked)], stdout=subprocess.PIPE, text=True)
            lines = check.stdout.splitlines()
            for line in lines:
                if " ok " not in line:
                    print(f"TPC-{suite.upper()} {line}")
            if check.returncode == 0 and lines[-1] == f"{count} passed, 0 failed":
                passed += count
    finally:
        cluster.stop(procs)
    return 0 if passed == sum(QUERIES.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
