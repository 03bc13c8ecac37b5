// Package member tells which workers are alive. It knows nothing of queries.
//
// Read Worker and Members first.
package member

// Worker is a process that runs tasks.
type Worker struct {
	Name    string // unique in the cluster
	Address string // host:port of its RPC service; "" is this process
	Slots   int    // tasks it runs at once
	// Draining workers finish what they have and take nothing new.
	Draining bool
	Version  string
}

// Members is the list of workers as it changes.
type Members interface {
	// Workers returns the workers that are alive, by name.
	Workers() []Worker
	// Changed returns a channel that is closed when the list next changes.
	Changed() <-chan struct{}
}

// Fixed is a list of workers that never changes.
type Fixed []Worker

// Workers returns the list.
func (f Fixed) Workers() []Worker { return f }

// Changed returns a channel that is never closed.
func (f Fixed) Changed() <-chan struct{} { return nil }
