// Package catalog holds what winnow knows of databases, tables, views and partitions: immutable
// snapshots that are read without locks, and changes that make the next one. It never touches data.
//
// Read Snapshot first, then Source.
package catalog

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
)

// Snapshot is the whole catalog at one moment, partitions aside. It is never changed.
type Snapshot struct {
	Databases map[string]*Database // by lower-case name; "default" is always there
}

// Database is a set of tables.
type Database struct {
	Name     string
	Comment  string
	Location string // where managed tables without LOCATION lie
	Props    map[string]string
	Tables   map[string]*Table // by lower-case name; views too
	Macros   map[string]*Macro
}

// Kind says what sort of table a Table is.
type Kind string

// The kinds of tables. DROP of a Managed table moves its files to the warehouse's trash; of the
// others it touches no file.
const (
	External Kind = "EXTERNAL_TABLE"
	Managed  Kind = "MANAGED_TABLE"
	View     Kind = "VIRTUAL_VIEW"
)

// Table is a table or a view.
type Table struct {
	Database  string
	Name      string
	Kind      Kind
	Temporary bool // lives as long as its connection
	Comment   string
	Columns   []Column // data columns, without partition columns
	Partition []Column // partition columns
	Format    Format
	Location  string            // with scheme, or a plain absolute path; "" for views
	Handler   string            // STORED BY: name of the storage handler, or ""
	Props     map[string]string // TBLPROPERTIES
	Bucketing Bucketing
	View      ViewDef
	Owner     string
	Created   time.Time
}

// Column is a column of a table.
type Column struct {
	Name    string // lower case
	Type    arrow.DataType
	Comment string
}

// Format is how the files of a table are read and written.
type Format struct {
	SerDe        string            // class name, as in Hive
	InputFormat  string            // class name
	OutputFormat string            // class name
	Props        map[string]string // SERDEPROPERTIES, keys in lower case; field.delim and the like among them
}

// Links reports whether the files name, a path a line, the files to read: Hive's SymlinkTextInputFormat.
func (f Format) Links() bool { return strings.HasSuffix(f.InputFormat, ".SymlinkTextInputFormat") }

// Reader is the SerDe that reads the files: that of the input format where it has one.
func (f Format) Reader() string {
	if strings.HasSuffix(f.InputFormat, ".CloudTrailInputFormat") {
		return "com.amazon.emr.hive.serde.CloudTrailSerde"
	}
	return f.SerDe
}

// Bucketing is CLUSTERED BY … SORTED BY … INTO n BUCKETS and SKEWED BY; it is kept for show create table and
// bucket sampling.
type Bucketing struct {
	Columns []string
	Sorted  []string // "col" or "col DESC"
	Buckets int
	Skewed  string // SKEWED BY …, as show create table shows it, or ""
}

// ViewDef is the text of a view and where its names are looked up.
type ViewDef struct {
	Original string // as written
	Text     string // the query that runs; names resolve in Database
	Database string
}

// Macro is an SQL macro, create temporary macro f(x int) x + 1, or a user's function, which is a macro that may be
// kept and whose body may be a call that runs code of another language.
type Macro struct {
	Name      string
	Params    []Column
	Body      string // SQL text of the expression
	Temporary bool   // gone with the connection
}

// IsPartitioned reports whether t has partition columns.
func (t *Table) IsPartitioned() bool { return len(t.Partition) > 0 }

// FullName returns db.name.
func (t *Table) FullName() string { return t.Database + "." + t.Name }

// AllColumns returns the data columns and then the partition columns.
func (t *Table) AllColumns() []Column { return append(slices.Clone(t.Columns), t.Partition...) }

// PathPartitioned reports whether t's partitions are found by listing its LOCATION and not registered: 'winnow.partitions'='path',
// or Athena's 'projection.enabled'='true', which names the same folders without a catalog.
func (t *Table) PathPartitioned() bool {
	return t.IsPartitioned() && (strings.EqualFold(t.Props["winnow.partitions"], "path") || strings.EqualFold(t.Props["projection.enabled"], "true"))
}

// Clone returns a copy of t whose maps and slices are its own, for making a changed Table.
func (t *Table) Clone() *Table {
	c := *t
	c.Columns, c.Partition = slices.Clone(t.Columns), slices.Clone(t.Partition)
	c.Props, c.Format.Props = maps.Clone(t.Props), maps.Clone(t.Format.Props)
	return &c
}

// Table returns the table or view, or nil. Case does not count.
func (s *Snapshot) Table(database, name string) *Table {
	if db := s.Database(database); db != nil {
		return db.Tables[strings.ToLower(name)]
	}
	return nil
}

// Database returns the database called name, or nil. Case does not count.
func (s *Snapshot) Database(name string) *Database { return s.Databases[strings.ToLower(name)] }

// Value is a partition column's value: its text, or NULL (__HIVE_DEFAULT_PARTITION__).
type Value struct {
	Text string
	Null bool
}

// PartitionSpec is one registered partition.
type PartitionSpec struct {
	Values   []Value // in the order of Table.Partition
	Location string  // absolute
}

// Pruner tells which partitions may matter. keys has the first columns of the table's partition
// columns as text (arrow string, NULL for the default partition); one row per candidate. keep[i] false
// drops candidate i and, if not all columns are there yet, everything below it.
type Pruner func(ctx context.Context, keys arrow.Record) (keep []bool, err error)

// Source is where the catalog comes from: winnow's own store, a Hive metastore, or both.
type Source interface {
	// Load returns the newest snapshot; cheap if nothing has changed.
	Load(ctx context.Context) (*Snapshot, error)
	// Partitions returns one row per partition of t: the partition columns as text (NULL for the default
	// partition), then "location". Rows are sorted by name. A Source that must list folders calls prune
	// level by level; one that has the partitions at hand may ignore it. prune may be nil. total is the
	// number of partitions before pruning, or -1 if it is not known. The caller releases rec.
	Partitions(ctx context.Context, t *Table, prune Pruner) (rec arrow.Record, total int, err error)
	// Apply makes the change durable, whole or not at all. Its errors are *diag.Error: EXISTS, UNKNOWN, CONFLICT.
	Apply(ctx context.Context, c Change) error
}
