package flightsql

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/flight"
	"github.com/apache/arrow/go/v15/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/dispatch"
	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/cmd/internal/shell"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Client is a shell.Client of a winnow server.
type Client struct{ c *flightsql.Client }

// Dial connects to a server's Flight SQL address as user, or namelessly; UNAVAILABLE if nothing answers there.
func Dial(ctx context.Context, address, user string) (*Client, error) {
	opts := []grpc.DialOption{
		wire.Pinging(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage)),
	}
	if user != "" {
		opts = append(opts, grpc.WithPerRPCCredentials(basic(user)))
	}
	c, err := flightsql.NewClientCtx(ctx, address, nil, nil, opts...)
	if err != nil {
		return nil, diag.Errorf(diag.Unavailable, "connect to %s: %w", address, err)
	}
	cl := &Client{c}
	tctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := cl.action(tctx, actionState, nil); err != nil {
		c.Close() // the error of the call is the one to tell
		return nil, diag.Errorf(diag.Unavailable, "no winnow server answers at %s: %s", address, status.Convert(errors.Unwrap(err)).Message()).
			WithHint("--server takes the Flight SQL address that winnow serve prints")
	}
	return cl, nil
}

// basic sends a user's name, without a password, with every call.
type basic string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b basic) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(string(b)+":"))}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: a name alone is no secret.
func (basic) RequireTransportSecurity() bool { return false }

func (c *Client) action(ctx context.Context, kind string, body []byte) ([]byte, error) {
	stream, err := c.c.Client.DoAction(ctx, &flight.Action{Type: kind, Body: body})
	if err != nil {
		return nil, told(err)
	}
	res, err := stream.Recv()
	if err != nil {
		return nil, told(err)
	}
	return res.Body, nil
}

// told makes a *diag.Error of a gRPC error.
func told(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if told := wire.FromStatus(err); told != nil {
		return told
	}
	st := status.Convert(err)
	switch st.Code() {
	case codes.Unavailable:
		return diag.Errorf(diag.Unavailable, "the server does not answer: %w", err)
	case codes.Canceled:
		return context.Canceled
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	}
	return diag.Errorf(diag.Protocol, "%s: %w", st.Message(), err)
}

// Query runs sql on the server.
func (c *Client) Query(ctx context.Context, sql string) (shell.Rows, error) {
	ctx, cancel := context.WithCancel(metadata.AppendToOutgoingContext(ctx, rawHeader, "1"))
	fi, err := c.c.Execute(ctx, sql)
	if err != nil {
		cancel()
		return nil, told(err)
	}
	r, err := c.c.DoGet(ctx, fi.Endpoint[0].Ticket)
	if err != nil {
		cancel()
		return nil, told(err)
	}
	schema, err := storedSchema(r.Schema())
	if err != nil {
		cancel()
		return nil, err
	}
	return &rows{c: c, r: r, schema: schema, cancel: cancel}, nil
}

// Tables is nil: the shell completes keywords and functions only.
func (c *Client) Tables(context.Context) (*catalog.Snapshot, error) { return nil, nil }

// Database returns the session's database and time zone; both empty if the server does not answer.
func (c *Client) Database() (database, zone string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	b, err := c.action(ctx, actionState, nil)
	if err != nil {
		return "", ""
	}
	var state map[string]string
	if json.Unmarshal(b, &state) != nil {
		return "", ""
	}
	return state["database"], state["zone"]
}

// SetVar sets a variable of the session.
func (c *Client) SetVar(name, value string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c.action(ctx, actionVar, []byte(name+"="+value)) // the next statement tells of a lost server
}

// Close ends the session.
func (c *Client) Close() error { return c.c.Close() }

// rows reads the answer of one statement.
type rows struct {
	c      *Client
	r      *flight.Reader
	schema *arrow.Schema
	cancel context.CancelFunc
}

func (r *rows) Schema() *arrow.Schema { return r.schema }

func (r *rows) Next(context.Context) (arrow.Record, error) {
	if r.r.Next() {
		return dispatch.Relabel(r.r.Record(), r.schema), nil
	}
	if err := r.r.Err(); err != nil && !errors.Is(err, io.EOF) {
		return nil, told(err)
	}
	return nil, io.EOF
}

// Progress is not known here.
func (r *rows) Progress() dispatch.Progress { return dispatch.Progress{Stats: &winnowpb.Stats{}} }

// Summary asks the server what the statement took.
func (r *rows) Summary() coord.Summary {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var sum coord.Summary
	b, err := r.c.action(ctx, actionSummary, nil)
	if err != nil || json.Unmarshal(b, &sum) != nil || sum.Stats == nil {
		return coord.Summary{Stats: &winnowpb.Stats{}}
	}
	return sum
}

func (r *rows) Close() error {
	r.cancel()
	r.r.Release()
	return nil
}
