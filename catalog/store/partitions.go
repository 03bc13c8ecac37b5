package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"go.etcd.io/bbolt"

	"github.com/winnowdb/winnow/catalog"
)

// Partitions returns the registered partitions of t, without those whose folders above prune drops. All
// of them are kept for the next call as long as the catalog does not change.
func (s *Store) Partitions(ctx context.Context, t *catalog.Table, prune catalog.Pruner) (arrow.Record, int, error) {
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
	var total int
	err = db.View(func(tx *bbolt.Tx) error {
		v := version(tx)
		if c := s.parts[t.FullName()]; c != nil && c.version == v && int(c.rec.NumCols()) == len(t.Partition)+1 {
			rec, total = c.rec, int(c.rec.NumRows())
			rec.Retain()
			return nil
		}
		b := partitionsOf(tx, t.FullName())
		if total = count(b); total < 0 {
			prune = nil // all are read, so that they are counted
		}
		specs, whole, err := readPruned(ctx, b, t, prune)
		if err != nil {
			return err
		}
		rec = catalog.PartitionRecord(t, catalog.NewRegistry(specs).Parts())
		if whole {
			total = len(specs)
			rec.Retain()
			s.parts[t.FullName()] = &cached{version: v, rec: rec}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	return rec, total, nil
}

// partitionsOf returns the bucket of a table's partitions, or nil.
func partitionsOf(tx *bbolt.Tx, table string) *bbolt.Bucket {
	if all := tx.Bucket(partitionsBucket); all != nil {
		return all.Bucket([]byte(table))
	}
	return nil
}

// count returns how many partitions a table's bucket has: its sequence number. It is -1 if the bucket was
// written when none was kept.
func count(b *bbolt.Bucket) int {
	if b == nil {
		return 0
	}
	if n := b.Sequence(); n > 0 {
		return int(n)
	}
	return -1
}

// readPruned reads the partitions of t in b. Its keys are sorted, so what is below a folder that prune drops
// is not even looked at. whole says that nothing was dropped.
func readPruned(ctx context.Context, b *bbolt.Bucket, t *catalog.Table, prune catalog.Pruner) (out []catalog.PartitionSpec, whole bool, err error) {
	if b == nil {
		return nil, true, nil
	}
	whole = true
	c := b.Cursor()
	level := []catalog.PartitionSpec{{}}
	for keys := 1; keys < len(t.Partition) && prune != nil; keys++ {
		var next []catalog.PartitionSpec
		for _, p := range level {
			next = appendBelow(next, c, p)
		}
		if level, err = catalog.Prune(ctx, prune, t, next, keys); err != nil {
			return nil, false, err
		}
		whole = whole && len(level) == len(next)
	}
	for _, p := range level {
		prefix := partitionKey(p.Values)
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			out = append(out, catalog.PartitionSpec{Values: parseKey(k), Location: string(v)})
		}
	}
	return out, whole, nil
}

// appendBelow adds the folders directly below p, by their values.
func appendBelow(out []catalog.PartitionSpec, c *bbolt.Cursor, p catalog.PartitionSpec) []catalog.PartitionSpec {
	prefix := partitionKey(p.Values)
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); {
		end := len(prefix) + bytes.IndexByte(k[len(prefix):], 0)
		if end < len(prefix) {
			break // no key of a partition
		}
		next := bytes.Clone(k[:end+1])
		out = append(out, catalog.PartitionSpec{Values: parseKey(next)})
		next[end]++ // behind all that begins with this value
		k, _ = c.Seek(next)
	}
	return out
}

// Keys are the values in order, each behind a tag byte and ended by NUL, so that byte order is the
// order of the values. A NUL inside a value, which a path has as %00, is written as 1 1, and 1 as 1 2.
const (
	tagValue = 'v'
	tagNull  = 'n'
)

var (
	escapeNUL   = strings.NewReplacer("\x00", "\x01\x01", "\x01", "\x01\x02")
	unescapeNUL = strings.NewReplacer("\x01\x01", "\x00", "\x01\x02", "\x01")
)

func partitionKey(values []catalog.Value) []byte {
	var key []byte
	for _, v := range values {
		if v.Null {
			key = append(key, tagNull)
		} else {
			key = append(append(key, tagValue), escapeNUL.Replace(v.Text)...)
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
			v.Text = unescapeNUL.Replace(string(part[1:]))
		}
		out, key = append(out, v), rest
	}
	return out
}

func readPartitions(tx *bbolt.Tx, t *catalog.Table) ([]catalog.PartitionSpec, error) {
	specs, _, err := readPruned(context.Background(), partitionsOf(tx, t.FullName()), t, nil)
	return specs, err
}
