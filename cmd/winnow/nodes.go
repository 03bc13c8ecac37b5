package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/proto/diag"
)

func nodesCommand() *cobra.Command {
	var server string
	cmd := &cobra.Command{
		Use:     "nodes",
		Short:   "list the nodes of a cluster",
		Example: "  winnow nodes --http 127.0.0.1:8080",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			nodes, err := fetchNodes(server)
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tROLE\tSLOTS\tRPC\tFLIGHT\tVERSION\tSTATE")
			for _, n := range nodes {
				state := "alive"
				if n.Draining {
					state = "draining"
				}
				fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", n.Name, n.Role, n.Slots, n.RPC, n.Flight, n.Version, state)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&server, "http", envOr("WINNOW_HTTP", "127.0.0.1:8080"), "HTTP address of any node")
	return cmd
}

func fetchNodes(server string) ([]member.Node, error) {
	client := &http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + server + "/v1/nodes")
	if err != nil {
		return nil, diag.Errorf(diag.Unavailable, "no node answers at %s: %w", server, err).WithHint("--http takes the HTTP address of a running node")
	}
	defer resp.Body.Close()
	var nodes []member.Node
	if err := json.NewDecoder(resp.Body).Decode(&nodes); err != nil {
		return nil, diag.Errorf(diag.Protocol, "%s is no winnow node: %w", server, err)
	}
	return nodes, nil
}
