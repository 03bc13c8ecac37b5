package shell

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// metaCommand is a command of the shell itself; it needs no semicolon.
type metaCommand struct {
	name string
	help string
	sql  string // the statement it stands for, %s for its argument; "" if run does it
}

// metaCommands are psql's where psql has them.
var metaCommands = []metaCommand{
	{`\?`, "this list (also: help)", ""},
	{`\q`, "leave (also: quit, exit)", ""},
	{`\dt`, "list tables", "show tables"},
	{`\dp`, "list the partitions of a table", "show partitions %s"},
	{`\d`, "describe a table; without a name list tables", "describe formatted %s"},
	{`\l`, "list databases", "show databases"},
	{`\df`, "list functions", "show functions"},
	{`\c`, "change to a database", "use %s"},
	{`\x`, "a line per value, on and off", ""},
	{`\timing`, "what a statement took, on and off", ""},
	{`\format`, "set the output format", ""},
	{`\o`, "send rows to a file; without a name back here", ""},
	{`\i`, "run a file of statements", ""},
	{`\watch`, "run a statement every N seconds: \\watch N select …", ""},
	{`\set`, "list or set settings", "set %s"},
	{`\!`, "run a command of the system (also: !command)", ""},
}

// isMeta reports whether text is a command of the shell and no SQL.
func isMeta(text string) bool {
	word := strings.ToLower(strings.TrimSuffix(text, ";"))
	return strings.HasPrefix(text, `\`) || strings.HasPrefix(text, "!") || word == "help" || word == "quit" || word == "exit"
}

// meta carries out a meta command and reports whether to leave.
func (s *Shell) meta(ctx context.Context, text string) (leave bool) {
	text = strings.TrimSpace(strings.TrimSuffix(text, ";"))
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		text = `\! ` + rest
	}
	name, arg, _ := strings.Cut(text, " ")
	arg = strings.TrimSpace(arg)
	switch strings.ToLower(name) {
	case "quit", "exit", `\q`:
		return true
	case "help", `\?`:
		s.help()
		return false
	case `\d`:
		if arg == "" {
			name = `\dt`
		}
	}
	for _, m := range metaCommands {
		if m.name != name {
			continue
		}
		if m.sql == "" {
			s.own(ctx, name, arg)
			return false
		}
		sql := m.sql
		if strings.Contains(sql, "%s") {
			sql = strings.TrimSpace(fmt.Sprintf(sql, arg))
		}
		s.Run(ctx, sql) // an error has been shown
		return false
	}
	fmt.Fprintf(s.opts.Err, "winnow: no command %s; help lists them\n", name)
	return false
}

func (s *Shell) help() {
	for _, m := range metaCommands {
		fmt.Fprintf(s.opts.Err, "  %-9s %s\n", m.name, m.help)
	}
	fmt.Fprintln(s.opts.Err, "Ctrl-C cancels a statement. show functions; describe function NAME; explain QUERY; set time zone 'Europe/Berlin';")
}

// own carries out the commands that are no statement.
func (s *Shell) own(ctx context.Context, name, arg string) {
	switch name {
	case `\x`:
		if s.opts.Format == "vertical" {
			s.opts.Format = "table"
		} else {
			s.opts.Format = "vertical"
		}
		fmt.Fprintln(s.opts.Err, "format is", s.opts.Format)
	case `\timing`:
		s.timing = !s.timing
		fmt.Fprintln(s.opts.Err, "timing is", map[bool]string{true: "on", false: "off"}[s.timing])
	case `\format`:
		if _, ok := formats[arg]; !ok {
			fmt.Fprintln(s.opts.Err, "winnow:", unknownFormat(arg))
			return
		}
		s.opts.Format = arg
	case `\o`:
		s.redirect(arg)
	case `\i`:
		s.source(ctx, arg) // an error has been shown
	case `\watch`:
		s.watch(ctx, arg)
	case `\!`:
		cmd := exec.CommandContext(ctx, "sh", "-c", arg)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, s.opts.Err, s.opts.Err
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(s.opts.Err, "winnow:", err)
		}
	}
}

func (s *Shell) redirect(file string) {
	if err := s.Close(); err != nil {
		fmt.Fprintln(s.opts.Err, "winnow:", err)
	}
	s.opts.Out, s.opts.CloseOut = os.Stdout, nil
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			fmt.Fprintln(s.opts.Err, "winnow:", err)
		} else {
			s.opts.Out, s.opts.CloseOut = f, f
		}
	}
	s.out.Reset(s.opts.Out)
}

// watch runs a statement again and again until Ctrl-C.
func (s *Shell) watch(ctx context.Context, arg string) {
	every, sql, _ := strings.Cut(arg, " ")
	d, err := time.ParseDuration(every + "s")
	if err != nil || d <= 0 || strings.TrimSpace(sql) == "" {
		fmt.Fprintln(s.opts.Err, `winnow: write \watch SECONDS statement`)
		return
	}
	for {
		if err := s.Run(ctx, sql); err != nil {
			return
		}
		select {
		case <-time.After(d):
		case <-ctx.Done():
			return
		}
	}
}
