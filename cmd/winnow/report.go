package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/winnowdb/winnow/cmd/internal/shell"
	"github.com/winnowdb/winnow/proto/diag"
)

func reportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report",
		Short: "run files of statements whose rows land in tables and spreadsheets",
	}
	cmd.AddCommand(reportRunCommand())
	return cmd
}

func reportRunCommand() *cobra.Command {
	var f engineFlags
	var vars []string
	cmd := &cobra.Command{
		Use:     "run FILE.sql",
		Short:   "run a file of statements once, stopping at the first error",
		Example: "  winnow report run daily.sql --hivevar day=2011-12-06",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{diag.Errorf(diag.Config, "want one file of statements")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return diag.Errorf(diag.NotFound, "%w", err)
			}
			e, err := f.engine(cluster{})
			if err != nil {
				return err
			}
			sql := &sqlFlags{vars: vars, format: "tsv2", null: "NULL"}
			client := shell.Embedded{Conn: e.connect()}
			defer closeConn(client.Conn)
			sh, err := sql.shell(client)
			if err != nil {
				return err
			}
			defer sh.Close()
			if err := sql.prepare(cmd.Context(), client, sh); err != nil {
				return told(err)
			}
			return told(sh.Run(cmd.Context(), string(b)))
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringArrayVar(&vars, "hivevar", nil, "k=v: a variable for ${k}")
	return cmd
}
