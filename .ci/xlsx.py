"""Two INSERTs into a spreadsheet, read back by winnow, openpyxl and LibreOffice: the same rows, with the right types,
and no formula, whatever the text.

usage: xlsx.py WINNOW WORKDIR, with openpyxl at hand and $WINNOW_SHARED/real/office.sh
"""
import csv
import datetime
import glob
import os
import shutil
import subprocess
import sys

import openpyxl

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x/","y")', "'=x", "=cmd|'/c x'!A1", "%0A=1"]
DDL = """create external table x (day string, cnt int, class string, amt double, ok boolean, dt date, ts timestamp, d decimal(10,2))
stored by 'xlsx' location '{file}' tblproperties ('xlsx.sheet'='Report')"""
FIRST = "insert into x values ('2024-01-01', 5, 'a', 1.5, true, date '2024-01-02', timestamp '2024-01-02 03:04:05', 12.34)"
WANT = ("2024-01-01", 5, "a", 1.5, True, datetime.datetime(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5), 12.34)


def literal(text: str) -> str:
    return "'" + text.replace("'", "\\'").replace("\t", "\\t").replace("\r", "\\r") + "'"


def ask(winnow: str, warehouse: str, sql: str) -> str:
    run = subprocess.run([winnow, "sql", "-q", "--no-header", "--warehouse", warehouse, "-e", sql], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(f"{sql}: exit {run.returncode}: {run.stderr}")
    return run.stdout


def main() -> int:
    winnow, work = os.path.abspath(sys.argv[1]), os.path.join(os.path.abspath(sys.argv[2]), "xlsx")
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    file, warehouse = os.path.join(work, "out.xlsx"), os.path.join(work, "warehouse")
    ask(winnow, warehouse, DDL.format(file=file))
    ask(winnow, warehouse, FIRST)
    rows = ", ".join(f"('t', {i}, {literal(text)}, null, null, null, null, null)" for i, text in enumerate(FORMULAS))
    ask(winnow, warehouse, "insert into x values " + rows)
    failures = []

    def check(name: str, got: object, want: object) -> None:
        print(f"{'ok    ' if got == want else 'FAILED'} {name}")
        if got != want:
            failures.append(f"{name}: got {got!r}, want {want!r}")

    check("winnow reads as many rows", ask(winnow, warehouse, "select count(*), sum(cnt) from x"), f"{len(FORMULAS) + 1}\t{5 + sum(range(len(FORMULAS)))}\n")
    sheet = openpyxl.load_workbook(file)["Report"]
    cells = list(sheet.iter_rows(min_row=2))
    check("openpyxl: values and types", tuple(c.value for c in cells[0]), WANT)
    check("openpyxl: the text of formulas", [row[2].value for row in cells[1:]], FORMULAS)
    check("openpyxl: no formula", [c.coordinate for row in cells for c in row if c.data_type == "f"], [])
    subprocess.run([os.path.join(os.environ["WINNOW_SHARED"], "real", "office.sh"), "csv", file, work], check=True)
    (out,) = glob.glob(os.path.join(work, "out*.csv"))
    with open(out, newline="", encoding="utf-8") as f:
        got = list(csv.reader(f))[1:]
    check("LibreOffice: as many rows", len(got), len(FORMULAS) + 1)
    check("LibreOffice: numbers and truth are no text", (got[0][1], got[0][3], got[0][4].upper()), ("5", "1.5", "TRUE"))
    check("LibreOffice: formulas are text", [r[2].strip() for r in got[1:]], [t.strip() for t in FORMULAS])
    for f in failures:
        print(f)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
