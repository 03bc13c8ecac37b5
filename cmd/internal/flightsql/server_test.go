package flightsql

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/catalog/store"
	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/local"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/diag"
)

// serve runs a server over an empty warehouse and returns its address.
func serve(t *testing.T) (string, *coord.Coordinator) {
	t.Helper()
	warehouse := t.TempDir()
	source, err := store.Open(warehouse)
	if err != nil {
		t.Fatal(err)
	}
	m := sys.Host("")
	files := local.New(m)
	set := &connectors.Set{Stores: map[string]connectors.Store{"": files, "file": files}}
	base := op.Env{Mem: memory.DefaultAllocator, Machine: m, Set: set, BatchRows: 1 << 10}
	c := coord.New(coord.Config{
		Set: set, Source: source, Warehouse: warehouse, Machine: m, MemoryBytes: 64 << 20, Version: "test",
		Runner: dispatch.InProcess{Base: base}, Members: member.Fixed{{Name: "here", Slots: 2}},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := NewServer(c, "test")
	go g.Serve(l)
	t.Cleanup(g.Stop)
	return l.Addr().String(), c
}

// client is Arrow's own client of a new server.
func client(t *testing.T) (*flightsql.Client, *coord.Coordinator) {
	t.Helper()
	address, coordinator := serve(t)
	c, err := flightsql.NewClient(address, nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, coordinator
}

// fetch reads all rows that info announces, in Arrow's text form, and checks the schema it announces.
func fetch(ctx context.Context, c *flightsql.Client, info *flight.FlightInfo, err error) (string, error) {
	if err != nil {
		return "", err
	}
	r, err := c.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil {
		return "", err
	}
	defer r.Release()
	want, err := flight.DeserializeSchema(info.Schema, memory.DefaultAllocator)
	if err != nil {
		return "", err
	}
	if !r.Schema().Equal(want) {
		return "", fmt.Errorf("the stream has the schema %s, announced was %s", r.Schema(), want)
	}
	var b strings.Builder
	for r.Next() {
		for i := range int(r.Record().NumRows()) {
			for j, col := range r.Record().Columns() {
				if j > 0 {
					b.WriteByte('|')
				}
				b.WriteString(col.ValueStr(i))
			}
			b.WriteByte('\n')
		}
	}
	if err := r.Err(); err != nil && !errors.Is(err, io.EOF) {
		return b.String(), err
	}
	return b.String(), nil
}

func run(t *testing.T, c *flightsql.Client, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		info, err := c.Execute(context.Background(), sql)
		if _, err = fetch(context.Background(), c, info, err); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestStatements(t *testing.T) {
	c, _ := client(t)
	ctx := context.Background()
	run(t, c, "create database d", "use d", "create table t (a int, b string)", "insert into t values (1, 'x')")
	if n, err := c.ExecuteUpdate(ctx, "insert into t values (2, 'y'), (3, null)"); n != 2 || err != nil {
		t.Errorf("update: %d rows, %v", n, err)
	}
	for _, tt := range []struct{ sql, want string }{
		{"select a, b from t order by a", "1|x\n2|y\n3|(null)\n"},
		{"select current_database()", "d\n"},
		{"select timestamp '2024-01-02 03:04:05.6789', cast('ab' as char(4)), null", "2024-01-02 03:04:05.6789Z|ab  |(null)\n"},
		{"select map('k', 1), array(1, 2), named_struct('x', cast(1.5 as decimal(3,1)))",
			`[{"key":"k","value":1}]|[1,2]|{"x":"1.5"}` + "\n"},
		{"select interval '1' day", "1 00:00:00.000000000\n"},
		{"show tables", "t\n"},
		{"select a from t where a > 5", ""},
		{"set x = 1", ""},
	} {
		info, err := c.Execute(ctx, tt.sql)
		if got, err := fetch(ctx, c, info, err); got != tt.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", tt.sql, got, err, tt.want)
		}
	}
	res, err := c.GetExecuteSchema(ctx, "select a, b from t")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := flight.DeserializeSchema(res.Schema, memory.DefaultAllocator); err != nil || s.Field(1).Type.ID() != arrow.STRING {
		t.Errorf("schema %v, %v", s, err)
	}
}

func TestErrors(t *testing.T) {
	c, _ := client(t)
	ctx := context.Background()
	run(t, c, "create table t (a int)", "insert into t values (1), (2)")
	for _, tt := range []struct {
		sql  string
		code codes.Code
	}{
		{"select from where", codes.InvalidArgument},
		{"select nope from t", codes.NotFound},
		{"select 1; select 2", codes.InvalidArgument},
		{"create table t (a int)", codes.AlreadyExists},
		{"select assert_true(a < 2) from t", codes.InvalidArgument},
	} {
		info, err := c.Execute(ctx, tt.sql)
		_, err = fetch(ctx, c, info, err)
		if status.Code(err) != tt.code {
			t.Errorf("%s: %v, want %s", tt.sql, err, tt.code)
		}
	}
	ticket, err := flightsql.CreateStatementQueryTicket([]byte("unknown"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{ticket, []byte("junk"), nil} {
		if _, err := c.DoGet(ctx, &flight.Ticket{Ticket: b}); err == nil {
			t.Errorf("ticket %q was taken", b)
		}
	}
}

// params is a record of parameters.
func params(t *testing.T, rows string, fields ...arrow.Field) arrow.Record {
	t.Helper()
	return record(t, arrow.NewSchema(fields, nil), rows)
}

var (
	longField = arrow.Field{Name: "0", Type: arrow.PrimitiveTypes.Int64, Nullable: true}
	textField = arrow.Field{Name: "1", Type: arrow.BinaryTypes.String, Nullable: true}
	nullField = arrow.Field{Name: "2", Type: arrow.Null, Nullable: true}
)

func TestPrepared(t *testing.T) {
	c, _ := client(t)
	ctx := context.Background()
	run(t, c, "create table t (a int, b string, f double)", "insert into t values (1, 'x', 0.5), (2, 'y', 1.5)")
	for _, tt := range []struct{ sql, announced, row, want string }{
		{"select a from t where a = ? and b = ?", "int64 utf8", `[{"0":1,"1":"x"}]`, "1\n"},
		{"select ? as n, ? as s", "utf8 utf8", `[{"0":7,"1":"z"}]`, "7|z\n"},
		{"select a from t where f < ? and b <> ? order by a", "float64 utf8", `[{"0":9,"1":"q"}]`, "1\n2\n"},
		{"select b from t order by a limit ?", "int64", `[{"0":1}]`, "x\n"},
		{"select 1 where timestamp '2024-01-02' = ?", "timestamp[ms]", `[{"2":null}]`, ""},
		{"select ?", "utf8", `[{"2":null}]`, "(null)\n"},
	} {
		p, err := c.Prepare(ctx, tt.sql)
		if err != nil {
			t.Errorf("%s: %v", tt.sql, err)
			continue
		}
		var types []string
		for _, f := range p.ParameterSchema().Fields() {
			types = append(types, f.Type.String())
		}
		if got := strings.Join(types, " "); got != tt.announced {
			t.Errorf("%s: announces %s, want %s", tt.sql, got, tt.announced)
		}
		fields := []arrow.Field{longField, textField}[:len(types)]
		if strings.Contains(tt.row, `"2"`) {
			fields = []arrow.Field{nullField}
		}
		p.SetParameters(params(t, tt.row, fields...))
		for range 2 {
			info, err := p.Execute(ctx)
			if got, err := fetch(ctx, c, info, err); got != tt.want || err != nil {
				t.Errorf("%s: %q, %v, want %q", tt.sql, got, err, tt.want)
			}
		}
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestPreparedUpdate(t *testing.T) {
	c, _ := client(t)
	ctx := context.Background()
	run(t, c, "create table t (a int, b string)")
	p, err := c.Prepare(ctx, "insert into t values (?, ?)")
	if err != nil {
		t.Fatal(err)
	}
	p.SetParameters(params(t, `[{"0":1,"1":"x"},{"0":2,"1":null}]`, longField, textField))
	if n, err := p.ExecuteUpdate(ctx); n != 2 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	p.SetParameters(params(t, `[{"0":1}]`, longField))
	if _, err := p.ExecuteUpdate(ctx); status.Code(err) != codes.InvalidArgument {
		t.Errorf("one value for two parameters: %v", err)
	}
	info, err := c.Execute(ctx, "select * from t order by a")
	if got, err := fetch(ctx, c, info, err); got != "1|x\n2|(null)\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestMetadata(t *testing.T) {
	c, _ := client(t)
	ctx := context.Background()
	run(t, c, "create table t (a int)", "create view v as select a from t", "create database other", "create table other.u (x timestamp)")
	text := func(s string) *string { return &s }
	for name, tt := range map[string]struct {
		call func() (*flight.FlightInfo, error)
		want string
	}{
		"catalogs": {func() (*flight.FlightInfo, error) { return c.GetCatalogs(ctx) }, "winnow\n"},
		"schemas": {func() (*flight.FlightInfo, error) { return c.GetDBSchemas(ctx, &flightsql.GetDBSchemasOpts{}) },
			"winnow|default\nwinnow|other\n"},
		"types": {func() (*flight.FlightInfo, error) { return c.GetTableTypes(ctx) }, "TABLE\nVIEW\n"},
		"tables": {func() (*flight.FlightInfo, error) { return c.GetTables(ctx, &flightsql.GetTablesOpts{}) },
			"winnow|default|t|TABLE\nwinnow|default|v|VIEW\nwinnow|other|u|TABLE\n"},
		"filtered": {func() (*flight.FlightInfo, error) {
			return c.GetTables(ctx, &flightsql.GetTablesOpts{DbSchemaFilterPattern: text("def%"), TableNameFilterPattern: text("_"), TableTypes: []string{"VIEW"}})
		}, "winnow|default|v|VIEW\n"},
		"keys": {func() (*flight.FlightInfo, error) { return c.GetPrimaryKeys(ctx, flightsql.TableRef{Table: "t"}) }, ""},
		"cross": {func() (*flight.FlightInfo, error) {
			return c.GetCrossReference(ctx, flightsql.TableRef{Table: "t"}, flightsql.TableRef{Table: "v"})
		}, ""},
	} {
		info, err := tt.call()
		if got, err := fetch(ctx, c, info, err); got != tt.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tt.want)
		}
	}
	info, err := c.GetTables(ctx, &flightsql.GetTablesOpts{IncludeSchema: true, TableNameFilterPattern: text("u")})
	if got, err := fetch(ctx, c, info, err); !strings.HasPrefix(got, "winnow|other|u|TABLE|") || err != nil {
		t.Errorf("with schema: %q, %v", got, err)
	}
	info, err = c.GetSqlInfo(ctx, []flightsql.SqlInfo{flightsql.SqlInfoFlightSqlServerName, flightsql.SqlInfoFlightSqlServerTransaction})
	if got, err := fetch(ctx, c, info, err); strings.Count(got, "\n") != 2 || err != nil {
		t.Errorf("info: %q, %v", got, err)
	}
}

func TestHandshake(t *testing.T) {
	for header, want := range map[string]string{
		"Basic amFuZTpzZWNyZXQ=": "jane\n", "Bearer T": "anonymous\n", "": "anonymous\n",
	} {
		c, _ := client(t)
		ctx := context.Background()
		if header != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", header)
		}
		h, err := c.Client.Handshake(ctx)
		if err != nil {
			t.Fatal(err)
		}
		md, err := h.Header()
		if err != nil || len(md.Get("authorization")) != 1 || !strings.HasPrefix(md.Get("authorization")[0], "Bearer ") {
			t.Errorf("%s: answers %v, %v", header, md, err)
			continue
		}
		ctx = metadata.AppendToOutgoingContext(context.Background(), "authorization", md.Get("authorization")[0])
		info, err := c.Execute(ctx, "select current_user()")
		if got, err := fetch(ctx, c, info, err); got != want || err != nil {
			t.Errorf("%s: %q, %v", header, got, err)
		}
	}
}

// many is a query whose rows do not end soon.
const many = "select a.i, b.i from (select posexplode(split(space(3000), ' ')) as (i, s)) a cross join " +
	"(select posexplode(split(space(3000), ' ')) as (i, s)) b"

func TestCloseEarly(t *testing.T) {
	c, coordinator := client(t)
	ctx, cancel := context.WithCancel(context.Background())
	info, err := c.Execute(ctx, many)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil || !r.Next() {
		t.Fatalf("no rows: %v", err)
	}
	cancel()
	r.Release()
	for end := time.Now().Add(10 * time.Second); len(coordinator.Queries()) > 0; {
		if time.Now().After(end) {
			t.Fatal("the query goes on after its client has gone")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestOwnClient(t *testing.T) {
	address, _ := serve(t)
	ctx := context.Background()
	c, err := Dial(ctx, address, "joe")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetVar("v", "1")
	r, err := c.Query(ctx, "select ${v} + 1, current_user(), timestamp '2024-01-02 03:04:05.123456789'")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := r.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := rec.Column(0).ValueStr(0) + rec.Column(1).ValueStr(0); got != "2joe" || r.Schema().Field(2).Type.Name() != "timestamp" {
		t.Errorf("%s, %s", got, r.Schema())
	}
	rec.Release()
	if _, err := r.Next(ctx); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if sum := r.Summary(); sum.Rows != 1 {
		t.Errorf("summary %+v", sum)
	}
	r.Close()
	_, err = c.Query(ctx, "select nope")
	var d *diag.Error
	if !errors.As(err, &d) || d.Kind != diag.Unknown || d.Span != (diag.Span{Start: 7, End: 11}) {
		t.Errorf("%v", err)
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if r, err = c.Query(short, "select count(*) from ("+many+") x cross join (select posexplode(split(space(3000), ' ')) as (k, s)) y"); err == nil {
		_, err = r.Next(short)
		r.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v", err)
	}
	if _, err := Dial(ctx, "127.0.0.1:1", ""); diag.KindOf(err) != diag.Unavailable {
		t.Error(err)
	}
}

// record is a record of rows in JSON.
func record(t testing.TB, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}
