package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/winnowdb/winnow/cmd/internal/flightsql"
	"github.com/winnowdb/winnow/cmd/internal/shell"
	"github.com/winnowdb/winnow/proto/diag"
)

// sqlFlags are the flags of winnow sql besides the engine's.
type sqlFlags struct {
	engine    engineFlags
	execute   []string
	file      string
	init      string
	database  string
	server    string
	user      string
	output    string
	format    string
	noHeader  bool
	null      string
	vars      []string
	settings  []string
	quiet     bool
	verbose   bool
	keepGoing bool
	timeout   time.Duration
	progress  string
	color     string
	stdioJSON bool
	profile   string
}

func sqlCommand() *cobra.Command {
	f := &sqlFlags{}
	cmd := &cobra.Command{
		Use:   "sql",
		Short: "ask at a shell, or run statements from -e, -f or standard input",
		Example: "  winnow sql\n" +
			"  winnow sql -e 'select day, count(*) from logs group by day' --format csv\n" +
			"  winnow sql --server 127.0.0.1:32010 -f report.sql",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	fs := cmd.Flags()
	f.engine.register(fs)
	fs.StringArrayVarP(&f.execute, "execute", "e", nil, "run these statements and end; may be repeated")
	fs.StringVarP(&f.file, "file", "f", "", "run the statements of a file and end; - is standard input")
	fs.StringVarP(&f.init, "init", "i", "", "run a file of statements first")
	fs.StringVarP(&f.database, "database", "d", "", "database to begin in")
	fs.StringVarP(&f.server, "server", "s", os.Getenv("WINNOW_SERVER"), "HOST:PORT of a winnow server; without it the engine runs here")
	fs.StringVarP(&f.user, "user", "u", "", "user name at the server")
	fs.StringVarP(&f.output, "output", "o", "", "write rows to a file")
	fs.StringVar(&f.format, "format", "", "table vertical csv tsv csv2 tsv2 json jsonl markdown html null (terminal: table, else tsv2)")
	fs.BoolVar(&f.noHeader, "no-header", false, "no line of column names")
	fs.StringVar(&f.null, "null", "NULL", "text of NULL")
	fs.StringArrayVar(&f.vars, "hivevar", nil, "k=v: a variable for ${k}")
	fs.StringArrayVar(&f.settings, "set", nil, "k=v: a setting")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "rows and errors only")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "show each statement before it runs")
	fs.BoolVarP(&f.keepGoing, "keep-going", "k", false, "go on after an error")
	fs.DurationVar(&f.timeout, "timeout", 0, "end a statement after this time")
	fs.StringVar(&f.progress, "progress", "auto", "progress line: auto, always or never")
	fs.StringVar(&f.color, "color", "auto", "colour: auto, always or never")
	fs.BoolVar(&f.stdioJSON, "stdio-json", false, "machine mode: one {\"sql\": …} per line in, one answer per line out")
	fs.StringVar(&f.profile, "cpuprofile", "", "write a CPU profile of this process to a file, for go tool pprof")
	return cmd
}

func (f *sqlFlags) run(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	if f.profile != "" {
		stop, err := startProfile(f.profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	client, err := f.client(ctx)
	if err != nil {
		return err
	}
	err = f.serve(ctx, client)
	if cerr := client.Close(); err == nil {
		err = cerr
	}
	return err
}

func (f *sqlFlags) client(ctx context.Context) (shell.Client, error) {
	if f.server != "" {
		return flightsql.Dial(ctx, strings.TrimPrefix(f.server, "grpc://"), f.user)
	}
	e, err := f.engine.engine(cluster{})
	if err != nil {
		return nil, err
	}
	if err := f.engine.boundHeap(true); err != nil {
		return nil, err
	}
	if text := f.engine.tooMuch(); text != "" {
		fmt.Fprintln(os.Stderr, "warning:", text)
	}
	return shell.Embedded{Conn: e.connect()}, nil
}

func (f *sqlFlags) serve(ctx context.Context, client shell.Client) error {
	sh, err := f.shell(client)
	if err != nil {
		return err
	}
	defer sh.Close()
	if err := f.prepare(ctx, client, sh); err != nil {
		return told(err)
	}
	switch {
	case f.stdioJSON:
		return shell.StdioJSON(ctx, client, os.Stdin, os.Stdout)
	case len(f.execute) > 0:
		return told(sh.Run(ctx, strings.Join(f.execute, ";\n")))
	case f.file != "" && f.file != "-":
		return f.runFile(ctx, sh, f.file)
	case f.file == "-" || !shell.IsTerminal(os.Stdin):
		b, err := io.ReadAll(os.Stdin)
		if err != nil {
			return fmt.Errorf("read standard input: %w", err)
		}
		return told(sh.Run(ctx, string(b)))
	}
	return told(sh.Interactive(ctx))
}

// told marks err as shown: the shell has drawn it with its place in the statement.
func told(err error) error {
	if err == nil {
		return nil
	}
	return &toldError{err}
}

func (f *sqlFlags) runFile(ctx context.Context, sh *shell.Shell, name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return diag.Errorf(diag.NotFound, "%w", err)
	}
	return told(sh.Run(ctx, string(b)))
}

func (f *sqlFlags) shell(client shell.Client) (*shell.Shell, error) {
	opts := shell.Options{
		Client: client, Out: os.Stdout, Err: os.Stderr, Format: f.format, Header: !f.noHeader, Null: f.null,
		Quiet: f.quiet, Verbose: f.verbose, KeepGoing: f.keepGoing, Timeout: f.timeout,
		Progress: f.progress, Color: f.color, History: historyFile(), Server: f.server,
	}
	if f.output != "" {
		file, err := os.Create(f.output)
		if err != nil {
			return nil, diag.Errorf(diag.Config, "--output: %w", err)
		}
		opts.Out, opts.CloseOut = file, file
	}
	if f.stdioJSON {
		opts.Out = os.Stderr // standard output holds the answers, nothing of --init
	}
	sh, err := shell.New(opts)
	if err != nil {
		return nil, &usageError{err}
	}
	return sh, nil
}

// prepare carries out --database, --set, --hivevar and --init.
func (f *sqlFlags) prepare(ctx context.Context, client shell.Client, sh *shell.Shell) error {
	for _, kv := range f.vars {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return &usageError{fmt.Errorf("--hivevar wants k=v, not %q", kv)}
		}
		client.SetVar(k, v)
	}
	var first []string
	for _, kv := range f.settings {
		first = append(first, "set "+kv)
	}
	if f.database != "" {
		first = append(first, "use `"+f.database+"`")
	}
	for _, sql := range first {
		if err := sh.Run(ctx, sql); err != nil {
			return err
		}
	}
	if f.init == "" {
		return nil
	}
	b, err := os.ReadFile(f.init)
	if err != nil {
		return diag.Errorf(diag.NotFound, "--init: %w", err)
	}
	return sh.Run(ctx, string(b))
}

// historyFile is by XDG; "" where there is no home.
func historyFile() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "winnow", "history")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "winnow", "history")
}
