"""Runs Hive's own tests against a winnow binary and holds the number that passes to the ratchet file.

usage: hive_suite.py WINNOW [--update]
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import bench_small

here = pathlib.Path(__file__).parent
ratchet = here / "hive_suite.ratchet"
suite = pathlib.Path(os.environ.get("WINNOW_SHARED", here / "../../shared")) / "hive-suite"


def main() -> int:
    winnow = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out.json")
        engine = f"{winnow} sql --stdio-json --quiet --allow-transform {' '.join(bench_small.ASK_AGAIN)} --warehouse {{warehouse}}"
        run = subprocess.run(
            [sys.executable, str(suite / "run.py"), "--engine", engine, "--jobs", "2", "--json", out],
            stdout=subprocess.PIPE, text=True, check=False,
        )
    lines = run.stdout.strip().splitlines()
    print("\n".join(lines[-3:]))
    passed = int(lines[-1].split()[0])
    want = int(ratchet.read_text().split()[0])
    if "--update" in sys.argv and passed > want:
        ratchet.write_text(f"{passed} vector files pass; this number may only rise\n")
        want = passed
    if passed < want:
        print(f"{passed} vector files pass, the ratchet is at {want}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
