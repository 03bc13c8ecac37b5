// Command winnow asks SQL of text files as they lie, in Hive's layout and dialect: at a shell, as a
// server, or once from a script.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/winnowdb/winnow/proto/diag"
)

// version is set by the linker for releases.
var version = "0.1.0-dev"

func main() {
	paceHeap() // first: what starting allocates is nearly what the runtime would collect
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var told *toldError
	if !errors.As(err, &told) {
		fmt.Fprintln(os.Stderr, "winnow:", describe(err))
	}
	return exitCode(err)
}

// toldError is an error that the user has seen already.
type toldError struct{ err error }

func (e *toldError) Error() string { return e.err.Error() }
func (e *toldError) Unwrap() error { return e.err }

// usageError is a wrong call: exit code 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func describe(err error) string {
	var d *diag.Error
	if errors.As(err, &d) {
		return d.Error()
	}
	return err.Error()
}

// exitCode maps an error to the exit codes that the README promises.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return 2
	case errors.Is(err, context.Canceled):
		return 130
	}
	switch diag.KindOf(err) {
	case diag.Config:
		return 2
	case diag.Unavailable, diag.Auth, diag.Protocol:
		return 3
	case diag.Internal:
		var d *diag.Error
		if errors.As(err, &d) {
			return 70
		}
		return 1
	case diag.Timeout:
		return 124
	case diag.Cancelled:
		return 130
	}
	return 1
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "winnow",
		Short: "SQL over text files as they lie, in Hive's layout and dialect",
		Long: "winnow reads delimited text, CSV, JSON lines and regex logs from folders, S3 and HDFS,\n" +
			"partitioned as year=/month=/day=/hour=, by the Hive DDL you already have.",
		Example: "  winnow demo                                  see it work on an archive it makes\n" +
			"  winnow sql                                   a shell; catalog in ./warehouse\n" +
			"  winnow sql -e 'select count(*) from logs'    one question from a script\n" +
			"  winnow serve --join host:7946                one more node of a cluster",
		SilenceErrors: true, SilenceUsage: true, Version: version,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(sqlCommand(), serveCommand(), nodesCommand(), demoCommand(), reportCommand(), vacuumCommand(), versionCommand())
	return root
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "winnow", version)
			return err
		},
	}
}

// noCommand refuses the name of a command that there is not.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	hint := diag.DidYouMean(args[0], names)
	if hint == "" {
		hint = "winnow --help lists them"
	}
	return &usageError{fmt.Errorf("no command %q: %s", args[0], hint)}
}

// noArgs refuses arguments as a usage error.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("unexpected argument %q", args[0])}
	}
	return nil
}
