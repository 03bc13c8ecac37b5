package wire

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Status is err as a gRPC status, nil for nil: its code is that of the kind, for any client, and the
// diag.Error travels whole as a detail, for FromStatus.
func Status(err error) error {
	if err == nil {
		return nil
	}
	st := status.New(codeOf(diag.KindOf(err)), err.Error())
	if detailed, derr := st.WithDetails(Fault(err)); derr == nil {
		st = detailed
	}
	return st.Err()
}

// FromStatus returns the diag.Error that Status has put into err; nil if there is none.
func FromStatus(err error) error {
	for _, d := range status.Convert(err).Details() {
		if f, ok := d.(*winnowpb.Fault); ok {
			return Error(f)
		}
	}
	return nil
}

func codeOf(k diag.Kind) codes.Code {
	switch k {
	case diag.Syntax, diag.Type, diag.BadValue, diag.Config:
		return codes.InvalidArgument
	case diag.Unknown, diag.NotFound:
		return codes.NotFound
	case diag.Unsupported:
		return codes.Unimplemented
	case diag.Exists:
		return codes.AlreadyExists
	case diag.Denied:
		return codes.PermissionDenied
	case diag.Auth:
		return codes.Unauthenticated
	case diag.Limit:
		return codes.ResourceExhausted
	case diag.BadFile:
		return codes.DataLoss
	case diag.Changed, diag.Conflict:
		return codes.Aborted
	case diag.Throttled, diag.Unavailable:
		return codes.Unavailable
	case diag.Cancelled:
		return codes.Canceled
	case diag.Timeout:
		return codes.DeadlineExceeded
	}
	return codes.Internal
}
