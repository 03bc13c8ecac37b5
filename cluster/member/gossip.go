package member

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/winnowdb/winnow/proto/diag"
)

// Roles of a node.
const (
	RoleCoordinator = "coordinator"
	RoleWorker      = "worker"
	RoleBoth        = "both"
)

// GossipConfig is how a node takes part.
type GossipConfig struct {
	Name    string // unique; a second node of the same name is refused
	Bind    string // host:port; port 0 picks a free one
	Join    []string
	Role    string
	RPC     string // host:port of this node's RPC service
	Flight  string // host:port of its Flight SQL service, or ""
	Slots   int
	Version string
	// Protocol is the version of the RPC between nodes: a node of another one is refused when it joins, and gets no tasks.
	Protocol int
	Key      []byte // 16, 24 or 32 bytes; nil: no encryption
	Log      *slog.Logger
}

// Node is what gossip carries of a node; at most 512 bytes as JSON.
type Node struct {
	Name     string `json:"n,omitempty"` // not gossiped: it is the node's own
	Role     string `json:"r"`
	RPC      string `json:"a"`
	Flight   string `json:"f,omitempty"`
	Slots    int    `json:"s"`
	Version  string `json:"v"`
	Protocol int    `json:"p"`
	Draining bool   `json:"d,omitempty"`
}

// Gossip is a node's view of the cluster. It implements Members.
type Gossip struct {
	list *memberlist.Memberlist

	mu      sync.Mutex
	self    Node
	nodes   map[string]Node
	changed chan struct{}
	log     *slog.Logger
	clash   chan string // the name of this node, when another one carries it
}

// Join starts gossip and joins the nodes of cfg.Join, trying for a while: they may be starting too.
func Join(cfg GossipConfig) (*Gossip, error) {
	host, portText, err := net.SplitHostPort(cfg.Bind)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "gossip address %q: %w", cfg.Bind, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "gossip address %q: %w", cfg.Bind, err)
	}
	g := &Gossip{
		self:  Node{Name: cfg.Name, Role: cfg.Role, RPC: cfg.RPC, Flight: cfg.Flight, Slots: cfg.Slots, Version: cfg.Version, Protocol: cfg.Protocol},
		nodes: map[string]Node{}, changed: make(chan struct{}), log: cfg.Log, clash: make(chan string, 1),
	}
	c := memberlist.DefaultLANConfig()
	c.Name, c.BindAddr, c.BindPort, c.AdvertisePort = cfg.Name, host, port, port
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		c.AdvertiseAddr = host
	}
	c.ProbeInterval, c.ProbeTimeout, c.SuspicionMult = 500*time.Millisecond, 250*time.Millisecond, 3
	c.Delegate, c.Events, c.Conflict = g, g, g
	c.SecretKey = cfg.Key
	c.Logger = log.New(io.Discard, "", 0)
	if g.list, err = memberlist.Create(c); err != nil {
		return nil, diag.Errorf(diag.Config, "gossip on %s: %w", cfg.Bind, err)
	}
	if err := g.join(cfg.Join); err != nil {
		g.list.Shutdown() // the error of the join is the one to tell
		return nil, err
	}
	return g, nil
}

// joinFor is how long Join tries to reach any of the nodes it was told of.
const joinFor = 10 * time.Second

func (g *Gossip) join(peers []string) error {
	if len(peers) == 0 {
		return nil
	}
	var err error
	for deadline := time.Now().Add(joinFor); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if _, err = g.list.Join(peers); err == nil {
			if err := g.unique(); err != nil {
				return err
			}
			return g.compatible()
		}
	}
	return diag.Errorf(diag.Unavailable, "no node answers at %s: %w", strings.Join(peers, ", "), err).
		WithHint("--join takes the gossip address of a running node")
}

// unique refuses this node if another one of its name is alive elsewhere: memberlist itself would let
// one of them vanish.
func (g *Gossip) unique() error {
	select {
	case name := <-g.clash:
		return diag.Errorf(diag.Conflict, "a node called %q is in the cluster", name).WithHint("give this one another --name")
	case <-time.After(300 * time.Millisecond):
		return nil
	}
}

// compatible refuses this node if one of another protocol is in the cluster.
func (g *Gossip) compatible() error {
	for _, n := range g.Nodes() {
		if n.Protocol != g.self.Protocol {
			return diag.Errorf(diag.Conflict, "node %q of the cluster is winnow %s, protocol %d, and this one is winnow %s, protocol %d",
				n.Name, n.Version, n.Protocol, g.self.Version, g.self.Protocol).WithHint("run the same version on all nodes")
		}
	}
	return nil
}

// Address returns the gossip address that others join at.
func (g *Gossip) Address() string {
	n := g.list.LocalNode()
	return net.JoinHostPort(n.Addr.String(), fmt.Sprint(n.Port))
}

// Nodes returns all nodes that are alive, by name.
func (g *Gossip) Nodes() []Node {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []Node
	for _, n := range g.nodes {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Workers returns those that run tasks, without any of another protocol. This node's own address is its RPC address like any other's.
func (g *Gossip) Workers() []Worker {
	var out []Worker
	for _, n := range g.Nodes() {
		if n.Role != RoleCoordinator && n.Protocol == g.self.Protocol {
			out = append(out, Worker{Name: n.Name, Address: n.RPC, Slots: n.Slots, Draining: n.Draining, Version: n.Version})
		}
	}
	return out
}

// Changed returns a channel that is closed when the list next changes.
func (g *Gossip) Changed() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.changed
}

// Drain tells the others that this node takes no more tasks.
func (g *Gossip) Drain() error {
	g.mu.Lock()
	g.self.Draining = true
	g.mu.Unlock()
	return g.list.UpdateNode(2 * time.Second)
}

// Leave says good-bye and stops gossip.
func (g *Gossip) Leave() error {
	if err := g.list.Leave(time.Second); err != nil {
		return fmt.Errorf("leave the cluster: %w", err)
	}
	return g.list.Shutdown()
}

// update changes the list of nodes and wakes those who wait.
func (g *Gossip) update(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
	close(g.changed)
	g.changed = make(chan struct{})
}

// NotifyJoin implements memberlist.EventDelegate.
func (g *Gossip) NotifyJoin(n *memberlist.Node) { g.NotifyUpdate(n) }

// NotifyUpdate implements memberlist.EventDelegate.
func (g *Gossip) NotifyUpdate(n *memberlist.Node) {
	var node Node
	if err := json.Unmarshal(n.Meta, &node); err != nil {
		g.log.Warn("node with unreadable metadata", "node", n.Name, "err", err)
		return
	}
	node.Name = n.Name
	if node.Protocol != g.self.Protocol {
		g.log.Warn("node of another protocol gets no tasks", "node", n.Name, "version", node.Version, "protocol", node.Protocol, "own", g.self.Protocol)
	}
	g.update(func() { g.nodes[n.Name] = node })
}

// NotifyLeave implements memberlist.EventDelegate.
func (g *Gossip) NotifyLeave(n *memberlist.Node) { g.update(func() { delete(g.nodes, n.Name) }) }

// NotifyConflict implements memberlist.ConflictDelegate: two nodes carry one name.
func (g *Gossip) NotifyConflict(existing, other *memberlist.Node) {
	g.log.Error("two nodes carry one name", "name", existing.Name, "one", existing.Address(), "other", other.Address())
	if existing.Name == g.self.Name {
		select {
		case g.clash <- existing.Name:
		default:
		}
	}
}

// NodeMeta implements memberlist.Delegate.
func (g *Gossip) NodeMeta(limit int) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	node := g.self
	node.Name = ""
	b, err := json.Marshal(&node)
	if err != nil || len(b) > limit {
		g.log.Error("this node's metadata is too large", "bytes", len(b), "limit", limit)
		return []byte("{}")
	}
	return b
}

// NotifyMsg, GetBroadcasts, LocalState and MergeRemoteState implement memberlist.Delegate; winnow
// gossips nothing but the nodes themselves.
func (g *Gossip) NotifyMsg([]byte) {}

// GetBroadcasts sends nothing.
func (g *Gossip) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState is empty.
func (g *Gossip) LocalState(bool) []byte { return nil }

// MergeRemoteState takes nothing.
func (g *Gossip) MergeRemoteState([]byte, bool) {}
