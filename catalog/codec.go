package catalog

import (
	"encoding/json"
	"time"

	"github.com/winnowdb/winnow/exec/datatype"
)

// storedTable is the stored form of Table: types by their Hive names.
type storedTable struct {
	Database, Name string
	Kind           Kind
	Comment        string `json:",omitempty"`
	Columns        []storedColumn
	Partition      []storedColumn `json:",omitempty"`
	Format         Format
	Location       string            `json:",omitempty"`
	Handler        string            `json:",omitempty"`
	Props          map[string]string `json:",omitempty"`
	Bucketing      Bucketing
	View           ViewDef
	Owner          string `json:",omitempty"`
	Created        time.Time
}

type storedColumn struct {
	Name, Type string
	Comment    string `json:",omitempty"`
}

// EncodeTable returns the stored form of t, JSON.
func EncodeTable(t *Table) ([]byte, error) {
	return json.Marshal(&storedTable{
		Database: t.Database, Name: t.Name, Kind: t.Kind, Comment: t.Comment,
		Columns: encodeColumns(t.Columns), Partition: encodeColumns(t.Partition),
		Format: t.Format, Location: t.Location, Handler: t.Handler, Props: t.Props,
		Bucketing: t.Bucketing, View: t.View, Owner: t.Owner, Created: t.Created,
	})
}

// storedMacro is the stored form of Macro.
type storedMacro struct {
	Name   string
	Params []storedColumn
	Body   string
}

// MarshalJSON writes the stored form of m. Temporary ones are not stored.
func (m *Macro) MarshalJSON() ([]byte, error) {
	return json.Marshal(storedMacro{m.Name, encodeColumns(m.Params), m.Body})
}

// UnmarshalJSON reads the stored form.
func (m *Macro) UnmarshalJSON(b []byte) error {
	var s storedMacro
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	params, err := decodeColumns(s.Params)
	*m = Macro{Name: s.Name, Params: params, Body: s.Body}
	return err
}

func encodeColumns(cols []Column) []storedColumn {
	out := make([]storedColumn, len(cols))
	for i, c := range cols {
		out[i] = storedColumn{c.Name, datatype.Name(c.Type), c.Comment}
	}
	return out
}

// DecodeTable is the inverse of EncodeTable.
func DecodeTable(b []byte) (*Table, error) {
	var s storedTable
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, err
	}
	t := &Table{
		Database: s.Database, Name: s.Name, Kind: s.Kind, Comment: s.Comment,
		Format: s.Format, Location: s.Location, Handler: s.Handler, Props: s.Props,
		Bucketing: s.Bucketing, View: s.View, Owner: s.Owner, Created: s.Created,
	}
	var err error
	if t.Columns, err = decodeColumns(s.Columns); err != nil {
		return nil, err
	}
	t.Partition, err = decodeColumns(s.Partition)
	return t, err
}

func decodeColumns(cols []storedColumn) ([]Column, error) {
	var out []Column
	for _, c := range cols {
		typ, err := datatype.Parse(c.Type)
		if err != nil {
			return nil, err
		}
		out = append(out, Column{Name: c.Name, Type: typ, Comment: c.Comment})
	}
	return out, nil
}
