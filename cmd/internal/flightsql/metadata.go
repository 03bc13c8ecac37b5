package flightsql

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/cluster/wire"
)

// catalogName is the one catalog that clients see.
const catalogName = "winnow"

// registerInfo fills the values that clients ask for when they connect.
func (s *server) registerInfo(version string) {
	values := map[flightsql.SqlInfo]any{
		flightsql.SqlInfoFlightSqlServerName:         "winnow",
		flightsql.SqlInfoFlightSqlServerVersion:      version,
		flightsql.SqlInfoFlightSqlServerArrowVersion: arrow.PkgVersion,
		flightsql.SqlInfoFlightSqlServerReadOnly:     false,
		flightsql.SqlInfoFlightSqlServerTransaction:  int32(flightsql.SqlTransactionNone),
		flightsql.SqlInfoFlightSqlServerCancel:       false,
		flightsql.SqlInfoDDLCatalog:                  false,
		flightsql.SqlInfoDDLSchema:                   true,
		flightsql.SqlInfoDDLTable:                    true,
		flightsql.SqlInfoIdentifierCase:              int64(2), // lower case
		flightsql.SqlInfoIdentifierQuoteChar:         "`",
		flightsql.SqlInfoQuotedIdentifierCase:        int64(2),
		flightsql.SqlInfoAllTablesAreASelectable:     true,
		flightsql.SqlInfoNullOrdering:                int64(0),
		flightsql.SqlInfoKeywords:                    []string{},
		flightsql.SqlInfoNumericFunctions:            []string{},
		flightsql.SqlInfoStringFunctions:             []string{},
		flightsql.SqlInfoSystemFunctions:             []string{},
		flightsql.SqlInfoDateTimeFunctions:           []string{},
	}
	for id, v := range values {
		s.RegisterSqlInfo(id, v) // fails only for types that are not in the list above
	}
}

// describe announces one of the metadata commands.
func describe(desc *flight.FlightDescriptor, schema *arrow.Schema) (*flight.FlightInfo, error) {
	return info(desc, schema, desc.Cmd), nil
}

// one sends a single batch.
func one(b *array.RecordBuilder) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	defer b.Release()
	out := make(chan flight.StreamChunk, 1)
	out <- flight.StreamChunk{Data: b.NewRecord()}
	close(out)
	return b.Schema(), out, nil
}

func add(b *array.RecordBuilder, cells ...string) {
	for i, c := range cells {
		b.Field(i).(*array.StringBuilder).Append(c)
	}
}

// GetFlightInfoCatalogs announces the catalogs.
func (s *server) GetFlightInfoCatalogs(_ context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.Catalogs)
}

// DoGetCatalogs lists the one catalog.
func (s *server) DoGetCatalogs(context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.Catalogs)
	add(b, catalogName)
	return one(b)
}

// GetFlightInfoSchemas announces the databases.
func (s *server) GetFlightInfoSchemas(_ context.Context, _ flightsql.GetDBSchemas, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.DBSchemas)
}

// DoGetDBSchemas lists the databases.
func (s *server) DoGetDBSchemas(ctx context.Context, cmd flightsql.GetDBSchemas) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	snap, err := s.session(ctx).conn.Snapshot(ctx)
	if err != nil {
		return nil, nil, wire.Status(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.DBSchemas)
	for _, name := range slices.Sorted(maps.Keys(snap.Databases)) {
		if inCatalog(cmd.GetCatalog()) && matches(cmd.GetDBSchemaFilterPattern(), name) {
			add(b, catalogName, name)
		}
	}
	return one(b)
}

// GetFlightInfoTables announces the tables.
func (s *server) GetFlightInfoTables(_ context.Context, cmd flightsql.GetTables, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	if cmd.GetIncludeSchema() {
		return describe(desc, schema_ref.TablesWithIncludedSchema)
	}
	return describe(desc, schema_ref.Tables)
}

// DoGetTables lists tables and views, with their columns if asked.
func (s *server) DoGetTables(ctx context.Context, cmd flightsql.GetTables) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	snap, err := s.session(ctx).conn.Snapshot(ctx)
	if err != nil {
		return nil, nil, wire.Status(err)
	}
	schema := schema_ref.Tables
	if cmd.GetIncludeSchema() {
		schema = schema_ref.TablesWithIncludedSchema
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for _, db := range slices.Sorted(maps.Keys(snap.Databases)) {
		if !inCatalog(cmd.GetCatalog()) || !matches(cmd.GetDBSchemaFilterPattern(), db) {
			continue
		}
		tables := snap.Databases[db].Tables
		for _, name := range slices.Sorted(maps.Keys(tables)) {
			t := tables[name]
			kind := tableType(t)
			if !matches(cmd.GetTableNameFilterPattern(), name) || len(cmd.GetTableTypes()) > 0 && !slices.Contains(cmd.GetTableTypes(), kind) {
				continue
			}
			add(b, catalogName, db, name, kind)
			if cmd.GetIncludeSchema() {
				b.Field(4).(*array.BinaryBuilder).Append(flight.SerializeSchema(tableSchema(t), memory.DefaultAllocator))
			}
		}
	}
	return one(b)
}

// tableSchema is a table's columns with the metadata that JDBC reads.
func tableSchema(t *catalog.Table) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range t.AllColumns() {
		fields = append(fields, arrow.Field{Name: c.Name, Type: c.Type, Nullable: true})
	}
	return clientSchema(arrow.NewSchema(fields, nil), false)
}

func tableType(t *catalog.Table) string {
	if t.Kind == catalog.View {
		return "VIEW"
	}
	return "TABLE"
}

// GetFlightInfoTableTypes announces the kinds of tables.
func (s *server) GetFlightInfoTableTypes(_ context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.TableTypes)
}

// DoGetTableTypes lists the kinds of tables.
func (s *server) DoGetTableTypes(context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.TableTypes)
	add(b, "TABLE")
	add(b, "VIEW")
	return one(b)
}

// Text tables have no keys: these lists are empty.

// GetFlightInfoPrimaryKeys announces no keys.
func (s *server) GetFlightInfoPrimaryKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.PrimaryKeys)
}

// DoGetPrimaryKeys lists no keys.
func (s *server) DoGetPrimaryKeys(context.Context, flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.PrimaryKeys))
}

// GetFlightInfoImportedKeys announces no keys.
func (s *server) GetFlightInfoImportedKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.ImportedKeys)
}

// DoGetImportedKeys lists no keys.
func (s *server) DoGetImportedKeys(context.Context, flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.ImportedKeys))
}

// GetFlightInfoExportedKeys announces no keys.
func (s *server) GetFlightInfoExportedKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.ExportedKeys)
}

// DoGetExportedKeys lists no keys.
func (s *server) DoGetExportedKeys(context.Context, flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.ExportedKeys))
}

// GetFlightInfoCrossReference announces no keys.
func (s *server) GetFlightInfoCrossReference(_ context.Context, _ flightsql.CrossTableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return describe(desc, schema_ref.CrossReference)
}

// DoGetCrossReference lists no keys.
func (s *server) DoGetCrossReference(context.Context, flightsql.CrossTableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(array.NewRecordBuilder(memory.DefaultAllocator, schema_ref.CrossReference))
}

func inCatalog(c *string) bool { return c == nil || *c == "" || *c == catalogName }

// matches tells whether name fits an SQL pattern of % and _; nil and "" fit all.
func matches(pattern *string, name string) bool {
	return pattern == nil || *pattern == "" || like(strings.ToLower(*pattern), name)
}

func like(p, s string) bool {
	for p != "" {
		switch p[0] {
		case '%':
			for i := range len(s) + 1 {
				if like(p[1:], s[i:]) {
					return true
				}
			}
			return false
		case '\\':
			if len(p) > 1 {
				p = p[1:]
			}
		case '_':
			if s == "" {
				return false
			}
			p, s = p[1:], s[1:]
			continue
		}
		if s == "" || s[0] != p[0] {
			return false
		}
		p, s = p[1:], s[1:]
	}
	return s == ""
}
