package wire

import (
	"context"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"github.com/winnowdb/winnow/proto/diag"
)

// Guard are options that keep a message which upsets a handler from ending the process: the panic is told
// to the caller as an INTERNAL error.
func Guard() []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(guardUnary), grpc.ChainStreamInterceptor(guardStream)}
}

// Pinging makes a client ask a server that is silent during a call whether it lives; one that does not answer is lost.
func Pinging() grpc.DialOption {
	return grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 3 * time.Second})
}

// Pings lets clients of a server ask so every few seconds, also between calls.
func Pings() grpc.ServerOption {
	return grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true})
}

func guardUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (_ any, err error) {
	defer Recovered(&err)
	return next(ctx, req)
}

func guardStream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	defer Recovered(&err)
	return next(srv, stream)
}

// Recovered, deferred, makes an error of a panic.
func Recovered(err *error) {
	if p := recover(); p != nil {
		*err = Status(diag.Errorf(diag.Internal, "%v\n%s", p, debug.Stack()))
	}
}
