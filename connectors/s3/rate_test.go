package s3

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/winnowdb/winnow/connectors/sys"
)

// run sends for d from a number of callers, of which a part p is refused (refused callers wait as the
// retry loop does), and returns how many were sent and how many refused.
func run(t *testing.T, r *rate, callers int, d time.Duration, p float64) (sent, refused int) {
	t.Helper()
	end := time.Now().Add(d)
	type caller struct{ fails int }
	done := make(chan [2]int)
	for i := range callers {
		dice := rand.New(rand.NewPCG(1, uint64(i)))
		go func() {
			var c caller
			var n [2]int
			for time.Now().Before(end) {
				if err := r.wait(t.Context()); err != nil {
					break
				}
				time.Sleep(10 * time.Millisecond) // the server's answer
				no := dice.Float64() < p
				r.answered(no)
				n[0]++
				c.fails++
				if !no {
					c.fails = 0
					continue
				}
				n[1]++
				time.Sleep(backoff(slowDelay, c.fails, dice.Uint64()))
			}
			done <- n
		}()
	}
	for range callers {
		n := <-done
		sent, refused = sent+n[0], refused+n[1]
	}
	return sent, refused
}

// TestRate holds the law of P13 in virtual time.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRate(sys.Host(""))
		before, _ := run(t, r, 32, 10*time.Second, 0)
		_, wasted := run(t, r, 32, 20*time.Second, 1)
		recovery, _ := run(t, r, 32, 10*time.Second, 0)
		after, _ := run(t, r, 32, 10*time.Second, 0)
		t.Logf("10 s healthy: %d; 20 s storm: %d wasted; 10 s after: %d; next 10 s: %d", before, wasted, recovery, after)
		if wasted > before/10 {
			t.Errorf("%d requests wasted in the storm", wasted)
		}
		if after < before*95/100 {
			t.Errorf("%d requests in the second 10 s after the storm, %d before it", after, before)
		}
	})
}

// TestRatePartly keeps a useful pace when a part of the requests is refused whatever the pace.
func TestRatePartly(t *testing.T) {
	for _, c := range []struct{ part, least float64 }{{0.1, 0.25}, {0.5, 0.01}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRate(sys.Host(""))
			healthy, _ := run(t, r, 32, 20*time.Second, 0)
			run(t, r, 32, 20*time.Second, c.part) // settle
			sent, refused := run(t, r, 32, 20*time.Second, c.part)
			t.Logf("%.0f %% refused: %d of %d get through, healthy %d", 100*c.part, sent-refused, sent, healthy)
			if float64(sent-refused) < c.least*float64(healthy) {
				t.Errorf("only %d of %d get through", sent-refused, healthy)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	for n := 1; n < 100; n++ {
		least, most := backoff(firstDelay, n, 0), backoff(firstDelay, n, ^uint64(0))
		if least < firstDelay/2 || most > maxDelay || least > most {
			t.Errorf("attempt %d: %v to %v", n, least, most)
		}
	}
	for header, want := range map[string]time.Duration{
		"": 0, "2": 2 * time.Second, "0.5": time.Second / 2, "-1": 0, "x": 0, "NaN": 0, "99999": maxAfter, "Wed, 21 Oct 2015 07:28:00 GMT": 0,
	} {
		if got := retryAfter(header); got != want {
			t.Errorf("Retry-After %q: %v, want %v", header, got, want)
		}
	}
}
