package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/winnowdb/winnow/connectors"
)

func ranges(f *fixture) {
	const size = 100_000
	data := string(pattern(size))
	f.write("r", data)
	o := f.one("r")
	if o.Size != size {
		f.Fatalf("size %d, want %d", o.Size, size)
	}
	for _, c := range []struct{ off, n int64 }{
		{0, size}, {0, 1}, {size - 1, 1}, {1, size - 1}, {0, 0}, {size, 0}, {500, 0}, {4095, 2}, {65_535, 2}, {12_345, 54_321},
	} {
		got, err := f.read(o, c.off, c.n)
		if err != nil || got != data[c.off:c.off+c.n] {
			f.Errorf("range %d+%d: %d bytes, error %v, equal %t", c.off, c.n, len(got), err, err == nil && got == data[c.off:c.off+c.n])
		}
	}
	for _, c := range []struct{ off, n int64 }{{0, size + 1}, {size, 1}, {-1, 2}, {0, -1}} {
		if got, err := f.read(o, c.off, c.n); err == nil {
			f.Errorf("range %d+%d: %d bytes without an error", c.off, c.n, len(got))
		}
	}
	f.write("empty", "")
	f.wantContent("empty", "")

	// One byte at a time, then closed half-way.
	r, err := f.s.OpenRange(f.ctx, o, 10, 50)
	if err != nil {
		f.Fatal(err)
	}
	var b [1]byte
	for i := range 20 {
		if _, err := io.ReadFull(r, b[:]); err != nil || b[0] != data[10+i] {
			f.Fatalf("byte %d: %v, %v", i, b, err)
		}
	}
	if err := r.Close(); err != nil {
		f.Errorf("close half-way: %v", err)
	}
}

// pinned replaces an object that was listed; the old version must never be mixed with the new.
func pinned(f *fixture) {
	const size = 300_000
	before, after := string(pattern(size)), string(pattern(2 * size)[size:])
	f.write("p", before)
	old := f.one("p")
	open, err := f.s.OpenRange(f.ctx, old, 0, size)
	if err != nil {
		f.Fatal(err)
	}
	head := make([]byte, 1000)
	if _, err := io.ReadFull(open, head); err != nil {
		f.Fatal(err)
	}
	f.write("p", after)
	if old.ETag == "" {
		f.Skip("the store names no versions")
	}
	for _, off := range []int64{0, 150_000} {
		if got, err := f.read(old, off, size-off); !errors.Is(err, connectors.ErrChanged) {
			f.Errorf("read of the replaced version from %d: %d bytes, error %v, want ErrChanged", off, len(got), err)
		}
	}
	rest, err := io.ReadAll(open)
	open.Close()
	if err == nil && string(head)+string(rest) != before {
		f.Errorf("a reader that was open mixed two versions")
	}
	if err != nil && !errors.Is(err, connectors.ErrChanged) {
		f.Errorf("a reader that was open: %v, want the old bytes or ErrChanged", err)
	}
	f.wantContent("p", after)
	f.write("p", after[:100])
	if _, err := f.read(old, 0, size); !errors.Is(err, connectors.ErrChanged) {
		f.Errorf("read of a version that was longer: %v, want ErrChanged", err)
	}
}

func pinnedGone(f *fixture) {
	s, ok := f.s.(connectors.Remover)
	if !ok {
		f.Skip("not a Remover")
	}
	f.write("g", "abc")
	o := f.one("g")
	if err := s.Remove(f.ctx, o.Path); err != nil {
		f.Fatal(err)
	}
	if got, err := f.read(o, 0, o.Size); !errors.Is(err, connectors.ErrChanged) {
		f.Errorf("read of an object that is gone: %q, %v, want ErrChanged", got, err)
	}
}

func concurrent(f *fixture) {
	const size, step = 200_000, 10_000
	data := pattern(size)
	f.write("c/shared", string(data))
	o := f.one("c/shared")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			own := fmt.Sprintf("own/%d", g)
			if err := f.tryWrite(own, own); err != nil {
				f.Errorf("create %q: %v", own, err)
			}
			for off := int64(g * 1000); off+step <= size; off += 3 * step {
				got, err := f.read(o, off, step)
				if err != nil || got != string(data[off:off+step]) {
					f.Errorf("range %d+%d: error %v", off, step, err)
				}
			}
			for _, err := range f.s.List(f.ctx, f.root+"c/") {
				if err != nil {
					f.Errorf("list: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for g := range 8 {
		f.wantContent(fmt.Sprintf("own/%d", g), fmt.Sprintf("own/%d", g))
	}
}

func cancelRead(f *fixture) {
	const size = 3 << 20
	f.write("r", string(pattern(size)))
	o := f.one("r")
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	r, err := f.s.OpenRange(ctx, o, 0, size)
	if err != nil {
		f.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		f.Fatal(err)
	}
	cancel()
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		f.Errorf("read on after cancel: %d bytes, error %v", n, err)
	}
	if r, err := f.s.OpenRange(ctx, o, 0, size); err == nil {
		_, err = io.Copy(io.Discard, r)
		r.Close()
		if !errors.Is(err, context.Canceled) {
			f.Errorf("open and read with a cancelled context: %v", err)
		}
	} else if !errors.Is(err, context.Canceled) {
		f.Errorf("open with a cancelled context: %v", err)
	}
}
