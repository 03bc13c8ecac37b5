package flightsql

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/diag"
)

// prepared is a prepared statement of a session.
type prepared struct {
	sql    string
	schema *arrow.Schema
	params []expr.Expr // bound by the last DoPut
}

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
	schema, _, err := ss.conn.Prepare(ctx, q.GetQuery())
	if err != nil {
		return nil, fault(err)
	}
	h := handle()
	ss.mu.Lock()
	ss.pending[h] = q.GetQuery()
	ss.mu.Unlock()
	ticket, err := flightsql.CreateStatementQueryTicket([]byte(h))
	if err != nil {
		return nil, fault(err)
	}
	return info(desc, clientSchema(schema, wantsRaw(ctx)), ticket), nil
}

// GetSchemaStatement tells the schema only.
func (s *server) GetSchemaStatement(ctx context.Context, q flightsql.StatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	schema, _, err := s.session(ctx).conn.Prepare(ctx, q.GetQuery())
	if err != nil {
		return nil, fault(err)
	}
	return &flight.SchemaResult{Schema: flight.SerializeSchema(clientSchema(schema, wantsRaw(ctx)), memory.DefaultAllocator)}, nil
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
		return nil, nil, fault(err)
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
			if err == nil {
				c := clientRecord(rec, schema, raw)
				rec.Release()
				if !send(flight.StreamChunk{Data: c}) {
					c.Release()
					break
				}
				continue
			}
			if !errors.Is(err, io.EOF) {
				send(flight.StreamChunk{Err: fault(err)})
			}
			break
		}
		sum := res.Summary()
		ss.mu.Lock()
		ss.last = &sum
		ss.mu.Unlock()
		if err := res.Close(); err != nil {
			send(flight.StreamChunk{Err: fault(err)})
		}
	}()
	return schema, out, nil
}

// CreatePreparedStatement plans sql for its schema.
func (s *server) CreatePreparedStatement(ctx context.Context, req flightsql.ActionCreatePreparedStatementRequest) (res flightsql.ActionCreatePreparedStatementResult, err error) {
	ss := s.session(ctx)
	schema, params, err := ss.conn.Prepare(ctx, req.GetQuery())
	if err != nil {
		return res, fault(err)
	}
	h := handle()
	ss.mu.Lock()
	ss.prepared[h] = &prepared{sql: req.GetQuery(), schema: schema}
	ss.mu.Unlock()
	res.Handle = []byte(h)
	if len(schema.Fields()) > 0 {
		res.DatasetSchema = clientSchema(schema, wantsRaw(ctx))
	}
	fields := make([]arrow.Field, params)
	for i := range fields {
		fields[i] = arrow.Field{Name: "?", Type: arrow.BinaryTypes.String, Nullable: true}
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
	return info(desc, clientSchema(p.schema, wantsRaw(ctx)), desc.Cmd), nil
}

// GetSchemaPreparedStatement tells the schema only.
func (s *server) GetSchemaPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery, _ *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	p, err := s.session(ctx).statement(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, err
	}
	return &flight.SchemaResult{Schema: flight.SerializeSchema(clientSchema(p.schema, wantsRaw(ctx)), memory.DefaultAllocator)}, nil
}

// DoGetPreparedStatement runs a prepared statement with the parameters bound last.
func (s *server) DoGetPreparedStatement(ctx context.Context, q flightsql.PreparedStatementQuery) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	ss := s.session(ctx)
	p, err := ss.statement(q.GetPreparedStatementHandle())
	if err != nil {
		return nil, nil, err
	}
	return s.stream(ctx, ss, p.sql, p.params)
}

// DoPutPreparedStatementQuery binds parameters: the first row that comes.
func (s *server) DoPutPreparedStatementQuery(ctx context.Context, q flightsql.PreparedStatementQuery, r flight.MessageReader, _ flight.MetadataWriter) error {
	p, err := s.session(ctx).statement(q.GetPreparedStatementHandle())
	if err != nil {
		return err
	}
	sets, err := readParams(r)
	if err != nil {
		return fault(err)
	}
	p.params = nil
	if len(sets) > 0 {
		p.params = sets[0]
	}
	return nil
}

// DoPutPreparedStatementUpdate runs the statement once for each row of parameters, or once.
func (s *server) DoPutPreparedStatementUpdate(ctx context.Context, q flightsql.PreparedStatementUpdate, r flight.MessageReader) (int64, error) {
	ss := s.session(ctx)
	p, err := ss.statement(q.GetPreparedStatementHandle())
	if err != nil {
		return 0, err
	}
	sets, err := readParams(r)
	if err != nil {
		return 0, fault(err)
	}
	if len(sets) == 0 {
		sets = [][]expr.Expr{p.params}
	}
	for _, params := range sets {
		if err := s.update(ctx, ss, p.sql, params); err != nil {
			return 0, err
		}
	}
	return -1, nil
}

// DoPutCommandStatementUpdate runs a statement without rows.
func (s *server) DoPutCommandStatementUpdate(ctx context.Context, u flightsql.StatementUpdate) (int64, error) {
	return -1, s.update(ctx, s.session(ctx), u.GetQuery(), nil)
}

func (s *server) update(ctx context.Context, ss *session, sql string, params []expr.Expr) error {
	res, err := ss.conn.Query(ctx, sql, params...)
	if err != nil {
		return fault(err)
	}
	for {
		rec, err := res.Next(ctx)
		if errors.Is(err, io.EOF) {
			return fault(res.Close())
		}
		if err != nil {
			res.Close() // the error of the rows is the one to tell
			return fault(err)
		}
		rec.Release()
	}
}

// maxParams is how many parameters a statement may have.
const maxParams = 10_000

// readParams reads rows of parameters as literals.
func readParams(r flight.MessageReader) (sets [][]expr.Expr, err error) {
	defer func() {
		if p := recover(); p != nil { // Arrow's reader panics on what the length check cannot see
			err = diag.Errorf(diag.Protocol, "parameters: %v", p)
		}
	}()
	for r.Next() {
		rec := r.Record()
		if rec.NumCols() > maxParams {
			return nil, diag.Errorf(diag.Limit, "a statement has at most %d parameters", maxParams)
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
