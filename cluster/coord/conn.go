package coord

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
)

// Conn is a client's connection: current database, settings, variables, temporary tables and macros,
// prepared statements. One statement of a connection runs at a time; front ends see to it.
type Conn struct {
	coord *Coordinator
	user  string

	mu       sync.Mutex
	database string
	zone     *time.Location
	settings map[string]string // SET k=v; keys in lower case
	vars     map[string]string // hivevar
	source   *catalog.Layered
	prepared map[string]ast.Statement
	added    map[string][]string // ADD FILE, JAR, ARCHIVE: the paths by kind
}

// Connect opens a connection for user in the default database.
func (c *Coordinator) Connect(user string) *Conn {
	return &Conn{
		coord: c, user: user, database: catalog.DefaultDatabase, zone: c.cfg.Zone,
		settings: map[string]string{}, vars: map[string]string{},
		source: catalog.NewLayered(c.source), prepared: map[string]ast.Statement{}, added: map[string][]string{},
	}
}

// Database returns the current database.
func (n *Conn) Database() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.database
}

// Zone returns the session's time zone.
func (n *Conn) Zone() *time.Location {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.zone
}

// SetVar sets a variable for ${name} and ${hivevar:name}.
func (n *Conn) SetVar(name, value string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.vars[name] = value
}

// Snapshot returns the catalog as this connection sees it, temporary tables included.
func (n *Conn) Snapshot(ctx context.Context) (*catalog.Snapshot, error) { return n.source.Load(ctx) }

// Source returns the catalog with this connection's temporary layer.
func (n *Conn) Source() catalog.Source { return n.source }

// session is what a statement that begins now carries.
func (n *Conn) session() *funcs.Session {
	n.mu.Lock()
	defer n.mu.Unlock()
	return &funcs.Session{
		Now: n.coord.cfg.Machine.Now().In(n.zone), Zone: n.zone, User: n.user, Database: n.database,
		Settings: maps.Clone(n.settings),
	}
}

// setting returns the value of key (lower case), or def.
func (n *Conn) setting(key, def string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if v, ok := n.settings[strings.ToLower(key)]; ok {
		return v
	}
	return def
}

// Close drops what the connection holds: its temporary tables go to the trash.
func (n *Conn) Close(ctx context.Context) error { return n.dropTemporary(ctx) }
