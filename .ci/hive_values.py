"""Asks winnow what Hive 4.0.1 was asked: expressions, lines of text read by its SerDes, statements to parse.

usage: hive_values.py WINNOW [--update]

Answers that differ must be in hive_values.differences, each with its reason; what stands there and does not differ
any more must go. The numbers of equal answers are held to the ratchet file.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
ratchet = here / "hive_values.ratchet"
differences = here / "hive_values.differences"
suite = pathlib.Path(os.environ.get("WINNOW_SHARED", here / "../../shared")) / "hive-suite"


class Winnow:
    """One winnow process in the time zone of the recorded answers."""

    def __init__(self, program: str, warehouse: str):
        self.process = subprocess.Popen(
            [program, "sql", "--stdio-json", "--quiet", "--warehouse", warehouse],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self.ask("set hive.local.time.zone=America/New_York")

    def ask(self, sql: str) -> dict:
        self.process.stdin.write(json.dumps({"sql": sql}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def plain_decimal(text: str) -> str:
    """A decimal without the zeros at its end: Hive's evaluator leaves them out, its columns do not."""
    return text.rstrip("0").rstrip(".") if re.fullmatch(r"-?\d+\.\d+", text) else text


# An expression, its value and its type. Quoted text may hold tabs, so may the value.
recorded = re.compile(r"""((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\t'"])+)\t(.*?)(?:\t([^\t]*))?""")


def expressions(winnow: Winnow, _):
    for line in (suite / "expressions.tsv").read_text(errors="surrogateescape").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        expression, want, kind = recorded.fullmatch(line).groups(default="")
        answer = winnow.ask("select " + expression)
        if "error" in answer:
            got = "ERR"
        else:
            cell, got_kind = answer["rows"][0][0], answer["types"][0]
            got = f"{'NULL' if cell is None else cell}\t{got_kind}"
            if got_kind.startswith("decimal"):
                got = f"{plain_decimal(got.split(chr(9))[0])}\t{got_kind}"
        yield expression, got, "ERR" if want.startswith("ERR") else f"{want}\t{kind}"


def top_level(types: str) -> list[str]:
    """Splits int:array<struct<x:int>> at its own colons."""
    out, depth, start = [], 0, 0
    for i, c in enumerate(types):
        depth += (c in "<(") - (c in ">)")
        if c == ":" and depth == 0:
            out.append(types[start:i])
            start = i + 1
    return out + [types[start:]]


def raw(text: str) -> bytes:
    """~hh stands for a byte."""
    return re.sub(rb"~([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "surrogateescape"))


def literal(b: bytes) -> str:
    return "'" + "".join(chr(c) if 32 <= c < 127 and c not in b"'\\" else f"\\{c:03o}" for c in b) + "'"


def serde_rows():
    """The recorded rows: (class, columns, types, properties, row, want)."""
    lines = []
    for line in (suite / "serde-observed.txt").read_bytes().decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith(("@", "#", "  ")):
            lines.append(line)
        elif line:
            lines[-1] += "\n" + line  # a value with a line end
    for line in lines:
        if line.startswith("@"):
            name, columns, types, *properties = line[1:].split(";;")
            table = name, columns.split(","), top_level(types), [p.partition("=")[::2] for p in properties if p]
        elif not line.startswith("#") and "INIT ERR" not in line:
            row, _, want = line[2:].partition("  =>  ")
            yield *table, row.removeprefix(" "), want


def shown(column: str, kind: str, cell) -> str:
    """A value as the record has it."""
    if cell is None:
        return f"{column}=NULL "
    if kind == "binary":
        return f"{column}=<{[b - 256 * (b > 127) for b in bytes.fromhex(cell)]}> "
    if kind.startswith("decimal"):
        cell = plain_decimal(cell)
    return f"{column}={cell} " if "<" in kind else f"{column}=<{cell}> "


def serde(winnow: Winnow, folder: str):
    for n, (name, columns, types, properties, row, want) in enumerate(serde_rows()):
        place = os.path.join(folder, f"serde{n}")
        os.mkdir(place)
        pathlib.Path(place, "rows").write_bytes(raw(row) + b"\n")
        # columns.comments stands in the record only because Hive's class wants it.
        pairs = ", ".join(f"'{k}' = {literal(raw(v))}" for k, v in properties if k != "columns.comments")
        answer = winnow.ask(
            f"create external table serde{n} ({', '.join(f'`{c}` {t}' for c, t in zip(columns, types))})"
            f" row format serde '{name}' {f'with serdeproperties ({pairs})' if pairs else ''} location '{place}'"
        )
        if "error" not in answer:
            answer = winnow.ask("select " + ", ".join(
                f"hex(`{c}`)" if t == "binary" else f"`{c}`" for c, t in zip(columns, types)) + f" from serde{n}")
        if "error" in answer:
            got = "ERR"
        else:
            got = "\n".join("".join(map(shown, columns, types, r)) for r in answer["rows"])
        if want == "null row":
            want = "".join(f"{c}=NULL " for c in columns)
        key = " ".join([name.rpartition(".")[2], ":".join(types), *map("=".join, properties), repr(row)[1:-1]])
        yield key, got, "ERR" if want.startswith("ERR") else want


def statements(winnow: Winnow, _):
    for line in (suite / "parse-observed.txt").read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        want, statement = line[:4].strip(), line[5:].partition("   -- ")[0]
        answer = winnow.ask("explain ast " + statement)
        yield statement, "FAIL" if "error" in answer else "OK", want


def main() -> int:
    program = os.path.abspath(sys.argv[1])
    allowed = {}
    for line in differences.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, key, reason = line.split("\t")
            allowed[kind, key] = reason
    known = json.loads(ratchet.read_text()) if ratchet.exists() else {}
    equal, failed = {}, False
    with tempfile.TemporaryDirectory() as folder:
        winnow = Winnow(program, os.path.join(folder, "warehouse"))
        for kind, cases in ("expression", expressions), ("serde", serde), ("parse", statements):
            equal[kind] = 0
            for key, got, want in cases(winnow, folder):
                reason = allowed.pop((kind, key), None)
                if got == want:
                    equal[kind] += 1
                if (got == want) == (reason is not None):
                    failed = True
                    print(f"{kind} {key!r}: got {got!r}, Hive {want!r}" + (f", listed: {reason}" if reason else ""))
        winnow.close()
    for kind, key in allowed:
        failed = True
        print(f"{kind} {key!r} is listed and not in the record")
    print("equal to Hive:", ", ".join(f"{n} {kind}" for kind, n in equal.items()))
    if "--update" in sys.argv:
        ratchet.write_text(json.dumps({k: max(n, known.get(k, 0)) for k, n in equal.items()}) + "\n")
    for kind, n in known.items():
        if equal[kind] < n:
            failed = True
            print(f"{equal[kind]} answers of kind {kind} are equal, the ratchet is at {n}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
