package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"

	"github.com/apache/arrow/go/v15/arrow"
	"go.etcd.io/bbolt"

	"github.com/winnowdb/winnow/catalog"
)

// Partitions returns all registered partitions of t; prune is not asked. The record is kept for the
// next call as long as the catalog does not change.
func (s *Store) Partitions(_ context.Context, t *catalog.Table, _ catalog.Pruner) (arrow.Record, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	db, err := s.open(true)
	if errors.Is(err, fs.ErrNotExist) {
		return catalog.PartitionRecord(t, nil), 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer db.Close()
	var rec arrow.Record
	err = db.View(func(tx *bbolt.Tx) error {
		v := version(tx)
		if c := s.parts[t.FullName()]; c != nil && c.version == v && int(c.rec.NumCols()) == len(t.Partition)+1 {
			rec = c.rec
			return nil
		}
		specs, err := readPartitions(tx, t)
		if err != nil {
			return err
		}
		rec = catalog.PartitionRecord(t, catalog.NewRegistry(specs).Parts())
		s.parts[t.FullName()] = &cached{version: v, rec: rec}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	rec.Retain()
	return rec, int(rec.NumRows()), nil
}

// Keys are the values in order, each behind a tag byte and ended by NUL, so that byte order is the
// order of the values; a NUL inside a value is not possible in a path.
const (
	tagValue = 'v'
	tagNull  = 'n'
)

func partitionKey(values []catalog.Value) []byte {
	var key []byte
	for _, v := range values {
		if v.Null {
			key = append(key, tagNull)
		} else {
			key = append(append(key, tagValue), v.Text...)
		}
		key = append(key, 0)
	}
	return key
}

func parseKey(key []byte) []catalog.Value {
	var out []catalog.Value
	for len(key) > 0 {
		part, rest, _ := bytes.Cut(key, []byte{0})
		v := catalog.Value{Null: len(part) > 0 && part[0] == tagNull}
		if !v.Null && len(part) > 0 {
			v.Text = string(part[1:])
		}
		out, key = append(out, v), rest
	}
	return out
}

func readPartitions(tx *bbolt.Tx, t *catalog.Table) ([]catalog.PartitionSpec, error) {
	all := tx.Bucket(partitionsBucket)
	if all == nil {
		return nil, nil
	}
	b := all.Bucket([]byte(t.FullName()))
	if b == nil {
		return nil, nil
	}
	var out []catalog.PartitionSpec
	err := b.ForEach(func(k, v []byte) error {
		out = append(out, catalog.PartitionSpec{Values: parseKey(k), Location: string(v)})
		return nil
	})
	return out, err
}
