package store

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/winnowdb/winnow/catalog"
)

// write stores what differs between now and next, and the partitions that c changes.
func write(tx *bbolt.Tx, now, next *catalog.Snapshot, c catalog.Change) error {
	if err := writeDatabases(tx, now, next); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	if err := writeTables(tx, now, next, c); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return writePartitions(tx, now, c)
}

func writeDatabases(tx *bbolt.Tx, now, next *catalog.Snapshot) error {
	b, err := tx.CreateBucketIfNotExists(databasesBucket)
	if err != nil {
		return err
	}
	for name := range now.Databases {
		if next.Databases[name] == nil {
			if err := b.Delete([]byte(name)); err != nil {
				return err
			}
		}
	}
	for name, db := range next.Databases {
		if now.Databases[name] == db {
			continue
		}
		bare := *db
		bare.Tables = nil
		v, err := json.Marshal(&bare)
		if err != nil {
			return err
		}
		if err := b.Put([]byte(name), v); err != nil {
			return err
		}
	}
	return nil
}

// writeTables also moves or drops the partitions of tables that are renamed or gone.
func writeTables(tx *bbolt.Tx, now, next *catalog.Snapshot, c catalog.Change) error {
	b, err := tx.CreateBucketIfNotExists(tablesBucket)
	if err != nil {
		return err
	}
	rename, _ := c.(catalog.ReplaceTable)
	for _, db := range now.Databases {
		for _, t := range db.Tables {
			if n := next.Table(t.Database, t.Name); n != nil {
				continue
			}
			if err := b.Delete([]byte(t.FullName())); err != nil {
				return err
			}
			if rename.New != nil && rename.Old.FullName() == t.FullName() {
				err = movePartitions(tx, t, rename.New)
			} else {
				err = dropPartitions(tx, t.FullName())
			}
			if err != nil {
				return err
			}
		}
	}
	for _, db := range next.Databases {
		for _, t := range db.Tables {
			if now.Table(t.Database, t.Name) == t {
				continue
			}
			v, err := catalog.EncodeTable(t)
			if err != nil {
				return err
			}
			if err := b.Put([]byte(t.FullName()), v); err != nil {
				return err
			}
		}
	}
	return nil
}

func dropPartitions(tx *bbolt.Tx, table string) error {
	all := tx.Bucket(partitionsBucket)
	if all == nil || all.Bucket([]byte(table)) == nil {
		return nil
	}
	return all.DeleteBucket([]byte(table))
}

func movePartitions(tx *bbolt.Tx, old, t *catalog.Table) error {
	specs, err := readPartitions(tx, old)
	if err != nil || len(specs) == 0 {
		return err
	}
	if err := dropPartitions(tx, old.FullName()); err != nil {
		return err
	}
	return putPartitions(tx, t, catalog.Relocate(old, t, catalog.NewRegistry(specs)).Parts(), 0)
}

func writePartitions(tx *bbolt.Tx, now *catalog.Snapshot, c catalog.Change) error {
	t := catalog.TableOf(now, c)
	if t == nil {
		return nil
	}
	specs, err := readPartitions(tx, t)
	if err != nil {
		return err
	}
	_, put, drop, err := catalog.NewRegistry(specs).Change(t, c)
	if err != nil {
		return err
	}
	if b := partitionsOf(tx, t.FullName()); b != nil {
		for _, v := range drop {
			if err := b.Delete(partitionKey(v)); err != nil {
				return fmt.Errorf("catalog: %w", err)
			}
		}
	}
	return putPartitions(tx, t, put, len(specs)-len(drop))
}

// putPartitions stores put. n is how many partitions t has without them.
func putPartitions(tx *bbolt.Tx, t *catalog.Table, put []catalog.PartitionSpec, n int) error {
	all, err := tx.CreateBucketIfNotExists(partitionsBucket)
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	b, err := all.CreateBucketIfNotExists([]byte(t.FullName()))
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	for _, p := range put {
		key := partitionKey(p.Values)
		if b.Get(key) == nil {
			n++
		}
		if err := b.Put(key, []byte(p.Location)); err != nil {
			return fmt.Errorf("catalog: %w", err)
		}
	}
	if err := b.SetSequence(uint64(n)); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	return nil
}
