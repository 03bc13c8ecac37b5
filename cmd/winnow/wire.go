package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"time"
	_ "time/tzdata" // a static binary knows all time zones

	"github.com/spf13/pflag"

	"github.com/winnowdb/winnow/catalog/store"
	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/gsheets"
	"github.com/winnowdb/winnow/connectors/hdfs"
	"github.com/winnowdb/winnow/connectors/local"
	"github.com/winnowdb/winnow/connectors/s3"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/connectors/xlsx"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// connectorSet is every store and handler that winnow has.
func connectorSet(m *sys.Machine) *connectors.Set {
	files := local.New(m)
	objects := s3.New(s3.Config{}, m)
	sheets := gsheets.New(gsheets.Config{}, m)
	set := &connectors.Set{Stores: map[string]connectors.Store{
		"": files, "file": files,
		"s3": objects, "s3a": objects, "s3n": objects,
		"hdfs": hdfs.New(hdfs.Config{}, m),
	}}
	set.Handlers = map[string]connectors.Handler{
		"xlsx": xlsx.New(set, m), "gsheet": sheets, "sheets": sheets,
		"com.bizo.hive.gdata.gdatastoragehandler": sheets,
	}
	return set
}

// engineFlags are what every command that runs queries takes.
type engineFlags struct {
	warehouse      string
	memory         string
	spillDir       string
	timeZone       string
	allowTransform []string
	slots          int
}

func (f *engineFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.warehouse, "warehouse", envOr("WINNOW_WAREHOUSE", "warehouse"), "folder of the catalog and of managed tables")
	fs.StringVar(&f.memory, "memory", os.Getenv("WINNOW_MEMORY"), "memory of a query in one process before it spills (default: half of what there is, at most 4GiB)")
	fs.StringVar(&f.spillDir, "spill-dir", os.Getenv("WINNOW_SPILL_DIR"), "folder for spilled rows (default: the system's)")
	fs.StringVar(&f.timeZone, "time-zone", "", "time zone of sessions (default: $TZ, else UTC)")
	fs.StringSliceVar(&f.allowTransform, "allow-transform", nil, "commands that select transform may run; * for any")
	fs.Lookup("allow-transform").NoOptDefVal = "*"
	fs.IntVar(&f.slots, "slots", runtime.NumCPU(), "tasks that run at once in this process")
}

func envOr(key, def string) string {
	if v, ok := os.LookupEnv(key); ok {
		return v
	}
	return def
}

// zone is --time-zone, else TZ, else UTC.
func (f *engineFlags) zone() (*time.Location, error) {
	name := f.timeZone
	if name == "" {
		name = os.Getenv("TZ")
	}
	if name == "" {
		return time.UTC, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "no time zone %q", name).WithHint("write a region such as Europe/Berlin, or UTC")
	}
	return z, nil
}

// machine checks the spill folder and returns the host.
func (f *engineFlags) machine() (*sys.Machine, error) {
	if f.spillDir != "" {
		if st, err := os.Stat(f.spillDir); err != nil || !st.IsDir() {
			return nil, diag.Errorf(diag.Config, "--spill-dir %q is not a folder", f.spillDir)
		}
	}
	if err := sys.Sweep(f.spillDir); err != nil {
		return nil, diag.Errorf(diag.Config, "--spill-dir: %w", err)
	}
	return sys.Host(f.spillDir), nil
}

// base is what all tasks of this process share.
func (f *engineFlags) base(m *sys.Machine, set *connectors.Set) op.Env {
	return op.Env{
		Mem: vec.Unzeroed{}, Machine: m, Set: set, BatchRows: 16 << 10, AllowTransform: f.allowTransform,
		Cores: &op.Cores{}, Memory: op.NewBudget(available() / 100 * queriesPercent),
	}
}

// engine is a coordinator with all it stands on.
type engine struct {
	coord   *coord.Coordinator
	base    op.Env
	machine *sys.Machine
	set     *connectors.Set
}

// cluster is what an engine needs to know of other nodes; the zero value is none.
type cluster struct {
	members  member.Members
	runner   func(dispatch.InProcess) dispatch.Runner
	exchange string

	running, queued int // statements at once; 0: the coordinator's defaults
}

func (f *engineFlags) engine(cl cluster) (*engine, error) {
	m, err := f.machine()
	if err != nil {
		return nil, err
	}
	zone, err := f.zone()
	if err != nil {
		return nil, err
	}
	bytes, err := f.queryBytes()
	if err != nil {
		return nil, err
	}
	warehouse, err := filepath.Abs(f.warehouse)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "--warehouse: %w", err)
	}
	source, err := store.Open(warehouse)
	if err != nil {
		return nil, err
	}
	e := &engine{machine: m, set: connectorSet(m)}
	e.base = f.base(m, e.set)
	here := dispatch.InProcess{Base: e.base}
	cfg := coord.Config{
		Set: e.set, Source: source, Warehouse: warehouse, Machine: m, MemoryBytes: bytes, Memory: e.base.Memory, Version: version, Zone: zone,
		AllowTransform: len(f.allowTransform) > 0, Runner: here,
		Running: cl.running, Queued: cl.queued,
		Members: member.Fixed{{Name: "here", Slots: max(1, f.slots)}},
	}
	if cl.members != nil {
		cfg.Members, cfg.Runner, cfg.ExchangeAddress = cl.members, cl.runner(here), cl.exchange
	}
	e.coord = coord.New(cfg)
	return e, nil
}

// connect opens a connection for the user of this process.
func (e *engine) connect() *coord.Conn {
	user := os.Getenv("USER")
	if user == "" {
		user = "winnow"
	}
	return e.coord.Connect(user)
}

// closeConn drops a connection's temporary tables even when ctx has ended.
func closeConn(c *coord.Conn) error { return c.Close(context.Background()) }
