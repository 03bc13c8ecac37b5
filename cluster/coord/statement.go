package coord

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/planner/parse"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// Query carries out one statement, with params for its ? marks. An empty statement (blank, or
// comments only) answers nothing. Errors are *diag.Error with spans in the text that Substitute returns.
func (n *Conn) Query(ctx context.Context, sql string, params ...expr.Expr) (res *Result, err error) {
	text, err := n.Substitute(sql)
	if err != nil {
		return nil, err
	}
	list, err := parse.Parse(text)
	if err != nil {
		return nil, err
	}
	switch len(list) {
	case 0:
		return n.coord.done(), nil
	case 1:
		return n.carryOut(ctx, text, list[0], params)
	}
	return nil, diag.At(list[1].Span(), diag.Syntax, "want one statement, found %d", len(list))
}

// carryOut runs a parsed statement. The Result is registered until it is closed or at its end.
func (n *Conn) carryOut(ctx context.Context, text string, st ast.Statement, params []expr.Expr) (res *Result, err error) {
	ctx, run := n.coord.enter(ctx, n, text)
	s := &statement{c: n.coord, conn: n, run: run, session: n.session(), params: params, stats: &winnowpb.Stats{}}
	defer func() {
		if r := recover(); r != nil {
			err = diag.Errorf(diag.Internal, "%v\n%s", r, debug.Stack())
		}
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil && res.ID == "" {
			s.tell(res)
		}
		if err != nil || res.ID == "" {
			n.coord.leave(run)
		}
	}()
	return s.carryOut(ctx, text, st)
}

// tell adds to the answer of a statement that has ended what it has counted and its warnings.
func (s *statement) tell(res *Result) {
	stats := res.progress().Stats
	op.MergeStats(stats, s.stats)
	for _, text := range s.warned {
		op.MergeStats(stats, &winnowpb.Stats{Warnings: []string{text}})
	}
}

func (s *statement) carryOut(ctx context.Context, text string, st ast.Statement) (*Result, error) {
	switch st := st.(type) {
	case *ast.Query:
		return s.query(ctx, st)
	case *ast.Explain:
		return s.explain(ctx, text, st)
	case *ast.Insert, *ast.MultiInsert, *ast.Unload, *ast.Load, *ast.Truncate, *ast.UndropTable:
		return s.modify(ctx, text, st)
	case *ast.Show, *ast.Describe:
		return s.show(ctx, st)
	case *ast.Use:
		return s.use(ctx, st)
	case *ast.Set:
		return s.set(st)
	case *ast.SetTimeZone:
		return s.setTimeZone(st)
	case *ast.Reset:
		return s.reset(st)
	case *ast.Prepare:
		return s.prepare(st)
	case *ast.Execute:
		return s.executePrepared(ctx, text, st)
	case *ast.Deallocate:
		return s.deallocate(st)
	case *ast.KillQuery:
		for _, id := range st.IDs {
			if err := s.c.Kill(id); err != nil {
				return nil, err
			}
		}
		return s.c.done(), nil
	case *ast.Source:
		return nil, diag.At(st.Span(), diag.Unsupported, "source is a command of the shell")
	case *ast.Resource, *ast.Dfs, *ast.ReloadFunctions, *ast.Analyze, *ast.Refresh:
		return s.maintain(ctx, st)
	}
	return s.define(ctx, text, st)
}

// Substitute puts variables in the place of ${name}, ${hivevar:name}, ${hiveconf:key}, ${env:NAME} and ${system:name}.
func (n *Conn) Substitute(sql string) (string, error) {
	if !strings.Contains(sql, "${") {
		return sql, nil
	}
	return parse.Substitute(sql, func(space, name string) (string, bool) {
		n.mu.Lock()
		defer n.mu.Unlock()
		switch space {
		case "", "hivevar":
			if v, ok := n.vars[name]; ok || space != "" {
				return v, ok
			}
			v, ok := n.settings[strings.ToLower(name)]
			return v, ok
		case "hiveconf":
			v, ok := n.settings[strings.ToLower(name)]
			return v, ok
		case "env":
			return os.LookupEnv(name)
		case "system":
			v, ok := systemProperties()[name]
			return v, ok
		}
		return "", false
	})
}

// systemProperties are the few of Java's that scripts ask for.
func systemProperties() map[string]string {
	home, _ := os.UserHomeDir() // "" where there is none, as in Java
	dir, _ := os.Getwd()
	return map[string]string{
		"user.name": os.Getenv("USER"), "user.home": home, "user.dir": dir,
		"java.io.tmpdir": os.TempDir(), "file.separator": string(os.PathSeparator),
	}
}

func (s *statement) prepare(st *ast.Prepare) (*Result, error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.conn.prepared[st.Name.Name] = st.Statement
	return s.c.done(), nil
}

func (s *statement) executePrepared(ctx context.Context, text string, st *ast.Execute) (*Result, error) {
	s.conn.mu.Lock()
	prepared, ok := s.conn.prepared[st.Name.Name]
	s.conn.mu.Unlock()
	if !ok {
		return nil, diag.At(st.Name.Span(), diag.Unknown, "no prepared statement %q", st.Name.Name)
	}
	env, err := s.bindEnv(ctx)
	if err != nil {
		return nil, err
	}
	if n := countParams(prepared); n != len(st.Args) {
		return nil, diag.At(st.Span(), diag.Type, "%s has %d parameters, %d values are given", st.Name.Name, n, len(st.Args))
	}
	s.params = nil
	for _, a := range st.Args {
		e, err := bind.Expr(env, a)
		if err != nil {
			return nil, err
		}
		s.params = append(s.params, e)
	}
	return s.carryOut(ctx, text, prepared)
}

func (s *statement) deallocate(st *ast.Deallocate) (*Result, error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if _, ok := s.conn.prepared[st.Name.Name]; !ok {
		return nil, diag.At(st.Name.Span(), diag.Unknown, "no prepared statement %q", st.Name.Name)
	}
	delete(s.conn.prepared, st.Name.Name)
	return s.c.done(), nil
}

func (s *statement) use(ctx context.Context, st *ast.Use) (*Result, error) {
	snap, err := s.conn.source.Load(ctx)
	if err != nil {
		return nil, err
	}
	if snap.Database(st.Database.Name) == nil {
		err := snap.NoDatabase(st.Database.Name)
		err.Span = st.Database.Span()
		return nil, err
	}
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.conn.database = strings.ToLower(st.Database.Name)
	return s.c.done(), nil
}

// message answers with one line of text under no name.
func message(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }
