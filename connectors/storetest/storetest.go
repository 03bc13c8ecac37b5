// Package storetest is the contract of connectors.Store as a test suite. Every Store runs it:
//
//	storetest.Run(t, func(t *testing.T) (connectors.Store, string) { return local.New(sys.Host("")), t.TempDir() + "/" })
//
// It uses the store's own Create, and the methods of connectors.DirLister, Mover, Remover and
// DirMaker if the store has them.
//
// Read Run first.
package storetest

import (
	"context"
	"errors"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/connectors"
)

// Run checks that a store keeps the contract. open returns a store and a folder in it that holds
// nothing, nobody else uses, and whose path ends in "/"; it is called once for each part.
func Run(t *testing.T, open func(t *testing.T) (connectors.Store, string)) {
	parts := []struct {
		name string
		run  func(*fixture)
	}{
		{"nothing there", nothingThere},
		{"list order", listOrder},
		{"list prefixes", listPrefixes},
		{"list is lazy", listLazy},
		{"ranges", ranges},
		{"pinned", pinned},
		{"pinned gone", pinnedGone},
		{"create", create},
		{"create replaces", createReplaces},
		{"abort", abort},
		{"odd names", oddNames},
		{"many", many},
		{"concurrent", concurrent},
		{"cancel list", cancelList},
		{"cancel read", cancelRead},
		{"cancel create", cancelCreate},
		{"list dir", listDir},
		{"move", move},
		{"remove", remove},
		{"make dir", makeDir},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) {
			s, root := open(t)
			if !strings.HasSuffix(root, "/") {
				t.Fatalf("root %q does not end in a slash", root)
			}
			p.run(&fixture{T: t, ctx: t.Context(), s: s, root: root})
		})
	}
}

// fixture is a store under test with what each part needs.
type fixture struct {
	*testing.T
	ctx  context.Context
	s    connectors.Store
	root string
}

// write makes the object root+name.
func (f *fixture) write(name, data string) {
	f.Helper()
	if err := f.tryWrite(name, data); err != nil {
		f.Fatalf("create %q: %v", name, err)
	}
}

func (f *fixture) tryWrite(name, data string) error {
	w, err := f.s.Create(f.ctx, f.root+name)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, data); err != nil {
		giveUp(w)
		return err
	}
	return w.Close()
}

func giveUp(w io.WriteCloser) {
	if a, ok := w.(connectors.Aborter); ok {
		a.Abort()
	}
}

// list returns the objects below root+name that are not the store's own files in flight.
func (f *fixture) list(name string) []connectors.Object {
	f.Helper()
	return f.collect(f.s.List(f.ctx, f.root+name))
}

func (f *fixture) collect(seq iter.Seq2[connectors.Object, error]) []connectors.Object {
	f.Helper()
	var objects []connectors.Object
	for o, err := range seq {
		if err != nil {
			f.Fatalf("list: %v", err)
		}
		if strings.HasPrefix(path.Base(o.Path), ".winnow-") {
			continue
		}
		objects = append(objects, o)
	}
	return objects
}

// names returns the paths of objects without the root.
func (f *fixture) names(objects []connectors.Object) []string {
	f.Helper()
	names := []string{}
	for _, o := range objects {
		rest, ok := strings.CutPrefix(o.Path, f.root)
		if !ok {
			f.Fatalf("path %q does not begin with %q as it was asked for", o.Path, f.root)
		}
		names = append(names, rest)
	}
	return names
}

func (f *fixture) wantNames(what string, got []connectors.Object, want ...string) {
	f.Helper()
	if names := f.names(got); !slices.Equal(names, want) && len(names)+len(want) > 0 {
		f.Errorf("%s:\n got %q\nwant %q", what, names, want)
	}
}

// one returns the object root+name.
func (f *fixture) one(name string) connectors.Object {
	f.Helper()
	objects := f.list(name)
	if len(objects) != 1 || objects[0].Path != f.root+name {
		f.Fatalf("list %q: got %q, want itself alone", name, f.names(objects))
	}
	return objects[0]
}

func (f *fixture) read(o connectors.Object, off, n int64) (string, error) {
	r, err := f.s.OpenRange(f.ctx, o, off, n)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

func (f *fixture) wantContent(name, want string) {
	f.Helper()
	o := f.one(name)
	got, err := f.read(o, 0, o.Size)
	if err != nil {
		f.Fatalf("read %q: %v", name, err)
	}
	if got != want {
		f.Errorf("%q holds %d bytes %.40q, want %d bytes %.40q", name, len(got), got, len(want), want)
	}
}

// pattern returns n bytes of which no two near stretches are alike.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
