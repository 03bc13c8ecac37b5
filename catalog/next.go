package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// DefaultDatabase is the database that is always there.
const DefaultDatabase = "default"

// Empty returns a snapshot with the default database at location.
func Empty(location string) *Snapshot {
	return &Snapshot{Databases: map[string]*Database{
		DefaultDatabase: {Name: DefaultDatabase, Comment: "Default Hive database", Location: location},
	}}
}

// Next returns the snapshot after c; s itself does not change. Partitions are not in snapshots: of the
// changes that concern them only the table's name is checked. A change that has nothing to do
// (IF EXISTS, IF NOT EXISTS) gives s back.
func Next(s *Snapshot, c Change) (*Snapshot, error) {
	switch c := c.(type) {
	case CreateDatabase:
		if s.Database(c.Database.Name) != nil {
			if c.IfNotExists {
				return s, nil
			}
			return nil, diag.Errorf(diag.Exists, "database %q exists", c.Database.Name).WithHint("add IF NOT EXISTS to keep it as it is")
		}
		return s.withDatabase(c.Database), nil
	case DropDatabase:
		return s.dropDatabase(c)
	case AlterDatabase:
		old := s.Database(c.Database.Name)
		if old == nil {
			return nil, s.NoDatabase(c.Database.Name)
		}
		db := *old
		db.Comment, db.Location, db.Props = c.Database.Comment, c.Database.Location, c.Database.Props
		return s.withDatabase(&db), nil
	case CreateTable:
		return s.createTable(c)
	case DropTable:
		if s.Table(c.Database, c.Name) == nil {
			if c.IfExists {
				return s, nil
			}
			return nil, s.NoTable(c.Database, c.Name)
		}
		return s.withTable(c.Database, c.Name, nil), nil
	case ReplaceTable:
		return s.replaceTable(c)
	case AddPartitions:
		return s, s.check(c.Database, c.Name)
	case DropPartitions:
		return s, s.check(c.Database, c.Name)
	case ReplacePartition:
		return s, s.check(c.Database, c.Name)
	case SetMacro:
		return s.withMacro(c.Database, strings.ToLower(c.Macro.Name), c.Macro)
	case DropMacro:
		return s.dropMacro(c)
	}
	return nil, diag.Errorf(diag.Internal, "unknown change %T", c)
}

func (s *Snapshot) check(database, name string) error {
	if s.Table(database, name) == nil {
		return s.NoTable(database, name)
	}
	return nil
}

// NoDatabase is the UNKNOWN error for a database that is not there, with the nearest names.
func (s *Snapshot) NoDatabase(name string) *diag.Error {
	err := diag.Errorf(diag.Unknown, "no database %q", name)
	err.Hint = diag.DidYouMean(name, slices.Collect(maps.Keys(s.Databases)))
	return err
}

// NoTable is the UNKNOWN error for a table that is not there, with the nearest names.
func (s *Snapshot) NoTable(database, name string) *diag.Error {
	db := s.Database(database)
	if db == nil {
		return s.NoDatabase(database)
	}
	err := diag.Errorf(diag.Unknown, "no table %q in database %q", name, database)
	if err.Hint = diag.DidYouMean(name, slices.Collect(maps.Keys(db.Tables))); err.Hint == "" {
		err.Hint = "SHOW TABLES IN " + database + " lists those that there are"
	}
	return err
}

func (s *Snapshot) withDatabase(db *Database) *Snapshot {
	out := &Snapshot{Databases: maps.Clone(s.Databases)}
	out.Databases[strings.ToLower(db.Name)] = db
	return out
}

// withTable puts t in the place of database.name; nil removes it.
func (s *Snapshot) withTable(database, name string, t *Table) *Snapshot {
	db := *s.Database(database)
	db.Tables = maps.Clone(db.Tables)
	if db.Tables == nil {
		db.Tables = map[string]*Table{}
	}
	delete(db.Tables, strings.ToLower(name))
	if t != nil {
		db.Tables[strings.ToLower(t.Name)] = t
	}
	return s.withDatabase(&db)
}

func (s *Snapshot) withMacro(database, name string, m *Macro) (*Snapshot, error) {
	old := s.Database(database)
	if old == nil {
		return nil, s.NoDatabase(database)
	}
	db := *old
	db.Macros = maps.Clone(db.Macros)
	if db.Macros == nil {
		db.Macros = map[string]*Macro{}
	}
	delete(db.Macros, name)
	if m != nil {
		db.Macros[name] = m
	}
	return s.withDatabase(&db), nil
}

func (s *Snapshot) dropMacro(c DropMacro) (*Snapshot, error) {
	name := strings.ToLower(c.Name)
	db := s.Database(c.Database)
	if db == nil || db.Macros[name] == nil {
		if c.IfExists {
			return s, nil
		}
		return nil, diag.Errorf(diag.Unknown, "no macro or function %q", c.Name)
	}
	return s.withMacro(c.Database, name, nil)
}

func (s *Snapshot) dropDatabase(c DropDatabase) (*Snapshot, error) {
	db := s.Database(c.Name)
	switch {
	case db == nil && c.IfExists:
		return s, nil
	case db == nil:
		return nil, s.NoDatabase(c.Name)
	case db.Name == DefaultDatabase:
		return nil, diag.Errorf(diag.Denied, "the default database cannot be dropped")
	case len(db.Tables) > 0 && !c.Cascade:
		return nil, diag.Errorf(diag.Conflict, "database %q has %d tables", c.Name, len(db.Tables)).
			WithHint("drop them first, or add CASCADE")
	}
	out := &Snapshot{Databases: maps.Clone(s.Databases)}
	delete(out.Databases, strings.ToLower(c.Name))
	return out, nil
}

func (s *Snapshot) createTable(c CreateTable) (*Snapshot, error) {
	t := c.Table
	if s.Database(t.Database) == nil {
		return nil, s.NoDatabase(t.Database)
	}
	old := s.Table(t.Database, t.Name)
	switch {
	case old == nil:
	case c.Replace && old.Kind == View && t.Kind == View:
	case c.IfNotExists:
		return s, nil
	default:
		what := "table"
		if old.Kind == View {
			what = "view"
		}
		return nil, diag.Errorf(diag.Exists, "%s %s exists", what, t.FullName()).WithHint("choose another name, or add IF NOT EXISTS to keep it as it is")
	}
	return s.withTable(t.Database, t.Name, t), nil
}

func (s *Snapshot) replaceTable(c ReplaceTable) (*Snapshot, error) {
	old, t := c.Old, c.New
	now := s.Table(old.Database, old.Name)
	if now == nil {
		return nil, s.NoTable(old.Database, old.Name)
	}
	if !now.same(old) {
		return nil, diag.Errorf(diag.Conflict, "table %s was changed by another statement", old.FullName()).WithHint("run the statement again")
	}
	if s.Database(t.Database) == nil {
		return nil, s.NoDatabase(t.Database)
	}
	if t.FullName() != old.FullName() && s.Table(t.Database, t.Name) != nil {
		return nil, diag.Errorf(diag.Exists, "table %s exists", t.FullName()).WithHint("choose another name")
	}
	return s.withTable(old.Database, old.Name, nil).withTable(t.Database, t.Name, t), nil
}

// same compares what identifies a version of a table; pointers differ between processes.
func (t *Table) same(u *Table) bool {
	return t == u || t.Created.Equal(u.Created) && t.Location == u.Location && maps.Equal(t.Props, u.Props) &&
		maps.Equal(t.Format.Props, u.Format.Props) && len(t.Columns) == len(u.Columns)
}
