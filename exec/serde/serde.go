// Package serde reads and writes the text formats of Hive tables: where records end (Framing, Reader),
// how a record becomes typed columns (Decoder, ChunkDecoder), and back (Encoder). What a value means is
// Hive's rule, as recorded from real Hive in testdata; differences are said where they are made. It knows
// no files and no operators.
//
// Read Format first, then Columns.
package serde

import (
	"io"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/inflate"
	"github.com/winnowdb/winnow/proto/diag"
)

// Column is a data column of a table: its name in lower case and its type as declared.
type Column struct {
	Name string
	Type arrow.DataType
}

// Spec is what a format needs to know of a table.
type Spec struct {
	Columns  []Column
	Props    map[string]string // table properties and, over them, SerDe properties; the case of keys does not count
	Settings map[string]string // of the session, keys in lower case; a few change what values mean
}

// Need is what the reader wants of each record.
type Need struct {
	// Columns are indexes in Spec.Columns, each at most once; Columns of the decoder has one column for
	// each, in this order.
	Columns []int
	// Where is conditions, on needed columns only, without which a record is no row. All are such that Table.Pushes
	// takes them.
	Where []Predicate
	// Fields tells for each of Columns which fields of a struct are wanted, as paths of names in lower case joined by
	// dots; formats that can skip the others give NULL for them. Of a map it is the keys whose entries are wanted; formats
	// that can leave out the others do. nil, here or for a column: all.
	Fields [][]string
	// Entries tells for each of Columns whether it is a map from string of which the entries of Fields' keys are wanted, and
	// not the map: the decoded column is a struct of them, in the order of Fields, NULL where there is no such entry.
	Entries []bool
}

// Decoder turns records into rows. It is used by one goroutine.
type Decoder interface {
	// Decode adds exactly one row for rec, a record without its end, or none if Need.Where leaves it out. A record that
	// the format cannot read is a row of NULLs, counted in out. The error is of the query, not of the record.
	Decode(rec []byte, out *Columns) error
}

// ChunkDecoder is a Decoder that is faster on many records at once.
type ChunkDecoder interface {
	Decoder
	// DecodeChunk adds the rows of the records of b, which holds whole records with their ends.
	DecodeChunk(b []byte, out *Columns) error
}

// Encoder writes rows.
type Encoder interface {
	// Encode writes each row of rec, whose columns are those of the Spec, as one record with its end.
	Encode(w io.Writer, rec arrow.Record) error
}

// Format is one way of writing rows as text.
type Format struct {
	Name    string   // winnow's short name
	Classes []string // Hive's class names
	// check finds faults of the format's own properties; may be nil.
	check func(s *spec) error
	// types gives the columns' effective types; nil: as declared.
	types   func(s *spec) []arrow.DataType
	decoder func(s *spec, need Need) (Decoder, error)
	encoder func(s *spec) (Encoder, error) // nil: the format cannot be written
	framing func(s *spec) (Framing, error) // nil: lines
	// unwrap makes lines of the text of a whole file, whose path is for errors; nil: they are lines.
	unwrap func(path string, text io.Reader) io.Reader
	where  bool // decoders take Need.Where
	fields bool // decoders take Need.Fields
}

// spec is a checked Spec.
type spec struct {
	Spec
	props props
	types []arrow.DataType // effective
}

func (f *Format) spec(in Spec) (*spec, error) {
	s := &spec{Spec: in, props: newProps(in.Props)}
	for _, c := range in.Columns {
		s.types = append(s.types, c.Type)
	}
	if f.types != nil {
		s.types = f.types(s)
	}
	if _, err := s.framing(f); err != nil {
		return nil, err
	}
	if _, err := s.charset(); err != nil {
		return nil, err
	}
	for _, key := range []string{headerKey, footerKey} {
		if _, err := s.props.count(key, maxSkip); err != nil {
			return nil, err
		}
	}
	if f.check != nil {
		return s, f.check(s)
	}
	return s, nil
}

func (s *spec) framing(f *Format) (Framing, error) {
	if f.framing != nil {
		return f.framing(s)
	}
	return lineFraming(s.props)
}

// Check finds faults of a table's properties when it is made: an error of kind CONFIG, TYPE or
// UNSUPPORTED that names the property or the column.
func (f *Format) Check(s Spec) error {
	_, err := f.spec(s)
	return err
}

// Warnings returns what is odd but allowed in a table's properties, such as a delimiter of which only the
// first character counts.
func (f *Format) Warnings(s Spec) []string {
	return newProps(s.Props).warnings(f)
}

// ColumnTypes returns the types that the columns really have: OpenCSVSerde, for one, reads every
// column as string whatever the table says.
func (f *Format) ColumnTypes(in Spec) []arrow.DataType {
	s := &spec{Spec: in, props: newProps(in.Props)}
	for _, c := range in.Columns {
		s.types = append(s.types, c.Type)
	}
	if f.types != nil {
		return f.types(s)
	}
	return s.types
}

// Table is a format together with one table's columns and properties: what reading its files needs.
type Table struct {
	Format  *Format
	Types   []arrow.DataType // effective types of the Spec's columns
	Framing Framing
	Header  int // records to skip at the start of each file
	Footer  int // and at its end
	MaxLine int // bytes of the longest record; longer ones are rows of NULLs
	Charset Charset
	spec    *spec
	gunzip  *inflate.Reader // of a file that has been closed, for the next one
	head    []byte          // the start of the file opened last
}

// Open checks s and returns what is needed to read or write the table.
func (f *Format) Open(in Spec) (*Table, error) {
	s, err := f.spec(in)
	if err != nil {
		return nil, err
	}
	t := &Table{Format: f, Types: s.types, spec: s}
	if t.Framing, err = s.framing(f); err != nil {
		return nil, err
	}
	t.Charset, _ = s.charset()
	t.Header, _ = s.props.count(headerKey, maxSkip)
	t.Footer, _ = s.props.count(footerKey, maxSkip)
	t.MaxLine = defaultMaxLine
	if s.props.has(maxLineKey) {
		if t.MaxLine, err = s.props.count(maxLineKey, 1<<30); err != nil {
			return nil, err
		}
		t.MaxLine = max(1, t.MaxLine)
	}
	return t, nil
}

// NewColumns returns empty columns for what need names.
func (t *Table) NewColumns(need Need) *Columns {
	types := make([]arrow.DataType, len(need.Columns))
	for i, c := range need.Columns {
		types[i] = t.Types[c]
	}
	c := NewColumns(types)
	c.noNulls = !nullPasses(need.Where)
	for i, col := range c.cols {
		if i < len(need.Entries) && need.Entries[i] {
			c.cols[i] = newEntries(types[i].(*arrow.MapType), need.wantedFields(i), col.mem)
		} else if col.kind == kindMap {
			col.keys = need.wantedFields(i)
		} else if t.Format.fields {
			col.keepFields(need.wantedFields(i))
		}
	}
	return c
}

// NewDecoder returns a decoder of records; it is a ChunkDecoder where the format has one and the
// properties allow it.
func (t *Table) NewDecoder(need Need) (Decoder, error) {
	if len(need.Columns) == 0 {
		return rowCounter{t.Framing}, nil
	}
	d, err := t.Format.decoder(t.spec, need)
	if err != nil || t.Charset.isUTF8() || t.Charset.wide() {
		return d, err
	}
	return &recoder{charset: t.Charset, next: d}, nil
}

// NewEncoder returns an encoder, or an error of kind UNSUPPORTED if the format is only read.
func (t *Table) NewEncoder() (Encoder, error) {
	if t.Format.encoder == nil {
		return nil, diag.Errorf(diag.Unsupported, "tables of format %s are read-only", t.Format.Name).
			WithHint("written are %s", strings.Join(writable(), ", "))
	}
	for i, c := range t.spec.Columns {
		if datatype.HasUnion(t.spec.types[i]) {
			return nil, diag.Errorf(diag.Unsupported, "column %q of type %s is read-only", c.Name, datatype.Name(t.spec.types[i])).
				WithHint("write extract_union(x), a struct")
		}
	}
	return t.Format.encoder(t.spec)
}

// rowCounter is the decoder of no columns: count(*) looks at line ends only.
type rowCounter struct{ framing Framing }

func (r rowCounter) Decode(_ []byte, out *Columns) error {
	out.AddRows(1)
	return nil
}

func (r rowCounter) DecodeChunk(b []byte, out *Columns) error {
	out.AddRows(r.framing.Count(b))
	return nil
}
