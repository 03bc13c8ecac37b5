package member

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/memberlist"

	"github.com/winnowdb/winnow/proto/diag"
)

func config(name string, protocol int, join ...string) GossipConfig {
	return GossipConfig{
		Name: name, Bind: "127.0.0.1:0", Join: join, Role: RoleWorker, RPC: "127.0.0.1:1", Slots: 1,
		Version: "v" + name, Protocol: protocol, Log: slog.New(slog.DiscardHandler),
	}
}

// TestOtherProtocol: a node of another protocol is refused when it joins, with both versions named; one that came
// in all the same gets no tasks.
func TestOtherProtocol(t *testing.T) {
	a, err := Join(config("a", 2))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Leave()
	b, err := Join(config("b", 3, a.Address()))
	if err == nil {
		b.Leave()
		t.Fatal("a node of protocol 3 joined one of protocol 2")
	}
	var d *diag.Error
	if !errors.As(err, &d) || d.Kind != diag.Conflict || !strings.Contains(d.Msg, "va, protocol 2") || !strings.Contains(d.Msg, "vb, protocol 3") {
		t.Errorf("refused with %v", err)
	}
	a.NotifyUpdate(&memberlist.Node{Name: "old", Meta: []byte(`{"r":"worker","a":"127.0.0.1:2","s":1,"v":"v0","p":1}`)})
	for _, w := range a.Workers() {
		if w.Name == "old" {
			t.Error("a worker of another protocol is among those that get tasks")
		}
	}
	if len(a.Nodes()) < 2 || len(a.Workers()) != 1 {
		t.Errorf("%d nodes, workers %v", len(a.Nodes()), a.Workers())
	}
}
