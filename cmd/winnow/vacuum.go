package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/winnowdb/winnow/cluster/coord"
)

func vacuumCommand() *cobra.Command {
	var f engineFlags
	var yes bool
	var older time.Duration
	cmd := &cobra.Command{
		Use:   "vacuum",
		Short: "delete what dropped and overwritten tables left in the trash, after asking",
		Long:  "winnow vacuum is the only command that deletes data: it lists what lies in the warehouse's trash and asks first.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := f.engine(cluster{})
			if err != nil {
				return err
			}
			return vacuum(cmd, e, yes, older)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().DurationVar(&older, "older-than", 0, "only what was dropped so long ago")
	return cmd
}

func vacuum(cmd *cobra.Command, e *engine, yes bool, older time.Duration) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	all, err := e.coord.Trash(ctx)
	if err != nil {
		return err
	}
	var old []coord.Trashed
	var bytes int64
	for _, t := range all {
		if e.machine.Now().Sub(t.When) < older {
			continue
		}
		fmt.Fprintf(out, "%s  %s  %d files  %d bytes\n", t.When.Format("2006-01-02 15:04:05"), t.Name, t.Files, t.Bytes)
		old = append(old, t)
		bytes += t.Bytes
	}
	if len(old) == 0 {
		fmt.Fprintln(out, "the trash is empty")
		return nil
	}
	if !yes && !confirm(out, os.Stdin, fmt.Sprintf("delete these %d for good, %d bytes? [y/N] ", len(old), bytes)) {
		fmt.Fprintln(out, "nothing was deleted")
		return nil
	}
	for _, t := range old {
		if err := e.coord.Vacuum(ctx, t.Path); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "deleted %d, %d bytes\n", len(old), bytes)
	return nil
}

func confirm(out io.Writer, in io.Reader, question string) bool {
	fmt.Fprint(out, question)
	line, err := bufio.NewReader(in).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(line), "y")
}
