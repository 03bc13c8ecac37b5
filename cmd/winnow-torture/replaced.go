package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/winnowdb/winnow/connectors/s3/s3test"
	"github.com/winnowdb/winnow/proto/diag"
)

// versions are the objects a, b and c of table v; each row tells the object, its version and a number.
type versions [3]int

const (
	rowsPerVersion = 600
	versionsDDL    = `create external table v (f string, v int, n int) row format delimited fields terminated by ',' location 's3://b/v'`
)

func objectName(i int) string { return "v/" + string(rune('a'+i)) }

// text is what object i holds in a version: the same number of bytes in every one.
func (vs versions) text(i int) []byte {
	var b strings.Builder
	for n := range rowsPerVersion {
		fmt.Fprintf(&b, "%c,%04d,%03d\n", 'a'+i, vs[i], n)
	}
	return []byte(b.String())
}

// versionQuestions are asked of objects in known versions.
var versionQuestions = []struct {
	sql string
	// streams: rows may be out before an object turns out to have changed.
	streams bool
	want    func(versions) []string
}{
	{"select f, v, count(*) from v group by f, v", false, func(vs versions) []string {
		return vs.each(func(f rune, v int) string { return fmt.Sprintf("%c|%d|%d", f, v, rowsPerVersion) })
	}},
	{"select count(*), sum(v), min(v), max(v) from v", false, func(vs versions) []string {
		sum := 0
		for _, v := range vs {
			sum += v * rowsPerVersion
		}
		return []string{fmt.Sprintf("%d|%d|%d|%d", rowsPerVersion*len(vs), sum, slices.Min(vs[:]), slices.Max(vs[:]))}
	}},
	{"select f, v, n from v order by n desc, f", false, versions.rows},
	{"select a.f, a.v, b.v, count(*) from v a join v b on a.f = b.f and a.n = b.n group by a.f, a.v, b.v", false, func(vs versions) []string {
		return vs.each(func(f rune, v int) string { return fmt.Sprintf("%c|%d|%d|%d", f, v, v, rowsPerVersion) })
	}},
	{"select f, v, n from v where n >= 0", true, versions.rows},
}

func (vs versions) rows() (out []string) {
	for n := range rowsPerVersion {
		out = append(out, vs.each(func(f rune, v int) string { return fmt.Sprintf("%c|%d|%d", f, v, n) })...)
	}
	return out
}

func (vs versions) each(line func(f rune, v int) string) (out []string) {
	for i, v := range vs {
		out = append(out, line('a'+rune(i), v))
	}
	return out
}

// overwriter replaces objects while a query reads them.
type overwriter struct {
	srv    *s3test.Server
	target int // the object to replace
	watch  int // the object whose reads are counted; -1: requests for listings are
	at     int // the one before which it is done; 0: before every read of the target

	mu     sync.Mutex
	reads  int
	now    versions
	states []versions // all that there have been
	hit    bool
}

func (o *overwriter) before(_ http.ResponseWriter, r *http.Request) bool {
	if isRead(r) != (o.watch >= 0) || o.watch >= 0 && !strings.HasSuffix(r.URL.Path, objectName(o.watch)) {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.reads++; o.at > 0 && o.reads != o.at {
		return false
	}
	o.hit = true
	o.now[o.target]++
	o.srv.Put(objectName(o.target), o.now.text(o.target))
	o.states = append(o.states, o.now)
	return false
}

// replaced replaces an object before the k-th read of itself or of another or the k-th listing, once, or at every
// read of itself: the answer must be that of the bucket as it was at some moment, or CHANGED with the object's name where
// rows were out or the fresh start was spoiled too.
func replaced(dir string, first, seeds uint64) (r result) {
	srv := s3test.New()
	defer srv.Close()
	hurt, tried := 0, 0
	for seed := first; seed < first+seeds; seed++ {
		for _, defended := range []bool{true, false} {
			rnd := rand.New(rand.NewPCG(seed, 15))
			q := versionQuestions[rnd.IntN(len(versionQuestions))]
			o := &overwriter{srv: srv, target: rnd.IntN(3), at: 2 + rnd.IntN(3), now: versions{1 + rnd.IntN(9), 1 + rnd.IntN(9), 1 + rnd.IntN(9)}}
			o.watch = o.target
			switch rnd.IntN(5) {
			case 0:
				o.at = 0
			case 1:
				o.watch = rnd.IntN(3)
			case 2:
				o.watch, o.at = -1, pick(rnd, 4, 12) // the last listing of one scan, of two scans of a join
			}
			if !defended {
				o.at, o.watch = 8, o.target // by then a reader without defences has seen rows of the old version
			}
			for i := range o.now {
				srv.Put(objectName(i), o.now.text(i))
			}
			o.states = []versions{o.now}
			begun := time.Now()
			got, err := askBucket(filepath.Join(dir, fmt.Sprint(seed, defended)), bucket{srv, defended, o.before, rnd.IntN(2) * 2}, versionsDDL, q.sql)
			one := slices.ContainsFunc(o.states, func(vs versions) bool {
				want := q.want(vs)
				slices.Sort(want)
				return slices.Equal(got, want)
			})
			changed := diag.KindOf(err) == diag.Changed && strings.Contains(err.Error(), "s3://b/"+objectName(o.target)+" ")
			if !defended {
				if tried++; err != nil || !one {
					hurt++
				}
				continue
			}
			r.Runs++
			r.took = append(r.took, time.Since(begun))
			switch {
			case errors.Is(err, errHung):
				r.Hung++
				r.say("seed %d: %s: hung", seed, q.sql)
			case !o.hit && o.watch >= 0:
				r.Failed++
				r.say("seed %d: %s: nothing was replaced", seed, q.sql)
			case err != nil && !(changed && (q.streams || o.at == 0)):
				r.Failed++
				r.say("seed %d: %s: %v", seed, q.sql, err)
			case err == nil && !one:
				r.Wrong++
				r.say("seed %d: %s: of versions %v: %.300v", seed, q.sql, o.states, got)
			}
		}
	}
	r.control(hurt, tried)
	return r
}
