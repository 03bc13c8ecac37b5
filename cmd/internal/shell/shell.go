package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/diag"
)

// Options are how a shell behaves.
type Options struct {
	Client    Client
	Out       io.Writer
	CloseOut  io.Closer // of Out, if it is a file of ours
	Err       io.Writer
	Format    string // "" chooses by where Out goes
	Header    bool
	Null      string
	Quiet     bool
	Verbose   bool
	KeepGoing bool
	Timeout   time.Duration // of one statement; 0: none
	Progress  string        // auto, always, never
	Color     string        // auto, always, never
	History   string        // file, or ""
	Server    string        // for the prompt; "" is this process
}

// Shell runs statements and shows their rows.
type Shell struct {
	opts    Options
	out     *bufio.Writer
	timing  bool
	sources int // SOURCE statements under way
}

// New checks opts.
func New(opts Options) (*Shell, error) {
	if opts.Format == "" {
		opts.Format = "tsv2"
		if isTerminal(opts.Out) {
			opts.Format = "table"
		}
	}
	if _, ok := formats[opts.Format]; !ok {
		return nil, unknownFormat(opts.Format)
	}
	for flag, v := range map[string]string{"--progress": opts.Progress, "--color": opts.Color} {
		if v != "" && v != "auto" && v != "always" && v != "never" {
			return nil, fmt.Errorf("%s is auto, always or never, not %q", flag, v)
		}
	}
	return &Shell{opts: opts, out: bufio.NewWriterSize(opts.Out, 64<<10), timing: true}, nil
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && IsTerminal(f)
}

// Close flushes the output.
func (s *Shell) Close() error {
	err := s.out.Flush()
	if s.opts.CloseOut != nil {
		err = errors.Join(err, s.opts.CloseOut.Close())
	}
	return quiet(err)
}

// quiet drops the error of a reader that has gone: `winnow … | head` is no failure.
func quiet(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// Run carries out the statements of text, showing errors as they come. Its error is the first one, nil
// if the reader of our output has gone.
func (s *Shell) Run(ctx context.Context, text string) error {
	statements, rest := parse.Split(text)
	if !parse.Blank(rest) {
		statements = append(statements, rest)
	}
	var first error
	for _, sql := range statements {
		if parse.Blank(sql) {
			continue
		}
		err := s.one(ctx, sql)
		if errors.Is(err, syscall.EPIPE) {
			return nil
		}
		if err != nil && first == nil {
			first = err
		}
		if err != nil && !s.opts.KeepGoing {
			break
		}
	}
	return first
}

// one carries out a statement, or what only the shell can: SOURCE file and !command.
func (s *Shell) one(ctx context.Context, sql string) error {
	text := strings.TrimSpace(sql)
	if strings.HasPrefix(text, "!") {
		s.meta(ctx, text)
		return nil
	}
	if word, _, _ := strings.Cut(text, " "); strings.EqualFold(word, "source") {
		if list, err := parse.Parse(text); err == nil && len(list) == 1 {
			if st, ok := list[0].(*ast.Source); ok {
				return s.source(ctx, st.Path)
			}
		}
	}
	return s.Statement(ctx, sql)
}

// maxSources is how deep files that name files may go.
const maxSources = 40

// source runs the statements of a file.
func (s *Shell) source(ctx context.Context, file string) error {
	text, err := os.ReadFile(file)
	if err == nil && s.sources == maxSources {
		err = diag.Errorf(diag.Limit, "%s is named by files in each other more than %d deep", file, maxSources).WithHint("a file that runs itself never ends")
	}
	if err != nil {
		fmt.Fprintln(s.opts.Err, "winnow:", err)
		return err
	}
	s.sources++
	defer func() { s.sources-- }()
	return s.Run(ctx, string(text))
}

// Statement carries out one statement; Ctrl-C cancels it. The error has been shown.
func (s *Shell) Statement(ctx context.Context, sql string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if s.opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.opts.Timeout,
			diag.Errorf(diag.Timeout, "the statement ran longer than %s", s.opts.Timeout).WithHint("raise --timeout"))
		defer cancel()
	}
	if s.opts.Verbose {
		fmt.Fprintln(s.opts.Err, strings.TrimSpace(sql)+";")
	}
	err := s.answer(ctx, sql)
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		err = cause
		if errors.Is(cause, context.Canceled) {
			err = diag.Errorf(diag.Cancelled, "cancelled")
		}
	}
	s.show(sql, err)
	return err
}

// show draws an error with its place in the statement.
func (s *Shell) show(sql string, err error) {
	var d *diag.Error
	text := err.Error()
	if errors.As(err, &d) {
		text = d.Render(sql)
	}
	fmt.Fprintln(s.opts.Err, "winnow: "+text)
}

func (s *Shell) answer(ctx context.Context, sql string) (err error) {
	rows, err := s.opts.Client.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	bar := s.startProgress(rows)
	err = s.print(ctx, rows, bar)
	bar.stop()
	if err != nil {
		return err
	}
	s.summary(rows.Summary())
	return nil
}

// print writes all rows in the shell's format.
func (s *Shell) print(ctx context.Context, rows Rows, bar *progress) error {
	if len(rows.Schema().Fields()) == 0 {
		_, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
	w := formats[s.opts.Format](s.out, rows.Schema(), s.opts, cells{null: s.opts.Null, zone: zoneOf(s.opts.Client, rows.Schema())})
	for {
		rec, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			bar.stop()
			if err := w.end(); err != nil {
				return err
			}
			return s.out.Flush()
		}
		if err != nil {
			return err
		}
		bar.stop()
		err = w.rows(rec)
		rec.Release()
		if err == nil && s.out.Buffered() > 0 && isTerminal(s.opts.Out) {
			err = s.out.Flush()
		}
		if err != nil {
			return err
		}
	}
}

// summary writes warnings and the last line: what the statement took.
func (s *Shell) summary(sum coord.Summary) {
	if s.opts.Quiet || sum.Stats == nil {
		return
	}
	for _, w := range sum.Stats.Warnings {
		fmt.Fprintln(s.opts.Err, "warning:", w)
	}
	for i, b := range sum.Stats.Bad {
		if i == 5 {
			fmt.Fprintf(s.opts.Err, "warning: … and %d places more\n", len(sum.Stats.Bad)-i)
			break
		}
		what := "corrupt rows"
		if b.Column != "" {
			what = "bad values in " + b.Column
		}
		fmt.Fprintf(s.opts.Err, "warning: %d %s: %s\n", b.Count, what, b.File)
	}
	if s.timing && (sum.Scans > 0 || sum.Rows > 0) {
		fmt.Fprintln(s.opts.Err, coord.Describe(sum))
	}
}
