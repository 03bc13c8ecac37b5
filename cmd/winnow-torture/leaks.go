package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/winnowdb/winnow/proto/diag"
)

// slack is how many goroutines and descriptors more than at the start there may be: idle connections come and go.
const slack = 2

// ends are the ways in which a query of P19 comes to its end before its rows do.
var ends = []struct {
	sql    string
	cancel bool // at a moment that the seed draws
	rows   int  // batches that are read before the result is closed; -1: all
	fails  bool
}{
	{sql: "select * from t limit 3", rows: -1},
	{sql: "select a.id from t a cross join t b limit 5", rows: -1},
	{sql: "select id, assert_true(id < 1500) from t", rows: -1, fails: true},
	{sql: "select k, sum(id), assert_true(count(*) < 0) from t group by k", rows: -1, fails: true},
	{sql: "select no_such(id) from t", rows: -1, fails: true},
	{sql: "select a.id, b.s from t a cross join t b", rows: 1},
	{sql: "select id, s from t order by s, id", rows: 0},
	{sql: "select a.s, count(*) from t a cross join t b group by a.s", cancel: true},
	{sql: "select a.id from t a join t b on a.k = b.k order by a.s", cancel: true},
}

// nothingStays ends queries in all ways on one coordinator and two workers. Afterwards there are no more goroutines,
// descriptors and spilled files than before.
func nothingStays(dir string, first, seeds uint64) result {
	st := newStage(dir)
	if st.want == nil {
		return st.r
	}
	w, err := newWorld(dir, settings{workers: 2, splitSize: 2 << 10, memory: 256 << 10})
	if err != nil {
		st.r.Failed++
		st.r.say("set up: %v", err)
		return st.r
	}
	defer w.close()
	for i, q := range questions { // connections are made and kept
		got, err := w.ask(context.Background(), q.sql)
		st.judge(i, got, err, 0, never)
	}
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for seed := first; seed < first+seeds; seed++ {
		r := rand.New(rand.NewPCG(seed, 19))
		begun := time.Now()
		end := ends[r.IntN(len(ends))]
		var failed bool
		failed, err = w.endEarly(r, end.sql, end.cancel, end.rows)
		st.r.Runs++
		st.r.took = append(st.r.took, time.Since(begun))
		if failed != end.fails && !end.cancel || err != nil {
			st.r.Failed++
			st.r.say("seed %d: %s: failed %v, %v", seed, end.sql, failed, err)
		}
	}
	if n := settle(goroutines + slack); n > goroutines+slack {
		st.r.Hung++
		st.r.say("%d goroutines at the start, %d at the end", goroutines, n)
	}
	for begun := time.Now(); w.memory.Used() > 0 && time.Since(begun) < deadline; {
		time.Sleep(100 * time.Millisecond)
	}
	if n := w.memory.Used(); n != 0 {
		st.r.Hung++
		st.r.say("%d bytes of memory are still taken", n)
	}
	if n := descriptors(); n > files+slack {
		st.r.Hung++
		st.r.say("%d descriptors at the start, %d at the end", files, n)
	}
	if left, err := os.ReadDir(w.spills); err != nil || len(left) > 0 {
		st.r.Hung++
		st.r.say("files are left: %v %v", left, err)
	}
	return st.r
}

var errGone = errors.New("the client is gone")

// endEarly starts a query and ends it. failed tells that it has ended with an error of its own.
func (w *world) endEarly(r *rand.Rand, sql string, cancelled bool, batches int) (failed bool, err error) {
	ctx, stop := context.WithTimeoutCause(context.Background(), deadline, errHung)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if cancelled {
		time.AfterFunc(time.Duration(r.IntN(30))*time.Millisecond, func() { cancel(errGone) })
	}
	res, err := w.conn.Query(ctx, sql)
	if err != nil {
		return !errors.Is(err, errHung), nil
	}
	for n := 0; cancelled || batches < 0 || n < batches; n++ {
		rec, err := res.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			res.Close() // its error is that of the rows
			if errors.Is(err, errHung) || diag.KindOf(err) == diag.Internal && !errors.Is(err, errGone) {
				return true, err
			}
			return true, nil
		}
		rec.Release()
	}
	return false, res.Close()
}

// descriptors is how many files this process holds open; 0 where the system does not tell.
func descriptors() int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(open)
}
