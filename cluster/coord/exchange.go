package coord

import (
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// ExchangeServer serves stage outputs to tasks that run on other nodes.
type ExchangeServer struct {
	winnowpb.UnimplementedExchangeServiceServer
	Coordinator *Coordinator
}

// Fetch streams the outputs of a stage's tasks for one partition.
func (s ExchangeServer) Fetch(req *winnowpb.FetchRequest, stream winnowpb.ExchangeService_FetchServer) error {
	q := s.Coordinator.running(req.QueryId)
	if q == nil {
		return status.Errorf(codes.NotFound, "query %s has ended", req.QueryId)
	}
	ctx := stream.Context()
	out, err := q.Output(ctx, req.Stage, req.Partition, req.Task)
	if err != nil {
		return wire.Status(err)
	}
	defer out.Close()
	for {
		rec, err := out.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return wire.Status(err)
		}
		err = wire.Encode(rec, req.Partition, stream.Send)
		rec.Release()
		if err != nil {
			return err
		}
	}
}
