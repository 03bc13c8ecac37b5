"""Runs `winnow demo` and asks DuckDB the same six questions of the same files; every row must be equal.

usage: demo.py WINNOW WORKDIR     (needs the Python package duckdb)
"""
import pathlib
import subprocess
import sys

import duckdb

TABLES = """
create view events as select * exclude d, map_from_entries(list_transform(
    list_filter(string_split(d, chr(1)), lambda x: x <> ''), lambda x: (string_split(x, chr(2))[1], string_split(x, chr(2))[2]))) as d
  from read_csv('{dir}/events/*/*/*/*/*', delim = chr(4), quote = '', escape = '', header = false, hive_partitioning = true,
    hive_types_autocast = false, nullstr = '\\N', columns = {{'ts': 'varchar', 'ip': 'varchar', 'user_id': 'bigint', 'url': 'varchar',
    'status': 'int', 'bytes': 'bigint', 'd': 'varchar'}});
create view users as select * from read_csv('{dir}/users/*', delim = chr(9), quote = '', header = false,
    columns = {{'user_id': 'bigint', 'country': 'varchar', 'plan': 'varchar'}});
create view signups as select * from read_json('{dir}/signups/*', columns = {{'id': 'bigint', 'who': 'struct(name varchar, tags varchar[])'}});
create view access as select f.time, f.status::int as status, f.size::bigint as size from (select regexp_extract(line,
    '^\\S+ \\S+ \\S+ \\[([^\\]]+)\\] "[^"]*" (\\d{{3}}) (\\d+) "[^"]*" "[^"]*"$', ['time', 'status', 'size']) as f
  from read_csv('{dir}/access/*', delim = chr(1), quote = '', escape = '', header = false, columns = {{'line': 'varchar'}}))
  where f.time <> '';
"""

# The questions of the demo in DuckDB's words, in the demo's order.
QUESTIONS = [
    """select hour, count(*), sum(bytes) from events where year = '2011' and month = '12' and day = '06' and hour::int between 6 and 9
       group by hour order by hour""",
    """select d['campaign'] as campaign, count(*) as hits from events where day between '01' and '07' and d['campaign'] is not null
       group by campaign order by hits desc, campaign limit 5""",
    """select country, count(*) as hits, sum(bytes) from events join users using (user_id) where day = '13'
       group by country order by hits desc limit 5""",
    """select day, url, hits from (select day, url, count(*) as hits from events where day <= '05' group by day, url)
       qualify row_number() over (partition by day order by hits desc, url) = 1 order by day""",
    "select tag, count(*) as n from (select unnest(who.tags) as tag from signups) group by tag order by n desc, tag limit 5",
    """select substr(time, 13, 2) as h, count(*) as errors, max(size) from access where status >= 500
       group by h order by errors desc, h limit 5""",
]


def tables(text: str) -> list:
    """The rows of each table that the demo printed, as lists of trimmed cells."""
    found, rows = [], None
    for line in text.splitlines():
        if "┼" in line:
            rows = []
        elif rows is not None and line.startswith("("):
            found.append(rows)
            rows = None
        elif rows is not None:
            rows.append([cell.strip() for cell in line.split("│")])
    return found


def main() -> int:
    winnow, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve() / "demo"
    said = subprocess.run([winnow, "demo", "--dir", str(folder)], check=True, capture_output=True, text=True).stdout
    answers = tables(said)
    if len(answers) != len(QUESTIONS):
        print(f"the demo printed {len(answers)} tables, want {len(QUESTIONS)}:\n{said}")
        return 1
    peer = duckdb.connect()
    peer.execute(TABLES.format(dir=folder))
    wrong = 0
    for n, (got, sql) in enumerate(zip(answers, QUESTIONS), 1):
        want = [[str(cell) for cell in row] for row in peer.execute(sql).fetchall()]
        if got != want or not want:
            wrong += 1
            print(f"question {n}: winnow {got}\n            DuckDB {want}")
    print(f"{len(QUESTIONS) - wrong} of {len(QUESTIONS)} answers of the demo equal DuckDB's")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
