package flightsql

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/exec/arrowipc"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/diag"
)

// prepared is a prepared statement of a session.
type prepared struct {
	sql   string
	count int // of its parameters

	mu     sync.Mutex
	schema *arrow.Schema
	params []expr.Expr // bound by the last DoPut
}

// bound returns the schema for the parameters bound last, and these.
func (p *prepared) bound() (*arrow.Schema, []expr.Expr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.schema, p.params
}

// maxHeld is how many prepared statements, and how many announced ones, a connection may hold.
const maxHeld = 10_000

var errHeld = status.Errorf(codes.ResourceExhausted, "this connection holds %d open statements: close those that are done", maxHeld)

// rawHeader asks for columns as they are stored; our own client sends it.
const rawHeader = "winnow-raw"

func wantsRaw(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	return len(md.Get(rawHeader)) > 0
}

// info makes the FlightInfo of one endpoint on this server.
func info(desc *flight.FlightDescriptor, schema *arrow.Schema, ticket []byte) *flight.FlightInfo {
	return &flight.FlightInfo{
		FlightDescriptor: desc, Schema: flight.SerializeSchema(schema, memory.DefaultAllocator), TotalRecords: -1, TotalBytes: -1,
		Endpoint: []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: ticket}}},
	}
}

// GetFlightInfoStatement plans a statement for its schema; DoGet runs it.
func (s *server) GetFlightInfoStatement(ctx context.Context, q flightsql.StatementQuery, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	ss := s.session(ctx)
	p, err := ss.conn.Prepare(ctx, q.GetQuery())
	if err != nil {
		return nil, wire.Status(err)
	}
	h := handle()
	ss.mu.Lock()
	full := len(ss.pending) >= maxHeld
	if !full {
		ss.pending[h] = q.GetQuery()
	}
	ss.mu.Unlock()
	if full {
		return nil, errHeld
	}
	ticket, err := flightsql.CreateStatementQueryTicket([]byte(h))
	if err != nil {
		return nil, wire.Status(err)
	}
	return info(desc, clientSchema(p.Schema, wantsRaw(ctx)), ticket), nil
}

// GetSchemaStatement tells the schema only.
func (s *server) GetSchemaStatement(ctx context.Context, q flightsql.StatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	p, err := s.session(ctx).conn.Prepare(ctx, q.GetQuery())
	if err != nil {
		return nil, wire.Status(err)
	}
	return &flight.SchemaResult{Schema: flight.SerializeSchema(clientSchema(p.Schema, wantsRaw(ctx)), memory.DefaultAllocator)}, nil
}

// DoGetStatement runs a statement that GetFlightInfoStatement has announced.
func (s *server) DoGetStatement(ctx context.Context, t flightsql.StatementQueryTicket) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	ss := s.session(ctx)
	ss.mu.Lock()
	sql, ok := ss.pending[string(t.GetStatementHandle())]
	delete(ss.pending, string(t.GetStatementHandle()))
	ss.mu.Unlock()
	if !ok {
		return nil, nil, status.Error(codes.NotFound, "this ticket was used, or belongs to another connection")
	}
	return s.stream(ctx, ss, sql, nil)
}

// stream runs sql and sends its rows.
func (s *server) stream(ctx context.Context, ss *session, sql string, params []expr.Expr) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	res, err := ss.conn.Query(ctx, sql, params...)
	if err != nil {
		return nil, nil, wire.Status(err)
	}
	raw := wantsRaw(ctx)
	schema := clientSchema(res.Schema, raw)
	out := make(chan flight.StreamChunk)
	go func() { // ends with the rows, or when the client has gone
		defer close(out)
		send := func(c flight.StreamChunk) bool {
			select {
			case out <- c:
				return true
			case <-ctx.Done():
				return false
			}
		}
		for {
			rec, err := res.Next(ctx)
			var c arrow.Record
			if err == nil {
				c, err = convert(rec, schema, raw)
				rec.Release()
			}
			if err == nil {
				if !send(flight.StreamChunk{Data: c}) {
					c.Release()
					break
				}
				continue
			}
			if !errors.Is(err, io.EOF) {
				send(flight.StreamChunk{Err: wire.Status(err)})
			}
			break
		}
		sum := res.Summary()
		ss.mu.Lock()
		ss.last = &sum
		ss.mu.Unlock()
		if err := res.Close(); err != nil {
			send(flight.StreamChunk{Err: wire.Status(err)})
		}
	}()
	return schema, out, nil
}

// convert is clientRecord with an error for a panic: it runs in a goroutine that nothing else guards.
func convert(rec arrow.Record, schema *arrow.Schema, raw bool) (out arrow.Record, err error) {
	defer wire.Recovered(&err)
	return clientRecord(rec, schema, raw), nil
}

// CreatePreparedStatement plans sql for its schema.
func (s *server) CreatePreparedStatement(ctx context.Context, req flightsql.ActionCreatePreparedStatementRequest) (res flightsql.ActionCreatePreparedStatementResult, err error) {
	ss := s.session(ctx)
	p, err := ss.conn.Prepare(ctx, req.GetQuery())
	if err != nil {
		return res, wire.Status(err)
	}
	if len(p.Params) > maxParams {
		return res, wire.Status(tooManyParams())
	}
	h := handle()
	ss.mu.Lock()
	full := len(ss.prepared) >= maxHeld
	if !full {
		ss.prepared[h] = &prepared{sql: req.GetQuery(), schema: p.Schema, count: len(p.Params)}
	}
	ss.mu.Unlock()
	if full {
		return res, errHeld
	}
	res.Handle = []byte(h)
	if len(p.Schema.Fields()) > 0 {
		res.DatasetSchema = clientSchema(p.Schema, wantsRaw(ctx))
	}
	fields := make([]arrow.Field, len(p.Params))
	for i, t := range p.Params {
		fields[i] = arrow.Field{Name: "?", Type: paramType(t), Nullable: true}
	}
	res.ParameterSchema = arrow.NewSchema(fields, nil)
	return res, nil
}

// ClosePreparedStatement forgets a prepared statement.
func (s *server) ClosePreparedStatement(ctx context.Context, req flightsql.ActionClosePreparedStatementRequest) error {
	ss := s.session(ctx)
	ss.mu.Lock()
	defer ss.mu.Unlock()
	delete(ss.prepared, string(req.GetPreparedStatementHandle()))
	return nil
}

func (ss *session) statement(h []byte) (*prepared, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if p := ss.prepared[string(h)]; p != nil {
		return p, nil
	}
	return nil, status.Error(codes.NotFound, "no such prepared statement on this connection")
}

// GetFlightInfoPreparedStatement announces the rows of a prepared statement; DoGet runs it.
func (s *server) GetFlightInfoPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	p, err := s.session(ctx).statement(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	schema, _ := p.bound()
	return info(desc, clientSchema(schema, wantsRaw(ctx)), desc.Cmd), nil
}

// GetSchemaPreparedStatement tells the schema only.
func (s *server) GetSchemaPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	p, err := s.session(ctx).statement(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	schema, _ := p.bound()
	return &flight.SchemaResult{Schema: flight.SerializeSchema(clientSchema(schema, wantsRaw(ctx)), memory.DefaultAllocator)}, nil
}

// DoGetPreparedStatement runs a prepared statement with the parameters bound last.
func (s *server) DoGetPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	ss := s.session(ctx)
	p, err := ss.statement(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, nil, err
	}
	_, params := p.bound()
	return s.stream(ctx, ss, p.sql, params)
}

// DoPutPreparedStatementQuery binds parameters: the one row that comes. The types of the values may
// change the schema of the rows, so the statement is planned again.
func (s *server) DoPutPreparedStatementQuery(ctx context.Context, q flightsql.PreparedStatementQuery, r flight.MessageReader, _ flight.MetadataWriter) error {
	ss := s.session(ctx)
	p, err := ss.statement(q.GetPreparedStatementHandle())
	if err != nil {
		return err
	}
	sets, err := readParams(r, p.count)
	if err != nil {
		return wire.Status(err)
	}
	if len(sets) > 1 {
		return wire.Status(diag.Errorf(diag.Unsupported, "a query takes one row of parameters, not %d", len(sets)))
	}
	var params []expr.Expr
	if len(sets) > 0 {
		params = sets[0]
	}
	again, err := ss.conn.Prepare(ctx, p.sql, params...)
	if err != nil {
		return wire.Status(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.schema, p.params = again.Schema, params
	return nil
}

// DoPutPreparedStatementUpdate runs the statement once for each row of parameters, or once.
func (s *server) DoPutPreparedStatementUpdate(ctx context.Context, q flightsql.PreparedStatementUpdate, r flight.MessageReader) (int64, error) {
	ss := s.session(ctx)
	p, err := ss.statement(q.GetPreparedStatementHandle())
	if err != nil {
		return 0, err
	}
	sets, err := readParams(r, p.count)
	if err != nil {
		return 0, wire.Status(err)
	}
	if len(sets) == 0 {
		_, params := p.bound()
		sets = [][]expr.Expr{params}
	}
	changed := int64(0)
	for _, params := range sets {
		n, err := s.update(ctx, ss, p.sql, params)
		if err != nil {
			return 0, err
		}
		changed += n
	}
	return changed, nil
}

// DoPutCommandStatementUpdate runs a statement without rows.
func (s *server) DoPutCommandStatementUpdate(ctx context.Context, u flightsql.StatementUpdate) (int64, error) {
	return s.update(ctx, s.session(ctx), u.GetQuery(), nil)
}

// update runs a statement to its end and returns how many rows it has written.
func (s *server) update(ctx context.Context, ss *session, sql string, params []expr.Expr) (int64, error) {
	res, err := ss.conn.Query(ctx, sql, params...)
	if err != nil {
		return 0, wire.Status(err)
	}
	for {
		rec, err := res.Next(ctx)
		if errors.Is(err, io.EOF) {
			return res.Summary().Changed, wire.Status(res.Close())
		}
		if err != nil {
			res.Close() // the error of the rows is the one to tell
			return 0, wire.Status(err)
		}
		rec.Release()
	}
}

// maxParams is how many parameters a statement may have.
const maxParams = 10_000

func tooManyParams() error {
	return diag.Errorf(diag.Limit, "a statement has at most %d parameters", maxParams)
}

// readParams reads rows of want parameters as literals.
func readParams(r flight.MessageReader, want int) (sets [][]expr.Expr, err error) {
	defer func() {
		if p := recover(); p != nil { // Arrow's reader panics on what the length check cannot see
			err = diag.Errorf(diag.Protocol, "parameters: %v", p)
		}
	}()
	for r.Next() {
		rec := r.Record()
		if err := arrowipc.CheckRecord(rec); err != nil {
			return nil, diag.Errorf(diag.Protocol, "parameters: %w", err)
		}
		if rec.NumCols() != int64(want) {
			return nil, diag.Errorf(diag.Type, "the statement has %d parameters, but %d values were sent", want, rec.NumCols())
		}
		for row := range rec.NumRows() {
			one := rec.NewSlice(row, row+1)
			params := make([]expr.Expr, rec.NumCols())
			for i, c := range one.Columns() {
				v, t, ok := parameter(c)
				if !ok {
					one.Release()
					return nil, diag.Errorf(diag.Type, "parameter %d has the Arrow type %s, which is not taken", i+1, c.DataType())
				}
				if v == nil {
					params[i] = expr.Null(t)
					continue
				}
				lit, err := expr.NewLiteral(v, t, diag.Span{})
				if err != nil {
					one.Release()
					return nil, err
				}
				params[i] = lit
			}
			one.Release()
			sets = append(sets, params)
		}
	}
	if err := r.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, diag.Errorf(diag.Protocol, "parameters: %w", err)
	}
	return sets, nil
}
