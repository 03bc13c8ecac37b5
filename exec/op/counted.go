package op

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// meter splits the time of a task among its operators. One goroutine pulls them, so the time below a
// call is what the calls within it added up.
type meter struct{ below time.Duration }

// decoding is an operator that makes rows of text; decoded is how many bytes of it so far.
type decoding interface{ decoded() int64 }

// counted is an operator with its rows, bytes and own time counted by node, per batch. Bytes are those of the text
// that a scan decoded, else those of the batches handed on. It also makes an error of the panics that vec promises
// for batches that do not fit.
type counted struct {
	Operator
	env   *Env
	meter *meter
	stats winnowpb.NodeStats
	ended bool
	sent  bool
}

func (c *counted) Next(ctx context.Context) (rec arrow.Record, err error) {
	if c.ended {
		return nil, io.EOF
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	outer, start := c.meter.below, c.env.Machine.Now()
	c.meter.below = 0
	defer func() {
		took := c.env.Machine.Now().Sub(start)
		c.stats.Nanos += int64(took - c.meter.below)
		c.meter.below = outer + took
		if p := recover(); p != nil {
			d, ok := p.(*diag.Error)
			if !ok {
				panic(p)
			}
			rec, err = nil, d
		}
	}()
	rec, err = c.Operator.Next(ctx)
	if err == nil {
		c.stats.Rows += rec.NumRows()
		if _, ok := c.Operator.(decoding); !ok {
			c.stats.Bytes += vec.Size(rec)
		}
	}
	c.ended = errors.Is(err, io.EOF)
	return rec, err
}

func (c *counted) Close() error {
	if !c.sent {
		c.sent, c.ended = true, true
		if d, ok := c.Operator.(decoding); ok {
			c.stats.Bytes = d.decoded()
		}
		c.env.Counters.Add(&winnowpb.Stats{Nodes: []*winnowpb.NodeStats{{
			Node: c.stats.Node, Name: c.stats.Name, Rows: c.stats.Rows, Nanos: c.stats.Nanos, Bytes: c.stats.Bytes,
		}}})
	}
	return c.Operator.Close()
}
