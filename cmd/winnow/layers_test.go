package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/winnowdb/winnow/"

// layers are the folders in the order of imports: a package imports its own folder and those before it.
var layers = []string{"proto", "connectors", "exec", "catalog", "planner", "cluster", "cmd"}

// banned imports besides the order: who, what, and what of it is allowed all the same.
var banned = []struct {
	from, to string
	except   []string
}{
	{"cluster/worker", "planner", nil},
	{"cluster/worker", "catalog", nil},
	{"exec", "connectors", []string{"connectors", "connectors/sys"}},
	{"planner", "connectors", nil},
	{"catalog", "exec", []string{"exec/datatype"}},
}

// breaks says why package from may not import package to, or "".
func breaks(from, to string) string {
	rank := func(p string) int {
		for i, l := range layers {
			if p == l || strings.HasPrefix(p, l+"/") {
				return i
			}
		}
		return -1
	}
	if rank(to) > rank(from) {
		return "imports a layer above it"
	}
	for _, b := range banned {
		if !within(from, b.from) || !within(to, b.to) {
			continue
		}
		allowed := false
		for _, e := range b.except {
			allowed = allowed || to == e
		}
		if !allowed {
			return b.from + " may not import " + b.to
		}
	}
	return ""
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

// sources parses every Go file of the tree that is not generated and hands it on with its package path.
func sources(t *testing.T, tests bool, each func(pkg, file string, f *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata" || strings.HasSuffix(rel, "pb")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || (!tests && strings.HasSuffix(file, "_test.go")) {
			return nil
		}
		f, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		each(path.Dir(rel), rel, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestLayers keeps imports going one way.
func TestLayers(t *testing.T) {
	files := 0
	sources(t, false, func(pkg, file string, f *ast.File) {
		files++
		for _, imp := range f.Imports {
			p, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if to, ours := strings.CutPrefix(p, module); ours {
				if why := breaks(pkg, to); why != "" {
					t.Errorf("%s imports %s: %s", file, to, why)
				}
			}
		}
	})
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}

// TestLayerRules keeps the rules themselves sharp.
func TestLayerRules(t *testing.T) {
	for _, c := range []struct {
		from, to string
		bad      bool
	}{
		{"exec/op", "planner/bind", true},
		{"cluster/worker", "planner", true},
		{"exec/op", "connectors/local", true},
		{"exec/op", "connectors/sys", false},
		{"catalog/store", "exec/funcs", true},
		{"catalog/store", "exec/datatype", false},
		{"cluster/coord", "planner/bind", false},
	} {
		if got := breaks(c.from, c.to); (got != "") != c.bad {
			t.Errorf("%s → %s: %q", c.from, c.to, got)
		}
	}
}

// TestDocumented keeps every package and every exported name documented.
func TestDocumented(t *testing.T) {
	packages := map[string]bool{}
	sources(t, false, func(pkg, file string, f *ast.File) {
		packages[pkg] = packages[pkg] || f.Doc != nil
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !obvious(d) {
					t.Errorf("%s: %s has no comment", file, d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(t, file, d)
			}
		}
	})
	for pkg, documented := range packages {
		if !documented {
			t.Errorf("package %s has no comment", pkg)
		}
	}
}

func undocumented(t *testing.T, file string, d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				t.Errorf("%s: type %s has no comment", file, s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: %s has no comment", file, n.Name)
				}
			}
		}
	}
}

// exportedReceiver: a method counts if its type is exported.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

// obvious are methods whose meaning the interface that they implement tells.
func obvious(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return false
	}
	switch d.Name.Name {
	case "Error", "Unwrap", "String", "Name", "Fingerprint", "Close", "Schema", "Next", "Fields", "Inputs", "With", "Span":
		return true
	}
	return false
}
