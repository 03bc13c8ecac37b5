package coord

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/winnowdb/winnow/proto/diag"
)

func TestGateTakesTurnsByUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 100)
		if err := g.enter(t.Context(), "first"); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		for _, user := range []string{"a", "a", "a", "b", "c", "b"} {
			go func() {
				if err := g.enter(t.Context(), user); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, user)
				mu.Unlock()
				g.leave()
			}()
			synctest.Wait()
		}
		g.leave()
		synctest.Wait()
		if got := strings.Join(order, ""); got != "abcaba" {
			t.Errorf("the turns were %s, want abcaba", got)
		}
		if g.free != 1 || g.room != 100 || len(g.waiting) != 0 {
			t.Errorf("left behind: %+v", g)
		}
	})
}

func TestGateRefusesAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1)
		if err := g.enter(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error)
		go func() { ended <- g.enter(ctx, "b") }()
		synctest.Wait()
		if err := g.enter(t.Context(), "c"); diag.KindOf(err) != diag.Limit {
			t.Errorf("with a full queue: %v, want LIMIT", err)
		}
		gone := errors.New("gone")
		cancel(gone)
		if err := <-ended; !errors.Is(err, gone) {
			t.Errorf("one who gave up got %v", err)
		}
		g.leave()
		if g.free != 1 || g.room != 1 {
			t.Errorf("left behind: %+v", g)
		}
	})
}
