package arrowipc

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/exec/datatype"
)

// stream is what Arrow's writer makes of a record of rows in JSON.
func stream(t testing.TB, schema *arrow.Schema, rows string, opts ...ipc.Option) []byte {
	t.Helper()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, append(opts, ipc.WithSchema(schema))...)
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// everyKind is a stream with columns of all kinds of types, and its rows.
func everyKind(t testing.TB) []byte {
	nested := arrow.StructOf(arrow.Field{Name: "x", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "0", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "1", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "2", Type: arrow.Null, Nullable: true}, {Name: "3", Type: &arrow.Decimal128Type{Precision: 9, Scale: 2}, Nullable: true},
		{Name: "4", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "5", Type: nested, Nullable: true}, {Name: "6", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "7", Type: arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32), Nullable: true},
	}, nil)
	return stream(t, schema, `[{"0":1,"1":"text","3":"1.25","5":{"x":["a",null]},"6":true,"7":[{"key":"k","value":1}]},{"0":null,"1":null}]`)
}

// messages are the headers and bodies of a stream.
func messages(t testing.TB, b []byte) (out [][2][]byte) {
	t.Helper()
	for {
		size := binary.LittleEndian.Uint32(b[4:])
		if b = b[8:]; size == 0 {
			return out
		}
		body, err := bodyLength(b[:size])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, [2][]byte{b[:size], b[size:][:body]})
		b = b[int64(size)+body:]
	}
}

func TestMessage(t *testing.T) {
	good := messages(t, everyKind(t))
	// check checks one message after the schema of good.
	check := func(header, body []byte) error {
		var k Checker
		if err := k.Message(good[0][0], good[0][1]); err != nil {
			t.Fatal(err)
		}
		return k.Message(header, body)
	}
	header, body := good[1][0], good[1][1]
	if err := check(header, body); err != nil {
		t.Error(err)
	}
	if err := check(header, body[:len(body)-64]); err == nil {
		t.Error("a body that is cut short was taken")
	}
	huge := bytes.Clone(header)
	two := binary.LittleEndian.AppendUint64(nil, 2) // the row count, and the lengths of the nodes
	for at := bytes.Index(huge, two); at >= 0; at = bytes.Index(huge, two) {
		binary.LittleEndian.PutUint64(huge[at:], 1<<40)
	}
	if err := check(huge, body); err == nil {
		t.Error("2^40 rows in a small body were taken")
	}
	if err := new(Checker).Message(header, body); err == nil {
		t.Error("a batch without a schema was taken")
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: "0", Type: arrow.PrimitiveTypes.Int64}}, nil)
	rows := `[{"0":1},{"0":1},{"0":1}]`
	if other := messages(t, stream(t, schema, rows)); check(other[1][0], other[1][1]) == nil {
		t.Error("a batch of another schema was taken")
	}
	packed := messages(t, stream(t, schema, rows, ipc.WithZstd()))
	var k Checker
	if err := k.Message(packed[0][0], packed[0][1]); err != nil {
		t.Fatal(err)
	}
	if err := k.Message(packed[1][0], packed[1][1]); err == nil {
		t.Error("a compressed batch was taken")
	}
}

func TestReadRecord(t *testing.T) {
	good := everyKind(t)
	rec, err := ReadRecord(good)
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(rec); !strings.Contains(got, "text") || rec.NumRows() != 2 {
		t.Errorf("%d rows: %s", rec.NumRows(), got)
	}
	rec.Release()
	for n := range len(good) - 8 { // the end mark may be missing
		if rec, err := ReadRecord(good[:n]); err == nil {
			rec.Release()
			t.Fatalf("the first %d of %d bytes were taken", n, len(good))
		}
	}
	offsets := bytes.Clone(good)
	at := bytes.Index(offsets, []byte("\x00\x00\x00\x00\x04\x00\x00\x00\x04\x00\x00\x00"))
	binary.LittleEndian.PutUint32(offsets[at+4:], 1<<20)
	if rec, err := ReadRecord(offsets); err == nil {
		rec.Release()
		t.Error("a text that ends a mebibyte behind its buffer was taken")
	}
}

// readAll reads every value of rec.
func readAll(rec arrow.Record) string {
	var b strings.Builder
	for _, c := range rec.Columns() {
		for i := range c.Len() {
			if !c.IsNull(i) {
				b.WriteString(datatype.Text(c, i))
			}
		}
	}
	return b.String()
}

// FuzzReadRecord: what is taken can be read to its last value.
func FuzzReadRecord(f *testing.F) {
	good := everyKind(f)
	f.Add(good)
	for at := 0; at < len(good); at += 17 {
		for _, bad := range []byte{0, 0xff} {
			b := bytes.Clone(good)
			b[at] = bad
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := ReadRecord(bytes.Clone(b))
		if err != nil {
			return
		}
		defer rec.Release()
		readAll(rec)
	})
}
