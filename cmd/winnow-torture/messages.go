package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	commands "github.com/apache/arrow/go/v15/arrow/flight/gen/flight"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// tap keeps the messages that workers and coordinator get, until they are taken.
type tap struct {
	mu   sync.Mutex
	good map[string][]proto.Message // by method; nil: taken
}

func (t *tap) take() map[string][]proto.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	good := t.good
	t.good = nil
	return good
}

func (t *tap) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(srv, &tapped{ss, t, info.FullMethod})
}

type tapped struct {
	grpc.ServerStream
	t      *tap
	method string
}

func (s *tapped) RecvMsg(m any) error {
	err := s.ServerStream.RecvMsg(m)
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if pm, ok := m.(proto.Message); ok && err == nil && s.t.good != nil {
		s.t.good[s.method] = append(s.t.good[s.method], proto.Clone(pm))
	}
	return err
}

// flightMessages are messages that a client of Flight SQL sends, by method; those of DoPut, schema and rows in
// turn, are of parameters of a statement that has been prepared on c.
func flightMessages(c *grpc.ClientConn) (map[string][]proto.Message, error) {
	query := &commands.CommandStatementQuery{Query: "select 1 as one"}
	statement, err := command(query)
	if err != nil {
		return nil, err
	}
	tables, err := command(&commands.CommandGetTables{DbSchemaFilterPattern: proto.String("%"), IncludeSchema: true})
	if err != nil {
		return nil, err
	}
	prepare, err := command(&commands.ActionCreatePreparedStatementRequest{Query: "select id from t where k = ?"})
	if err != nil {
		return nil, err
	}
	action := &flight.Action{Type: flightsql.CreatePreparedStatementActionType, Body: prepare}
	handle, err := prepared(c, action)
	if err != nil {
		return nil, err
	}
	bind, err := command(&commands.CommandPreparedStatementQuery{PreparedStatementHandle: handle})
	if err != nil {
		return nil, err
	}
	info := &flight.FlightDescriptor{Type: flight.DescriptorCMD, Cmd: statement}
	good := map[string][]proto.Message{
		"GetFlightInfo": {info}, "GetSchema": {info}, "DoGet": {&flight.Ticket{Ticket: tables}}, "DoAction": {action},
	}
	for _, p := range []struct {
		kind arrow.DataType
		json string
	}{
		{arrow.PrimitiveTypes.Int64, "1"}, {arrow.BinaryTypes.String, `"text"`}, {arrow.FixedWidthTypes.Boolean, "true"},
		{&arrow.Decimal128Type{Precision: 9, Scale: 2}, `"1.25"`}, {arrow.ListOf(arrow.BinaryTypes.String), `["a",null]`},
		{arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Float64, Nullable: true}), `{"x":1.5}`},
	} {
		messages, err := parameters(p.kind, p.json, &flight.FlightDescriptor{Type: flight.DescriptorCMD, Cmd: bind})
		if err != nil {
			return nil, err
		}
		good["DoPut"] = append(good["DoPut"], messages...)
	}
	return good, nil
}

// command is a command of Flight SQL as descriptors, tickets and actions carry it.
func command(m proto.Message) ([]byte, error) {
	a, err := anypb.New(m)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(a)
}

// prepared is the handle of the statement that action prepares.
func prepared(c *grpc.ClientConn, action *flight.Action) ([]byte, error) {
	s, err := flight.NewFlightServiceClient(c).DoAction(context.Background(), action)
	if err != nil {
		return nil, err
	}
	answer, err := s.Recv()
	if err != nil {
		return nil, err
	}
	var wrapped anypb.Any
	var result commands.ActionCreatePreparedStatementResult
	if err := errors.Join(proto.Unmarshal(answer.Body, &wrapped), wrapped.UnmarshalTo(&result)); err != nil {
		return nil, err
	}
	return result.PreparedStatementHandle, nil
}

// parameters are the two messages, schema and rows, of a value of a type, given as JSON, a NULL, and the value again.
func parameters(t arrow.DataType, json string, to *flight.FlightDescriptor) ([]proto.Message, error) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "0", Type: t, Nullable: true}}, nil)
	rows := fmt.Sprintf(`[{"0":%s},{"0":null},{"0":%s}]`, json, json)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		return nil, err
	}
	defer rec.Release()
	var out sent
	w := flight.NewRecordWriter(&out, ipc.WithSchema(schema))
	w.SetFlightDescriptor(to)
	if err = errors.Join(w.Write(rec), w.Close()); err == nil && len(out) != 2 {
		err = fmt.Errorf("the writer of Arrow has sent %d messages", len(out))
	}
	return out, err
}

// sent keeps what a writer sends.
type sent []proto.Message

func (s *sent) Send(d *flight.FlightData) error {
	*s = append(*s, proto.Clone(d))
	return nil
}

// gossipMessages are messages of memberlist, as its nodes send them: a kind, then a map in MessagePack.
func gossipMessages(node, address string) [][]byte {
	return [][]byte{
		packed(0, "SeqNo", 1, "Node", node),                                             // ping
		packed(1, "SeqNo", 2, "Target", address, "Port", 7946, "Node", node, "Nack", 1), // indirect ping
		packed(2, "SeqNo", 3, "Payload", ""),                                            // ack
		packed(3, "Incarnation", 1, "Node", node, "From", "b"),                          // suspect
		packed(4, "Incarnation", 1, "Node", "b", "Addr", "\x7f\x00\x00\x01", "Port", 1, "Meta", "{}", "Vsn", "\x01\x05\x02\x02\x05\x04"), // alive
		packed(5, "Incarnation", 1, "Node", node, "From", "b"),                                                                           // dead
		append(packed(6, "Nodes", 1, "UserStateLen", 0, "Join", 1), packed(0, "Name", "b", "Addr", "\x7f\x00\x00\x01", "Port", 1,
			"Meta", "{}", "Incarnation", 1, "State", 0, "Vsn", "\x01\x05\x02\x02\x05\x04")[1:]...), // push and pull
		append([]byte{7, 2, 0, 30, 0, 30}, bytes.Repeat(packed(0, "SeqNo", 1, "Node", node), 4)...), // compound
		packed(8, "UserMsgLen", 4), // user
		packed(9, "Algo", 0, "Buf", "\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01"), // compressed
	}
}

// packed is a message of memberlist: names and values, which are small numbers or texts, in turn.
func packed(kind byte, fields ...any) []byte {
	b := []byte{kind, 0x80 | byte(len(fields)/2)}
	for _, f := range fields {
		switch f := f.(type) {
		case int:
			b = append(b, 0xcd, byte(f>>8), byte(f))
		case string:
			b = append(append(b, 0xd9, byte(len(f))), f...)
		}
	}
	return b
}
