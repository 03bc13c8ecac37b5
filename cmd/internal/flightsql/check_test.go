package flightsql

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/protobuf/proto"
)

// capture keeps what Arrow's writer sends.
type capture struct{ sent []*flight.FlightData }

func (c *capture) Send(d *flight.FlightData) error {
	c.sent = append(c.sent, proto.Clone(d).(*flight.FlightData))
	return nil
}

// messages are what Arrow's writer makes of rec: its schema and its rows.
func messages(t testing.TB, rec arrow.Record, opts ...ipc.Option) []*flight.FlightData {
	t.Helper()
	c := &capture{}
	w := flight.NewRecordWriter(c, append(opts, ipc.WithSchema(rec.Schema()))...)
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return c.sent
}

// seeds are messages of all kinds of parameters.
func seeds(t testing.TB) []*flight.FlightData {
	nested := arrow.StructOf(arrow.Field{Name: "x", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "0", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "1", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "2", Type: arrow.Null, Nullable: true}, {Name: "3", Type: &arrow.Decimal128Type{Precision: 9, Scale: 2}, Nullable: true},
		{Name: "4", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "5", Type: nested, Nullable: true}, {Name: "6", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	}, nil)
	return messages(t, record(t, schema, `[{"0":1,"1":"text","3":"1.25","5":{"x":["a",null]},"6":true},{"0":null,"1":null}]`))
}

func TestCheckMessage(t *testing.T) {
	good := seeds(t)
	for i, m := range good {
		if err := checkMessage(m.DataHeader, m.DataBody); err != nil {
			t.Errorf("message %d: %v", i, err)
		}
	}
	rows := good[1]
	if err := checkMessage(rows.DataHeader, rows.DataBody[:len(rows.DataBody)-64]); err == nil {
		t.Error("a body that is cut short was taken")
	}
	huge := bytes.Clone(rows.DataHeader)
	two := binary.LittleEndian.AppendUint64(nil, 2) // the row count, and the lengths of the nodes
	for at := bytes.Index(huge, two); at >= 0; at = bytes.Index(huge, two) {
		binary.LittleEndian.PutUint64(huge[at:], 1<<40)
	}
	if err := checkMessage(huge, rows.DataBody); err == nil {
		t.Error("2^40 rows in a small body were taken")
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "0", Type: arrow.PrimitiveTypes.Int64}}, nil)
	packed := messages(t, record(t, schema, `[{"0":1},{"0":1},{"0":1}]`), ipc.WithZstd())
	if err := checkMessage(packed[1].DataHeader, packed[1].DataBody); err == nil {
		t.Error("a compressed batch was taken")
	}
}

// FuzzCheckMessage: what passes makes Arrow's reader neither panic beyond what readParams catches nor
// reach outside the message.
func FuzzCheckMessage(f *testing.F) {
	good := seeds(f)
	for _, m := range good {
		f.Add(m.DataHeader, m.DataBody)
		for at := 0; at < len(m.DataHeader); at += 7 {
			for _, bad := range []byte{0, 0xff, 0x80} {
				b := bytes.Clone(m.DataHeader)
				b[at] = bad
				f.Add(b, m.DataBody)
			}
		}
	}
	f.Fuzz(func(t *testing.T, header, body []byte) {
		if checkMessage(header, body) != nil || len(header) == 0 {
			return
		}
		b := bytes.Clone(body)
		stream := &replay{messages: []*flight.FlightData{good[0], {DataHeader: header, DataBody: b[:len(b):len(b)]}}}
		readAll(stream)
	})
}

// replay gives messages as a client's stream would.
type replay struct{ messages []*flight.FlightData }

func (r *replay) Recv() (*flight.FlightData, error) {
	if len(r.messages) == 0 {
		return nil, io.EOF
	}
	m := r.messages[0]
	r.messages = r.messages[1:]
	return m, nil
}

// readAll reads a stream as DoPut does.
func readAll(stream *replay) {
	r, err := flight.NewRecordReader(stream, ipc.WithDelayReadSchema(true))
	if err != nil {
		return
	}
	defer r.Release()
	readParams(r, 7)
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
