package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/winnowdb/winnow/proto/diag"
)

// stage is the archive with its answers and what all proofs over it need.
type stage struct {
	dir  string
	want [][]string
	r    result
}

func newStage(dir string) *stage {
	st := &stage{dir: dir}
	all, err := archive(dir)
	if err == nil {
		var w *world
		if w, err = newWorld(dir, settings{splitSize: 4 << 10}); err == nil {
			err = w.do(ddl(dir))
			w.close()
		}
	}
	if err != nil {
		st.r.Failed++
		st.r.say("set up: %v", err)
		return st
	}
	st.want = answers(all)
	return st
}

// judge counts one answer; allowed tells which errors are none here.
func (st *stage) judge(i int, got []string, err error, seed uint64, allowed func(error) bool) {
	st.r.Runs++
	switch {
	case errors.Is(err, errHung):
		st.r.Hung++
		st.r.say("seed %d: %s: hung", seed, questions[i].sql)
	case err != nil && !allowed(err):
		st.r.Failed++
		st.r.say("seed %d: %s: %v", seed, questions[i].sql, err)
	case err == nil && !slices.Equal(got, st.want[i]):
		st.r.Wrong++
		st.r.say("seed %d: %s: %d rows, want %d: %.300v", seed, questions[i].sql, len(got), len(st.want[i]), got)
	}
}

func never(error) bool  { return false }
func always(error) bool { return true }

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// oneAnswer asks every question with settings that the seed draws.
func oneAnswer(dir string, first, seeds uint64) result {
	st := newStage(dir)
	for seed := first; st.want != nil && seed < first+seeds; seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		w, err := newWorld(dir, settings{
			workers: pick(r, 0, 1, 3), splitSize: pick[int64](r, 1<<10, 3<<10, 64<<10, 64<<20),
			batchRows: pick[int64](r, 1, 7, 100, 65536), memory: pick[int64](r, 0, 1, 64<<10, 64<<20),
		})
		if err != nil {
			st.r.Failed++
			st.r.say("seed %d: %v", seed, err)
			continue
		}
		for i, q := range questions {
			got, err := w.ask(context.Background(), q.sql)
			st.judge(i, got, err, seed, never)
		}
		w.close()
	}
	return st.r
}

// killed kills one of three or five workers at a call of a fault point that the seed draws, so that each
// kill falls into the query; then the same with retries off, which must fail.
func killed(dir string, first, seeds uint64) result {
	st := newStage(dir)
	broken, kills := 0, 0
	for seed := first; st.want != nil && seed < first+seeds; seed++ {
		for _, control := range []bool{false, true} {
			r := rand.New(rand.NewPCG(seed, 3))
			i, workers := r.IntN(len(questions)), pick(r, 3, 5)
			victim, at := 1+r.IntN(workers), int64(1+r.IntN(6))
			var calls atomic.Int64
			var w *world
			w, err := newWorld(dir, settings{workers: workers, splitSize: 1 << 10, fault: func(number int, _ string) error {
				if number == victim && calls.Add(1) == at {
					w.workers[victim-1].kill()
				}
				return nil
			}})
			if err == nil && control {
				err = w.do("set winnow.task.attempts=1")
			}
			if err != nil {
				st.r.Failed++
				st.r.say("seed %d: %v", seed, err)
				continue
			}
			begun := time.Now()
			got, err := w.ask(context.Background(), questions[i].sql)
			switch hit := calls.Load() >= at; {
			case !control:
				st.r.took = append(st.r.took, time.Since(begun))
				st.judge(i, got, err, seed, never)
			case hit:
				kills++
				if err != nil {
					broken++
				}
			}
			w.close()
		}
	}
	st.r.control(broken, kills)
	return st.r
}

// cancelled ends the context at a call of a fault point that the seed draws; the query must end within a
// second and leave no goroutine.
func cancelled(dir string, first, seeds uint64) result {
	st := newStage(dir)
	for seed := first; st.want != nil && seed < first+seeds; seed++ {
		r := rand.New(rand.NewPCG(seed, 28))
		i, at := r.IntN(len(questions)), int64(1+r.IntN(30))
		ctx, cancel := context.WithCancelCause(context.Background())
		var calls, when atomic.Int64
		w, err := newWorld(dir, settings{workers: pick(r, 0, 3), splitSize: 1 << 10, memory: pick[int64](r, 1, 0), fault: func(int, string) error {
			if calls.Add(1) == at {
				when.Store(time.Now().UnixNano())
				cancel(errGone)
			}
			return nil
		}})
		if err != nil {
			st.r.Failed++
			st.r.say("seed %d: %v", seed, err)
			continue
		}
		before := runtime.NumGoroutine()
		got, err := w.ask(ctx, questions[i].sql)
		if began := when.Load(); began > 0 {
			st.r.took = append(st.r.took, time.Since(time.Unix(0, began)))
			if last := st.r.took[len(st.r.took)-1]; last > time.Second {
				st.r.Hung++
				st.r.say("seed %d: stopped after %s", seed, last)
			}
		}
		st.judge(i, got, err, seed, func(err error) bool { return errors.Is(err, errGone) || diag.KindOf(err) == diag.Cancelled })
		w.close()
		if n := settle(before); n > before {
			st.r.Hung++
			st.r.say("seed %d: %d goroutines are left", seed, n-before)
		}
		cancel(nil)
	}
	return st.r
}

// settle waits until no more goroutines than before run, or for two seconds.
func settle(before int) int {
	n := runtime.NumGoroutine()
	for end := time.Now().Add(2 * time.Second); n > before && time.Now().Before(end); n = runtime.NumGoroutine() {
		time.Sleep(5 * time.Millisecond)
	}
	return n
}

// faultPoints fails the n-th call of each named point for n = 1, 2, 3 … until the query calls it less
// often, once and for ever, for one question a seed. An error is an answer here; other rows, a hang, or a
// spill file, goroutine or hidden file that stays is not.
func faultPoints(dir string, first, seeds uint64) result {
	st := newStage(dir)
	for seed := first; st.want != nil && seed < first+seeds; seed++ {
		i := int(seed) % len(questions)
		for _, point := range st.points(i) {
			for _, forever := range []bool{false, true} {
				for n := int64(1); st.failAt(seed, i, point, n, forever); n += 1 + n/8 {
				}
			}
		}
	}
	return st.r
}

// points are the fault points that question i comes to.
func (st *stage) points(i int) []string {
	var mu sync.Mutex
	var seen []string
	w, err := newWorld(st.dir, settings{splitSize: 3 << 10, memory: 16 << 10, fault: func(_ int, point string) error {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(seen, point) {
			seen = append(seen, point)
		}
		return nil
	}})
	if err != nil {
		st.r.Failed++
		st.r.say("%v", err)
		return nil
	}
	defer w.close()
	got, err := w.ask(context.Background(), questions[i].sql)
	st.judge(i, got, err, 0, never)
	slices.Sort(seen)
	return seen
}

// failAt runs question i with the n-th call of point failing and reports whether there was such a call.
func (st *stage) failAt(seed uint64, i int, point string, n int64, forever bool) bool {
	injected := errors.New("injected fault")
	var calls atomic.Int64
	before := runtime.NumGoroutine()
	w, err := newWorld(st.dir, settings{splitSize: 3 << 10, memory: 16 << 10, fault: func(_ int, p string) error {
		if p != point {
			return nil
		}
		if c := calls.Add(1); c == n || forever && c > n {
			return injected
		}
		return nil
	}})
	if err != nil {
		st.r.Failed++
		st.r.say("%s: %v", point, err)
		return false
	}
	got, err := w.ask(context.Background(), questions[i].sql)
	st.judge(i, got, err, seed, always)
	w.close()
	if left := settle(before); left > before {
		st.r.Hung++
		st.r.say("%s call %d: %d goroutines are left", point, n, left-before)
	}
	if left, err := os.ReadDir(w.spills); err != nil || len(left) > 0 {
		st.r.Hung++
		st.r.say("%s call %d: files are left: %v %v", point, n, left, err)
	}
	if left, err := filepath.Glob(filepath.Join(st.dir, "t", ".winnow-*")); err != nil || len(left) > 0 {
		st.r.Hung++
		st.r.say("%s call %d: files are left: %v %v", point, n, left, err)
	}
	return calls.Load() >= n
}
