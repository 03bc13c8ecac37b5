package op

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/vec"
)

// contenders gives, of the partial states that its input has of groups, those of groups that may be among the first by their
// sum, as a count is. Where few of many groups are asked for, the others need not be told apart: their keys are hashed to
// buckets. No group has more than the sum of its bucket (as in a count-min sketch: Cormode and Muthukrishnan, J. Algorithms 55, 2005), and
// so many groups as are asked for have at least what single states of different buckets tell (a threshold as in TPUT: Cao and Wang,
// PODC 2004). A bucket with less is left out.
type contenders struct {
	unary
	keys []expr.Expr
	sum  expr.Expr // the column of states
	most int       // groups asked for

	recs   []arrow.Record
	hashes [][]uint64 // of the keys; nil: all rows are given
	hold   hold
	ended  bool // the input has
	read   bool

	buckets []bucket
	shift   uint // of a hash to its bucket
	least   int64
	hash    keyHash
}

// bucket is of the states whose keys have one of some hashes.
type bucket struct{ sum, largest int64 }

const (
	// mostContenders is how many groups may be asked for.
	mostContenders = 1 << 10
	// Rows fewer than these are grouped at once; more bytes than these are not held back.
	leastContested = 1 << 14
	mostContested  = 64 << 20
	// rowsPerBucket is how many rows share a bucket on average.
	rowsPerBucket = 8
)

// newContenders returns the input of a, which merges, without the groups that are not among the first by a call.
func newContenders(a *aggregate, call, most int) *contenders {
	return &contenders{
		unary: unary{a.env, a.in, a.in.Schema()}, keys: a.keys, sum: a.calls[call].args[0], most: most, hold: hold{budget: a.env.Budget},
	}
}

func (c *contenders) Next(ctx context.Context) (arrow.Record, error) {
	if !c.read {
		c.read = true
		if err := c.gather(ctx); err != nil {
			return nil, err
		}
	}
	for len(c.recs) > 0 {
		rec := c.recs[0]
		c.recs = c.recs[1:]
		if c.hashes != nil {
			rec = c.among(rec, c.hashes[0])
			c.hashes = c.hashes[1:]
		}
		if rec != nil {
			return rec, nil
		}
	}
	c.hold.free()
	if c.ended {
		return nil, io.EOF
	}
	return c.in.Next(ctx)
}

// gather reads the input, to its end if it is not too large, and finds which buckets are left out.
func (c *contenders) gather(ctx context.Context) error {
	rows := 0
	for c.hold.n < mostContested && !c.hold.over() {
		rec, err := c.in.Next(ctx)
		if errors.Is(err, io.EOF) {
			c.ended = true
			break
		}
		if err != nil {
			return err
		}
		c.recs = append(c.recs, rec)
		c.hold.add(vec.Size(rec) + 8*rec.NumRows())
		rows += int(rec.NumRows())
	}
	if !c.ended || rows < max(leastContested, rowsPerBucket*c.most) {
		return nil
	}
	bits := uint(1)
	for rows>>bits > rowsPerBucket {
		bits++
	}
	c.buckets, c.shift = make([]bucket, 1<<bits), 64-bits
	hashes := make([][]uint64, len(c.recs))
	for i, rec := range c.recs {
		if err := c.count(rec); err != nil {
			return err
		}
		hashes[i], c.hash.hashes = c.hash.hashes, nil
	}
	c.hashes, c.least = hashes, c.threshold()
	return nil
}

// count adds the states of rec to their buckets.
func (c *contenders) count(rec arrow.Record) error {
	keys, err := evalAll(c.env, c.keys, rec)
	if err != nil {
		return err
	}
	defer release(keys)
	states, err := expr.EvalArray(c.env.Funcs, c.sum, rec)
	if err != nil {
		return err
	}
	defer states.Release()
	hashes := c.hash.of(keys, states.Len())
	for i, n := range states.(*array.Int64).Int64Values() {
		b := &c.buckets[hashes[i]>>c.shift]
		b.sum += n
		b.largest = max(b.largest, n)
	}
	return nil
}

// threshold returns the largest number that as many groups as are asked for are known to reach.
func (c *contenders) threshold() int64 {
	first := make([]int64, 0, c.most+1) // in ascending order
	for i := range c.buckets {
		n := c.buckets[i].largest
		if len(first) == c.most && n <= first[0] {
			continue
		}
		at, _ := slices.BinarySearch(first, n)
		first = slices.Insert(first, at, n)
		first = first[max(0, len(first)-c.most):]
	}
	if len(first) < c.most {
		return 0
	}
	return first[0]
}

// among returns the rows of rec, which it takes over, whose buckets are not left out; nil if there are none.
func (c *contenders) among(rec arrow.Record, hashes []uint64) arrow.Record {
	var rows []int32
	for i, h := range hashes {
		if c.buckets[h>>c.shift].sum >= c.least {
			rows = append(rows, int32(i))
		}
	}
	return only(c.env, rec, rows)
}

func (c *contenders) Close() error {
	for _, rec := range c.recs {
		rec.Release()
	}
	c.recs = nil
	c.hold.free()
	return c.in.Close()
}
