"""Asks the same questions of the same files in a folder, on S3 and on HDFS, and after a CTAS and an INSERT on each:
in one process, and of a coordinator with two workers.

usage: stores.py WINNOW WORKDIR, after bench_small.py has made WORKDIR/bench-small; the servers' addresses come
from the environment (WINNOW_S3_ROOT_DIR, WINNOW_HDFS).
"""
import json
import os
import shutil
import subprocess
import sys
import time

import bench_small
import cluster

COLUMNS = """ts timestamp, request_id string, ip string, user_id bigint, method string, url string, status int, bytes bigint,
latency_ms double, referrer string, user_agent string, dims map<string,string>"""
TABLE = """create external table {name} ({columns}) partitioned by (year string, month string, day string, hour string)
row format delimited fields terminated by '\\t' collection items terminated by ',' map keys terminated by ':'
stored as textfile location '{location}'"""
QUESTIONS = [
    "select count(*) from {t}",
    "select status, count(*) from {t} group by status order by status",
    "select hour, sum(bytes) from {t} where day = '02' group by hour order by hour",
    "select url, count(*) c from {t} group by url order by c desc, url limit 5",
]


def engine(winnow: str, place: list, statements: list) -> list:
    lines = "".join(json.dumps({"sql": s}) + "\n" for s in statements)
    run = subprocess.run([winnow, "sql", "--stdio-json", *bench_small.ASK_AGAIN, *place], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    for sql, a in zip(statements, answers):
        if "error" in a:
            raise SystemExit(f"{sql}\n{a['error']}")
    return [a["rows"] for a in answers]


def main() -> int:
    winnow, work = os.path.abspath(sys.argv[1]), sys.argv[2]
    warehouse = os.path.join(work, "stores-warehouse")
    source = os.path.join(work, "bench-small", "weblogs", "plain")
    bucket = os.path.join(os.environ["WINNOW_S3_ROOT_DIR"], "winnow-ci")
    shutil.rmtree(warehouse, ignore_errors=True)
    shutil.rmtree(bucket, ignore_errors=True)
    shutil.copytree(source, os.path.join(bucket, "weblogs"))
    hdfs = os.environ["WINNOW_HDFS"]
    hdfs = hdfs if hdfs.startswith("hdfs://") else "hdfs://" + hdfs
    run = str(os.getpid())
    places = {"file": source, "s3": "s3://winnow-ci/weblogs"}
    setup = []
    for name, location in places.items():
        setup += [TABLE.format(name="w_" + name, columns=COLUMNS, location=location), f"alter table w_{name} recover partitions"]
    copies = {"s3": f"s3://winnow-ci/copy-{run}", "hdfs": f"{hdfs}/winnow-ci/copy-{run}", "file": os.path.join(work, f"copy-{run}")}
    for name, location in copies.items():
        setup.append(f"create external table c_{name} location '{location}' as select request_id, url, status, bytes, day, hour from w_file where day = '01'")
        setup.append(f"insert into c_{name} select request_id, url, status, bytes, day, hour from w_file where day <> '01'")
    here = ["--warehouse", warehouse]
    engine(winnow, here, setup)
    want = engine(winnow, here, [q.format(t="w_file") for q in QUESTIONS])
    if not want[0][0][0] or int(want[0][0][0]) < 4000:
        raise SystemExit(f"the reference answer is {want[0]}")
    passed = failed = 0
    tables = ["w_s3"] + ["c_" + n for n in copies]

    def compare(where: str, place: list) -> None:
        nonlocal passed, failed
        for table in tables:
            got = engine(winnow, place, [q.format(t=table) for q in QUESTIONS])
            good = got == want
            print(f"{where}, {table}: {'ok' if good else f'{got} want {want}'}")
            passed, failed = passed + good, failed + (not good)

    compare("one process", here)
    coordinator, at = cluster.node(winnow, work, "stores-c", warehouse, "coordinator")
    procs = [coordinator]
    try:
        for i in range(2):
            procs.append(cluster.node(winnow, work, f"stores-w{i}", warehouse, "worker", at["gossip"])[0])
        time.sleep(0.5)  # the coordinator must have heard of them
        server = ["--server", at["flight"]]
        for name, location in copies.items():
            make = f"create external table n_{name} location '{location}-new' as select request_id, url, status, bytes, day, hour from w_file where day = '01'"
            engine(winnow, server, [make, f"insert into n_{name} select request_id, url, status, bytes, day, hour from w_file where day <> '01'"])
        tables += ["n_" + n for n in copies]
        compare("coordinator and two workers", server)
    finally:
        cluster.stop(procs)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
