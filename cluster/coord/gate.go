package coord

import (
	"context"
	"slices"
	"sync"

	"github.com/winnowdb/winnow/proto/diag"
)

// Defaults of Config.Running and Config.Queued.
const (
	defaultRunning = 64
	defaultQueued  = 1000
)

// gate lets a number of statements run at once. The others wait, and users take turns: one who asks
// much does not keep the rest waiting.
type gate struct {
	mu      sync.Mutex
	limit   int
	free    int
	room    int                        // waiting places left
	waiting map[string][]chan struct{} // by user, in the order they came
	turns   []string                   // users who wait, the next one first
}

func newGate(running, queued int) *gate {
	return &gate{limit: running, free: running, room: queued, waiting: map[string][]chan struct{}{}}
}

// enter waits for the user's turn. It fails at once when the queue is full, and when ctx ends.
func (g *gate) enter(ctx context.Context, user string) error {
	turn, err := g.ask(user)
	if turn == nil || err != nil {
		return err
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	if !g.giveUp(user, turn) {
		g.leave() // the turn had come meanwhile
	}
	return context.Cause(ctx)
}

// ask takes a free place, or a waiting place: then the channel is closed when the turn comes.
func (g *gate) ask(user string) (turn chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.free > 0 {
		g.free--
		return nil, nil
	}
	if g.room == 0 {
		return nil, diag.Errorf(diag.Limit, "%d statements are running and no more can wait", g.limit).
			WithHint("try again later, or raise --max-running or --max-queued of the server")
	}
	g.room--
	turn = make(chan struct{})
	if len(g.waiting[user]) == 0 {
		g.turns = append(g.turns, user)
	}
	g.waiting[user] = append(g.waiting[user], turn)
	return turn, nil
}

// giveUp takes a waiting place back; false if the turn has come.
func (g *gate) giveUp(user string, turn chan struct{}) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting[user], turn)
	if i < 0 {
		return false
	}
	g.room++
	g.waiting[user] = slices.Delete(g.waiting[user], i, i+1)
	if len(g.waiting[user]) == 0 {
		delete(g.waiting, user)
		g.turns = slices.DeleteFunc(g.turns, func(u string) bool { return u == user })
	}
	return true
}

// leave gives a place to the next user.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.turns) == 0 {
		g.free++
		return
	}
	user := g.turns[0]
	g.turns = g.turns[1:]
	close(g.waiting[user][0])
	g.room++
	if g.waiting[user] = g.waiting[user][1:]; len(g.waiting[user]) > 0 {
		g.turns = append(g.turns, user)
	} else {
		delete(g.waiting, user)
	}
}
