"""A query by the plain Flight calls of pyarrow, which knows no Flight SQL: GetFlightInfo, GetSchema and DoGet of a packed
CommandStatementQuery, and ListActions.

usage: flight_raw.py URI
"""
import sys

import pyarrow as pa
import pyarrow.flight as flight


def field(number: int, data: bytes) -> bytes:
    """A length-delimited protobuf field."""
    size, out = len(data), bytes([number << 3 | 2])
    while size > 0x7F:
        out += bytes([size & 0x7F | 0x80])
        size >>= 7
    return out + bytes([size]) + data


def statement(sql: str) -> flight.FlightDescriptor:
    command = field(1, sql.encode())
    name = b"type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"
    return flight.FlightDescriptor.for_command(field(1, name) + field(2, command))


def main() -> int:
    client = flight.connect(sys.argv[1])
    sql = "select n, n * 2 as twice, cast(n as string) as s from (select explode(array(1, 2, 3)) n) x order by n"
    schema = client.get_schema(statement(sql)).schema
    info = client.get_flight_info(statement(sql))
    table = client.do_get(info.endpoints[0].ticket).read_all()
    want = {"n": [1, 2, 3], "twice": [2, 4, 6], "s": ["1", "2", "3"]}
    if table.to_pydict() != want or not schema.equals(table.schema) or table.schema.field("n").type != pa.int32():
        raise SystemExit(f"got {table.to_pydict()} of {table.schema}; GetSchema gave {schema}")
    actions = {a.type for a in client.list_actions()}
    if "CreatePreparedStatement" not in actions:
        raise SystemExit(f"ListActions gave {actions}")
    try:
        client.get_flight_info(statement("selec"))
        raise SystemExit("a syntax error was no error")
    except pa.ArrowInvalid as e:
        if "SYNTAX" not in str(e):
            raise
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
