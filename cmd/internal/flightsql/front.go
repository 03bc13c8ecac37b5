package flightsql

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow/flight"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/exec/arrowipc"
)

// front adds to Arrow's Flight SQL server what clients ask for and it does not know: the token
// handshake, session actions, and a check of the Arrow data that clients send.
type front struct {
	flight.FlightServer
	server *server
}

// Actions of our own.
const (
	actionSummary = "winnow.summary" // what the last statement of the session took, as JSON
	actionState   = "winnow.state"   // current database and time zone, as JSON
	actionVar     = "winnow.var"     // body name=value: sets a variable
)

// Handshake gives out a bearer token. Listening is on loopback only, where any name is taken.
func (f *front) Handshake(stream flight.FlightService_HandshakeServer) error {
	user, err := userOf(stream.Context())
	if err != nil {
		return err
	}
	token := "Bearer " + base64.RawURLEncoding.EncodeToString([]byte(user+":"+handle()))
	if err := stream.SendHeader(metadata.Pairs("authorization", token)); err != nil {
		return err
	}
	return stream.Send(&flight.HandshakeResponse{Payload: []byte(token)})
}

// anonymous is who does not tell his name.
const anonymous = "anonymous"

// userOf reads the name that a call comes with: that of Basic authentication, or of a token that
// Handshake gave. Any other token is taken, and tells no name.
func userOf(ctx context.Context) (string, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, v := range md.Get("authorization") {
		if basic, ok := strings.CutPrefix(v, "Basic "); ok {
			b, err := base64.StdEncoding.DecodeString(basic)
			if err != nil {
				return "", status.Error(codes.Unauthenticated, "the authorization header is not valid base64")
			}
			return named(string(b)), nil
		}
		if token, ok := strings.CutPrefix(v, "Bearer "); ok {
			if b, err := base64.RawURLEncoding.DecodeString(token); err == nil {
				return named(string(b)), nil
			}
		}
	}
	return anonymous, nil
}

// named returns the name in name:secret.
func named(pair string) string {
	if user, _, ok := strings.Cut(pair, ":"); ok && user != "" && utf8.ValidString(user) {
		return user
	}
	return anonymous
}

// DoAction answers session actions itself and hands on the rest.
func (f *front) DoAction(cmd *flight.Action, stream flight.FlightService_DoActionServer) error {
	ss := f.server.session(stream.Context())
	switch cmd.Type {
	case "SetSessionOptions", "GetSessionOptions", "CloseSession":
		return stream.Send(&flight.Result{})
	case actionSummary:
		ss.mu.Lock()
		last := ss.last
		ss.mu.Unlock()
		if last == nil {
			last = &coord.Summary{}
		}
		return sendJSON(stream, last)
	case actionState:
		return sendJSON(stream, map[string]string{"database": ss.conn.Database(), "zone": ss.conn.Zone().String()})
	case actionVar:
		name, value, _ := strings.Cut(string(cmd.Body), "=")
		ss.conn.SetVar(name, value)
		return stream.Send(&flight.Result{})
	}
	return f.FlightServer.DoAction(cmd, stream)
}

func sendJSON(stream flight.FlightService_DoActionServer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return stream.Send(&flight.Result{Body: b})
}

// DoPut lets through only Arrow messages whose lengths fit what has come.
func (f *front) DoPut(stream flight.FlightService_DoPutServer) error {
	return f.FlightServer.DoPut(&checkedPut{FlightService_DoPutServer: stream})
}

// DoExchange is not part of Flight SQL.
func (f *front) DoExchange(flight.FlightService_DoExchangeServer) error {
	return status.Error(codes.Unimplemented, "DoExchange is not part of Flight SQL")
}

type checkedPut struct {
	flight.FlightService_DoPutServer
	check arrowipc.Checker
}

// Recv checks each message before Arrow's reader, which trusts lengths, sees it.
func (c *checkedPut) Recv() (*flight.FlightData, error) {
	data, err := c.FlightService_DoPutServer.Recv()
	if err != nil {
		return nil, err
	}
	if err := c.check.Message(data.DataHeader, data.DataBody); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return data, nil
}
