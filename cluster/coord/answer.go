package coord

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/planner"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// answer runs p, or gives the rows that the same plan has given for the same files. These are listed each time, so nothing
// stale is answered.
func (s *statement) answer(ctx context.Context, p *planner.Planned) (*Result, error) {
	listed, err := s.packed(p.Plan)
	if err != nil {
		return nil, err
	}
	if s.c.kept.most <= 0 || strings.EqualFold(s.conn.setting(answersSetting, "true"), "false") || !keepable(p.Plan) {
		return s.start(ctx, p, listed), nil
	}
	plan, err := planDigest(p.Plan)
	if err != nil {
		return nil, err
	}
	if all := s.list(ctx, plan, p.Plan, listed); all != nil {
		listed = all
		if a := s.c.kept.get(plan, filesDigest(all)); a != nil {
			r := s.c.recordsResult(schemaOf(p.Logical), a.rows, proto.CloneOf(a.stats))
			r.summary.started, r.summary.Kept = s.run.Started, true
			r.summary.count(p)
			return r, nil
		}
	}
	r := s.start(ctx, p, listed)
	s.keep(r, plan, s.run.Started) // planning may have listed already
	return r, nil
}

// list lists all that p reads but for some that are listed already, if an answer to it is kept that may stand; else, or if the
// listing fails, which the run then tells of if it needs it, it gives nil.
func (s *statement) list(ctx context.Context, plan digest, p *winnowpb.Plan, some map[uint32]*splits.Listing) map[uint32]*splits.Listing {
	if !s.c.kept.has(plan) {
		return nil
	}
	listed := map[uint32]*splits.Listing{}
	scans := dispatch.ScanNodes(p)
	for _, stage := range p.Stages {
		for _, src := range stage.Scans {
			l := some[src.ScanId]
			if l == nil {
				var err error
				if l, err = splits.Collect(ctx, s.c.cfg.Set, src, scans[src.ScanId], s.cut()); err != nil {
					return nil
				}
			}
			listed[src.ScanId] = l
		}
	}
	return listed
}

// keep makes r leave a copy of its rows to later statements when they have been read to their end. begun is a time
// before the files were listed.
func (s *statement) keep(r *Result, plan digest, begun time.Time) {
	k := &keeping{into: s.c.kept}
	next, end := r.next, r.close
	r.next = func(ctx context.Context) (arrow.Record, error) {
		rec, err := next(ctx)
		switch {
		case err == nil:
			k.add(rec)
		case errors.Is(err, io.EOF) && !k.off:
			k.settle(plan, r.run.Load(), begun)
		default:
			k.stop()
		}
		return rec, err
	}
	r.close = func() error {
		k.stop()
		return end()
	}
}

// settle hands the rows over as what q, which has ended well, answers, unless a file is so young that it may have changed since
// without a trace, or not all was listed.
func (k *keeping) settle(plan digest, q *dispatch.Query, begun time.Time) {
	listed := q.Listed()
	for _, l := range listed {
		if l.Newest().Add(settled).After(begun) {
			listed = nil
		}
	}
	if listed == nil {
		k.stop()
		return
	}
	stats := q.Progress().Stats
	a := &answer{plan: plan, files: filesDigest(listed), size: k.size + answerOverhead, stats: &winnowpb.Stats{
		BadRows: stats.BadRows, BadValues: stats.BadValues, ExtraFields: stats.ExtraFields, LongLines: stats.LongLines,
		BadUtf8: stats.BadUtf8, Bad: stats.Bad, Warnings: stats.Warnings,
	}}
	a.rows = k.take()
	k.into.put(a)
}
