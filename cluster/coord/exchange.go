package coord

import (
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/winnowdb/winnow/cluster/wire"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// ExchangeServer serves stage outputs to tasks that run on other nodes.
type ExchangeServer struct {
	winnowpb.UnimplementedExchangeServiceServer
	Coordinator *Coordinator
}

// Fetch streams the outputs of a stage's tasks for one partition; Batch.Partition is the task's place.
func (s ExchangeServer) Fetch(req *winnowpb.FetchRequest, stream winnowpb.ExchangeService_FetchServer) error {
	in := s.Coordinator.Inputs(req.QueryId)
	if in == nil {
		return status.Errorf(codes.NotFound, "query %s has ended", req.QueryId)
	}
	tasks, err := in.Open(stream.Context(), req.Stage, req.Partition, nil, true)
	if err != nil {
		return status.Error(codes.Aborted, err.Error())
	}
	for i, t := range tasks {
		if err := send(uint32(i), t, stream); err != nil {
			return err
		}
	}
	return nil
}

func send(task uint32, from op.Operator, stream winnowpb.ExchangeService_FetchServer) error {
	defer from.Close()
	for {
		rec, err := from.Next(stream.Context())
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return status.Error(codes.Aborted, err.Error())
		}
		err = wire.Encode(rec, task, stream.Send)
		rec.Release()
		if err != nil {
			return err
		}
	}
}
