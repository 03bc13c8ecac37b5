package gsheets

import (
	"net"
	"net/http"
	"sync"
)

// serve answers the requests of one connection.
func serve(conn net.Conn, handler http.Handler) {
	l := &single{conn: conn, closed: make(chan struct{})}
	http.Serve(l, handler)
}

// single is a listener of one connection, which is closed with it.
type single struct {
	conn   net.Conn
	once   sync.Once
	closed chan struct{}
}

// tracked tells its listener when it is closed.
type tracked struct {
	net.Conn
	l *single
}

func (c *tracked) Close() error {
	c.l.once.Do(func() { close(c.l.closed) })
	return c.Conn.Close()
}

func (l *single) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return &tracked{c, l}, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }
