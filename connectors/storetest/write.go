package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/winnowdb/winnow/connectors"
)

func create(f *fixture) {
	// More than the smallest part of a multipart upload, and no whole number of anything.
	data := pattern(11<<20 + 7)
	w, err := f.s.Create(f.ctx, f.root+"deep/er/big")
	if err != nil {
		f.Fatal(err)
	}
	for b := range slicesOf(data, 700_001) {
		if n, err := w.Write(b); err != nil || n != len(b) {
			f.Fatalf("write: %d, %v", n, err)
		}
	}
	f.wantNames("before Close", f.list(""))
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		f.Error("a write after Close gave no error")
	}
	if a, ok := w.(connectors.Aborter); ok {
		a.Abort() // after Close it does nothing
	}
	f.wantNames("after Close", f.list(""), "deep/er/big")
	o := f.one("deep/er/big")
	r, err := f.s.OpenRange(f.ctx, o, 0, o.Size)
	if err != nil {
		f.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, data) {
		f.Errorf("%d bytes read back, want %d; error %v", len(got), len(data), err)
	}
	f.write("small", "x")
	f.write("empty", "")
	f.wantContent("empty", "")
	f.wantContent("small", "x")
}

// slicesOf yields b in pieces of n bytes.
func slicesOf(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			k := min(n, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}

func createReplaces(f *fixture) {
	f.write("x", "old and longer")
	w, err := f.s.Create(f.ctx, f.root+"x")
	if err != nil {
		f.Fatal(err)
	}
	if _, err := io.WriteString(w, "new"); err != nil {
		f.Fatal(err)
	}
	f.wantContent("x", "old and longer")
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.wantContent("x", "new")
}

func abort(f *fixture) {
	f.write("kept", "old")
	for _, name := range []string{"new", "kept"} {
		for _, size := range []int{0, 10, 6 << 20} {
			w, err := f.s.Create(f.ctx, f.root+name)
			if err != nil {
				f.Fatal(err)
			}
			a, ok := w.(connectors.Aborter)
			if !ok {
				f.Skip("the writer is no Aborter")
			}
			if _, err := w.Write(make([]byte, size)); err != nil {
				f.Fatal(err)
			}
			if err := a.Abort(); err != nil {
				f.Errorf("abort after %d bytes: %v", size, err)
			}
			if err := w.Close(); err == nil {
				f.Error("Close after Abort gave no error")
			}
		}
	}
	f.wantNames("after Abort", f.list(""), "kept")
	f.wantContent("kept", "old")
	for o, err := range f.s.List(f.ctx, f.root) {
		if err != nil {
			f.Fatal(err)
		}
		if o.Path != f.root+"kept" {
			f.Errorf("Abort left %q behind", o.Path)
		}
	}
}

func cancelCreate(f *fixture) {
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	w, err := f.s.Create(ctx, f.root+"x")
	if err != nil {
		f.Fatal(err)
	}
	if _, err := io.WriteString(w, "abc"); err != nil {
		f.Fatal(err)
	}
	cancel()
	if err := w.Close(); !errors.Is(err, context.Canceled) {
		f.Errorf("Close after cancel: %v", err)
	}
	f.wantNames("after a cancelled Create", f.list(""))
}

func move(f *fixture) {
	s, ok := f.s.(connectors.Mover)
	if !ok {
		f.Skip("not a Mover")
	}
	f.write("a/x", "1")
	f.write("a/y/z", "2")
	f.write("file", "3")
	if err := s.Move(f.ctx, f.root+"file", f.root+"new/folder/file2"); err != nil {
		f.Fatal(err)
	}
	if err := s.Move(f.ctx, f.root+"a", f.root+"trash/b"); err != nil {
		f.Fatal(err)
	}
	f.wantNames("after Move", f.list(""), "new/folder/file2", "trash/b/x", "trash/b/y/z")
	f.wantContent("trash/b/y/z", "2")
	f.write("here", "4")
	f.write("there", "5")
	for _, c := range []struct {
		from, to string
		want     error
	}{
		{"here", "there", fs.ErrExist},
		{"here", "trash/b", fs.ErrExist},
		{"trash/b", "new/folder", fs.ErrExist},
		{"none", "other", fs.ErrNotExist},
	} {
		if err := s.Move(f.ctx, f.root+c.from, f.root+c.to); !errors.Is(err, c.want) {
			f.Errorf("move %q to %q: %v, want %v", c.from, c.to, err, c.want)
		}
	}
	f.wantContent("here", "4")
	f.wantContent("there", "5")
}

func remove(f *fixture) {
	s, ok := f.s.(connectors.Remover)
	if !ok {
		f.Skip("not a Remover")
	}
	for _, n := range []string{"a", "b/c", "b/d/e", "bc", "b0"} {
		f.write(n, n)
	}
	for _, n := range []string{"a", "b", "none", "none/"} {
		if err := s.Remove(f.ctx, f.root+n); err != nil {
			f.Errorf("remove %q: %v", n, err)
		}
	}
	f.wantNames("after Remove", f.list(""), "b0", "bc")
}

func makeDir(f *fixture) {
	s, ok := f.s.(connectors.DirMaker)
	if !ok {
		f.Skip("not a DirMaker")
	}
	for range 2 {
		if err := s.MakeDir(f.ctx, f.root+"d/e"); err != nil {
			f.Fatal(err)
		}
	}
	f.wantNames("an empty folder", f.list(""))
	if l, ok := f.s.(connectors.DirLister); ok {
		f.wantNames("an empty folder, one level", f.collect(l.ListDir(f.ctx, f.root)), "d/")
	}
}
