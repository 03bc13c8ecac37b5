// Package shell is the interactive shell and what belongs to it: output formats, the progress line,
// and the machine mode. It talks to an engine in this process or to a server through the same Client.
//
// Read Client first.
package shell

import (
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
)

// Client answers statements.
type Client interface {
	// Query carries out one statement. Its error is a *diag.Error.
	Query(ctx context.Context, sql string) (Rows, error)
	// Tables returns the snapshot that completion and \d look in; nil if the client cannot tell.
	Tables(ctx context.Context) (*catalog.Snapshot, error)
	// Database returns the current database, and the session's time zone.
	Database() (database, zone string)
	// SetVar sets a variable for ${name}.
	SetVar(name, value string)
	Close() error
}

// Rows is the answer of a statement, to be closed.
type Rows interface {
	Schema() *arrow.Schema
	// Next returns the next batch, which the caller releases; io.EOF ends.
	Next(ctx context.Context) (arrow.Record, error)
	Progress() dispatch.Progress
	Summary() coord.Summary
	Close() error
}

// Embedded is the Client of a coordinator in this process.
type Embedded struct{ Conn *coord.Conn }

// Query carries out sql.
func (e Embedded) Query(ctx context.Context, sql string) (Rows, error) {
	r, err := e.Conn.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return embeddedRows{r}, nil
}

// Tables returns the connection's snapshot.
func (e Embedded) Tables(ctx context.Context) (*catalog.Snapshot, error) { return e.Conn.Snapshot(ctx) }

// Database returns the current database and time zone.
func (e Embedded) Database() (database, zone string) {
	return e.Conn.Database(), e.Conn.Zone().String()
}

// SetVar sets a variable.
func (e Embedded) SetVar(name, value string) { e.Conn.SetVar(name, value) }

// Close ends the connection.
func (e Embedded) Close() error { return e.Conn.Close(context.Background()) }

type embeddedRows struct{ *coord.Result }

func (r embeddedRows) Schema() *arrow.Schema { return r.Result.Schema }
