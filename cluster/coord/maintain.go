package coord

import (
	"context"
	"fmt"
	"slices"

	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// maintain answers the statements of upkeep, which have nothing to do here.
func (s *statement) maintain(ctx context.Context, st ast.Statement) (*Result, error) {
	switch st := st.(type) {
	case *ast.Resource:
		return s.resource(st)
	case *ast.Analyze:
		env, err := s.ddlEnv(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := env.DataTable(st.Name); err != nil {
			return nil, err
		}
	case *ast.Dfs:
		return s.dfs(ctx, st)
	}
	return s.c.done(), nil
}

// resource carries out ADD, DELETE and LIST of files, jars and archives, which are names that the connection keeps.
func (s *statement) resource(st *ast.Resource) (*Result, error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	added := s.conn.added[st.Kind]
	switch st.Verb {
	case "list":
		return s.c.lines("resource", slices.Clone(added)), nil
	case "delete":
		added = slices.DeleteFunc(added, func(path string) bool { return slices.Contains(st.Paths, path) })
	default:
		if st.Kind == "jar" {
			s.warned = append(s.warned, "winnow runs no Java: add jar does nothing")
		}
		for _, path := range st.Paths {
			if !slices.Contains(added, path) {
				added = append(added, path)
			}
		}
	}
	s.conn.added[st.Kind] = added
	return s.c.done(), nil
}

// dfs answers dfs -ls; other verbs would change data that is not winnow's.
func (s *statement) dfs(ctx context.Context, st *ast.Dfs) (*Result, error) {
	if len(st.Args) < 2 || st.Args[0] != "-ls" {
		return nil, diag.At(st.Span(), diag.Unsupported, "of dfs, only -ls PATH is there")
	}
	store, err := s.c.cfg.Set.Store(st.Args[1])
	if err != nil {
		return nil, err
	}
	var out []string
	for o, err := range store.List(ctx, st.Args[1]) {
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("%12d %s %s", o.Size, o.ModTime.UTC().Format("2006-01-02 15:04"), o.Path))
	}
	return s.c.lines("path", out), nil
}
