// Package store is winnow's own catalog, kept in one bbolt file of a warehouse. The file is locked only
// for the moment of a read or a change, so two shells and a server share one warehouse.
//
// Read Store first.
package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/proto/diag"
)

// Buckets of the file. Partitions has a bucket per table, keyed by its full name.
var (
	metaBucket       = []byte("meta")
	databasesBucket  = []byte("databases")
	tablesBucket     = []byte("tables")
	partitionsBucket = []byte("partitions")
	versionKey       = []byte("version")
	formatKey        = []byte("format")
)

// format is the version of the file's layout.
const format = 1

// lockWait is how long a read or a change waits for another process's change.
const lockWait = 10 * time.Second

// Store is the catalog of one warehouse. It may be used from several goroutines and processes.
type Store struct {
	path      string // of the file
	warehouse string

	mu      sync.Mutex
	version uint64
	snap    *catalog.Snapshot
	parts   map[string]*cached // by full table name
}

// cached is a table's partition record at one version of the catalog.
type cached struct {
	version uint64
	rec     arrow.Record
}

// Open returns the catalog of the warehouse folder; the file is made with the first change.
func Open(warehouse string) (*Store, error) {
	abs, err := filepath.Abs(warehouse)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "warehouse %q: %w", warehouse, err)
	}
	return &Store{path: filepath.Join(abs, ".catalog.db"), warehouse: abs, parts: map[string]*cached{}}, nil
}

// Warehouse returns the folder, absolute.
func (s *Store) Warehouse() string { return s.warehouse }

func (s *Store) open(readOnly bool) (*bbolt.DB, error) {
	if !readOnly {
		if err := os.MkdirAll(s.warehouse, 0o777); err != nil {
			return nil, diag.Errorf(diag.Config, "warehouse: %w", err)
		}
	}
	db, err := bbolt.Open(s.path, 0o666, &bbolt.Options{Timeout: lockWait, ReadOnly: readOnly, NoGrowSync: true})
	if err == nil {
		if err = whole(db); err == nil {
			return db, nil
		}
		db.Close()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, diag.Errorf(diag.Unavailable, "the catalog %s is locked by another process", s.path)
	case errors.Is(err, fs.ErrPermission):
		return nil, diag.Errorf(diag.Denied, "catalog: %w", err)
	}
	return nil, s.damaged(err)
}

func (s *Store) damaged(reason any) error {
	return diag.Errorf(diag.Config, "catalog %s cannot be read: %v", s.path, reason).
		WithHint("it may be damaged: move it away, or restore a copy")
}

func damagedEntry(what string, name []byte, err error) error {
	return diag.Errorf(diag.Config, "catalog: %s %q: %w", what, name, err).WithHint("it may be damaged: move it away, or restore a copy")
}

// whole refuses a file that is shorter than its header says: to look at a page beyond its end would end the process.
func whole(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error {
		st, err := os.Stat(db.Path())
		if err == nil && st.Size() < tx.Size() {
			err = fmt.Errorf("it has %d bytes of %d", st.Size(), tx.Size())
		}
		return err
	})
}

// Load returns the newest snapshot.
func (s *Store) Load(context.Context) (*catalog.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err != nil {
		return nil, err
	}
	return s.snap, nil
}

// refresh reads the file if it has changed since the last read. It holds s.mu.
func (s *Store) refresh() (err error) {
	defer func() {
		if r := recover(); r != nil { // bbolt's answer to a page that is none
			err = s.damaged(r)
		}
	}()
	db, err := s.open(true)
	if errors.Is(err, fs.ErrNotExist) {
		s.snap, s.version = catalog.Empty(s.warehouse), 0
		return nil
	}
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		v := version(tx)
		if s.snap != nil && v == s.version {
			return nil
		}
		snap, err := read(tx, s.warehouse)
		if err != nil {
			return err
		}
		s.snap, s.version = snap, v
		return nil
	})
}

func version(tx *bbolt.Tx) uint64 {
	if b := tx.Bucket(metaBucket); b != nil {
		if v := b.Get(versionKey); len(v) == 8 {
			return binary.BigEndian.Uint64(v)
		}
	}
	return 0
}

// read builds the snapshot that a transaction sees.
func read(tx *bbolt.Tx, warehouse string) (*catalog.Snapshot, error) {
	snap := catalog.Empty(warehouse)
	if b := tx.Bucket(metaBucket); b != nil {
		if f := b.Get(formatKey); len(f) == 1 && f[0] > format {
			return nil, diag.Errorf(diag.Config, "the catalog was written by a newer winnow (format %d, this one knows %d)", f[0], format)
		}
	}
	if b := tx.Bucket(databasesBucket); b != nil {
		err := b.ForEach(func(k, v []byte) error {
			db := &catalog.Database{}
			if err := json.Unmarshal(v, db); err != nil {
				return damagedEntry("database", k, err)
			}
			snap.Databases[string(k)] = db
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, db := range snap.Databases {
		db.Tables = map[string]*catalog.Table{}
	}
	b := tx.Bucket(tablesBucket)
	if b == nil {
		return snap, nil
	}
	return snap, b.ForEach(func(k, v []byte) error {
		t, err := catalog.DecodeTable(v)
		if err != nil {
			return damagedEntry("table", k, err)
		}
		if db := snap.Databases[t.Database]; db != nil {
			db.Tables[t.Name] = t
		}
		return nil
	})
}

// Apply makes c durable.
func (s *Store) Apply(_ context.Context, c catalog.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	db, err := s.open(false)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Update(func(tx *bbolt.Tx) error {
		now, err := read(tx, s.warehouse)
		if err != nil {
			return err
		}
		next, err := catalog.Next(now, c)
		if err != nil {
			return err
		}
		if err := write(tx, now, next, c); err != nil {
			return err
		}
		return bump(tx)
	})
}

func bump(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	if err := meta.Put(formatKey, []byte{format}); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return meta.Put(versionKey, binary.BigEndian.AppendUint64(nil, version(tx)+1))
}
