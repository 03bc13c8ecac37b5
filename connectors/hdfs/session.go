package hdfs

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/colinmarc/hdfs/v2"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

const (
	dialTimeout = 5 * time.Second
	// A name node that has never answered is not tried for long: the user has mistyped it.
	refusedFor = 5 * time.Second
	firstDelay = 100 * time.Millisecond
	maxDelay   = 3 * time.Second
)

// cluster is the name nodes of one HDFS, and the session with the active one.
type cluster struct {
	machine   *sys.Machine
	addresses []string
	options   hdfs.ClientOptions
	kerberos  bool
	executor  failsafe.Executor[any]
	retryFor  time.Duration

	connecting sync.Mutex // held while a session is made
	mu         sync.Mutex
	session    *session
	answered   bool // a session was made once
}

// session is one connection to a name node. It is closed when it is not the cluster's any more and its last
// user has released it: a writer renews its lease through it.
type session struct {
	client *hdfs.Client
	c      *cluster
	users  int // guarded by c.mu; the cluster itself is one
}

func newCluster(s *Store, at site, addresses []string) *cluster {
	c := &cluster{machine: s.machine, addresses: addresses, retryFor: s.cfg.RetryFor}
	c.options = hdfs.ClientOptionsFromConf(at.conf)
	c.kerberos = c.options.KerberosClient != nil
	c.options.Addresses = addresses
	c.options.User = at.user
	dial := dialer(s.machine, s.cfg.Stall)
	c.options.NamenodeDialFunc, c.options.DatanodeDialFunc = dial, dial
	policy := retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool {
			var l *lost
			return errors.As(err, &l) && !l.stop
		}).
		WithMaxRetries(-1).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[any]) time.Duration {
			d := min(maxDelay, firstDelay<<min(exec.Attempts()-1, 10))
			return d/2 + time.Duration(s.machine.Rand()%uint64(d/2+1))
		}).
		ReturnLastFailure().
		Build()
	c.executor = failsafe.With[any](policy)
	return c
}

// lost is an error of the connection, not an answer.
type lost struct {
	err  error
	stop bool // tried for long enough
}

func (l *lost) Error() string { return l.err.Error() }
func (l *lost) Unwrap() error { return l.err }

// do calls call with a session until it gets an answer or time is up. A call that may have been done
// although its answer was lost must find that out itself.
func (c *cluster) do(ctx context.Context, call func(*session) error) error {
	err := c.executor.WithContext(ctx).RunWithExecution(func(exec failsafe.Execution[any]) error {
		err := c.once(ctx, call)
		if err == nil || ctx.Err() != nil || isAnswer(err) {
			return err
		}
		limit := c.retryFor
		if !c.known() {
			limit = min(limit, refusedFor)
		}
		return &lost{err: err, stop: exec.ElapsedTime() > limit}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// once calls call with the session, which is thrown away if it fails on the way.
func (c *cluster) once(ctx context.Context, call func(*session) error) error {
	if err := c.machine.Fault("hdfs.call"); err != nil {
		return err
	}
	return await(ctx, func() error {
		u, err := c.acquire()
		if err != nil {
			return err
		}
		defer u.release()
		err = call(u)
		if err != nil && !isAnswer(err) {
			u.discard()
		}
		return err
	})
}

// await runs f and returns its error, or ctx's as soon as that ends. f then runs on in its goroutine
// until its connection answers or stalls; it must not touch what the caller goes on to use.
func await(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *cluster) known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answered
}

// current returns the session with one more user, or nil.
func (c *cluster) current() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session != nil {
		c.session.users++
	}
	return c.session
}

// acquire returns the session, or makes one. The caller releases it.
func (c *cluster) acquire() (*session, error) {
	if u := c.current(); u != nil {
		return u, nil
	}
	c.connecting.Lock()
	defer c.connecting.Unlock()
	if u := c.current(); u != nil {
		return u, nil
	}
	if c.kerberos {
		return nil, diag.Errorf(diag.Auth, "the Hadoop configuration asks for Kerberos, which this connector does not speak").
			WithHint("read the cluster through an HttpFS or S3 gateway, or a file system mount")
	}
	client, err := hdfs.NewClient(c.options)
	if err != nil {
		return nil, err
	}
	// The library asks for these later without a lock, from readers and writers at once.
	if _, err := client.ServerDefaults(); err != nil {
		client.Close()
		return nil, err
	}
	u := &session{client: client, c: c, users: 2}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session, c.answered = u, true
	return u, nil
}

// discard makes the next operation connect anew.
func (u *session) discard() {
	u.c.mu.Lock()
	mine := u.c.session == u
	if mine {
		u.c.session = nil
	}
	u.c.mu.Unlock()
	if mine {
		u.release()
	}
}

func (u *session) release() {
	u.c.mu.Lock()
	u.users--
	last := u.users == 0
	u.c.mu.Unlock()
	if last {
		u.client.Close()
	}
}

// isAnswer reports whether err is what a name node has answered, which will not change by asking again.
func isAnswer(err error) bool {
	var remote hdfs.Error
	if errors.As(err, &remote) {
		switch exception := remote.Exception(); {
		case strings.HasSuffix(exception, ".StandbyException"), strings.HasSuffix(exception, ".RetriableException"),
			strings.HasSuffix(exception, ".SafeModeException"), strings.HasSuffix(exception, ".ServerTooBusyException"):
			return false
		}
		return true
	}
	var d *diag.Error
	return errors.As(err, &d) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) ||
		errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrInvalid) || errors.Is(err, syscall.ENOTEMPTY) ||
		hdfs.IsErrReplicating(err)
}

// explain makes err, about location, the user's.
func (c *cluster) explain(err error, location string) error {
	var l *lost
	var d *diag.Error
	var remote hdfs.Error
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &d):
		return d
	case errors.As(err, &l) && errors.As(err, &remote):
		return diag.Errorf(diag.Unavailable, "%s: the name node at %s is not ready: %w", location, c.where(), brief{remote})
	case errors.As(err, &l):
		return diag.Errorf(diag.Unavailable, "%s: cannot reach the HDFS at %s: %w", location, c.where(), l.err).
			WithHint("check the host and the port of the location")
	case errors.Is(err, fs.ErrPermission):
		return diag.Errorf(diag.Denied, "%s: user %q may not: %w", location, c.options.User, fs.ErrPermission)
	case errors.As(err, &remote) && strings.HasSuffix(remote.Exception(), ".InvalidPathException"):
		return diag.Errorf(diag.BadValue, "%s: HDFS takes no such name: %w", location, brief{remote})
	case errors.As(err, &remote):
		return diag.Errorf(diag.Unavailable, "%s: %w", location, brief{remote})
	}
	return err
}

func (c *cluster) where() string { return strings.Join(c.addresses, ", ") }

// brief is a Java exception without its stack.
type brief struct{ remote hdfs.Error }

func (b brief) Error() string {
	name := b.remote.Exception()
	line, _, _ := strings.Cut(b.remote.Message(), "\n")
	return name[strings.LastIndexByte(name, '.')+1:] + ": " + line
}

// dialer returns a dial function whose connections give up after stall without a byte.
func dialer(m *sys.Machine, stall time.Duration) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn, err := m.Dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &idleConn{Conn: conn, stall: stall, now: m.Now}, nil
	}
}

// idleConn is a connection on which each read and write has a limit of time.
type idleConn struct {
	net.Conn
	stall time.Duration
	now   func() time.Time
}

// Read reads within the limit.
func (c *idleConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(c.now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write writes within the limit.
func (c *idleConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(c.now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
