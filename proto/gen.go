// Package proto holds the sources of the generated code below it: the physical plan and the worker
// service. Generated code is committed; `go generate ./proto` makes it again.
package proto

//go:generate protoc --go_out=winnowpb --go_opt=paths=source_relative --go-grpc_out=winnowpb --go-grpc_opt=paths=source_relative plan.proto worker.proto
