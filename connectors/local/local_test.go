package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/storetest"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

func TestContract(t *testing.T) {
	for _, scheme := range []string{"", "file:", "file://", "FILE://localhost"} {
		t.Run("scheme "+scheme, func(t *testing.T) {
			if testing.Short() && scheme != "" {
				t.Skip("one form of path is enough for a short run")
			}
			storetest.Run(t, func(t *testing.T) (connectors.Store, string) {
				return New(sys.Host("")), scheme + filepath.ToSlash(t.TempDir()) + "/"
			})
		})
	}
}

func write(t *testing.T, file, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s *Store, prefix string) (names []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimPrefix(o.Path, prefix))
	}
	return names
}

// TestSpecialFiles is G19 of the bad-input page: what is no regular file is passed over.
func TestSpecialFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no links")
	}
	root := t.TempDir() + "/"
	s := New(sys.Host(""))
	write(t, root+"a/real", "1")
	write(t, root+"b/real", "2")
	for link, to := range map[string]string{
		"a/loop": ".", "a/up": "..", "b/tob": "../b", "self": "self", "dangling": "none", "link": "a/real", "dirlink": "a",
	} {
		if err := os.Symlink(to, root+link); err != nil {
			t.Fatal(err)
		}
	}
	fifo(t, root+"fifo")
	want := []string{"a/real", "b/real", "dirlink/real", "link"}
	if got := list(t, s, root); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, name := range []string{"fifo", "self", "dangling"} {
		if got := list(t, s, root+name); len(got) != 0 {
			t.Errorf("list %s: got %q", name, got)
		}
	}
	if _, err := s.OpenRange(t.Context(), connectors.Object{Path: root + "fifo", Size: 1}, 0, 1); err == nil {
		t.Error("a FIFO was opened")
	}
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("nothing is unreadable for this user")
	}
	root := t.TempDir() + "/"
	s := New(sys.Host(""))
	write(t, root+"x", "1")
	if err := os.Chmod(root+"x", 0); err != nil {
		t.Fatal(err)
	}
	_, err := s.OpenRange(t.Context(), connectors.Object{Path: root + "x", Size: 1}, 0, 1)
	if diag.KindOf(err) != diag.Denied || !strings.Contains(err.Error(), root+"x") {
		t.Errorf("got %v", err)
	}
}

// TestInPlace changes a file without replacing it: growth is read up to the listed length, any
// other change is ErrChanged.
func TestInPlace(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		name, after string
		want        error
	}{
		{"grown", "0123456789+", nil},
		{"cut", "01234", connectors.ErrChanged},
		{"same size", "abcdefghij", connectors.ErrChanged},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir() + "/"
			s := New(sys.Host(""))
			write(t, root+"x", "0123456789")
			if err := os.Chtimes(root+"x", old, old); err != nil {
				t.Fatal(err)
			}
			var o connectors.Object
			for o = range s.List(t.Context(), root) {
			}
			r, err := s.OpenRange(t.Context(), o, 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			write(t, root+"x", c.after)
			got, err := io.ReadAll(r)
			if !errors.Is(err, c.want) {
				t.Errorf("open reader: %v, want %v", err, c.want)
			}
			if c.want == nil && string(got) != "0123456789" {
				t.Errorf("got %q", got)
			}
			again, err := s.OpenRange(t.Context(), o, 0, 10)
			if !errors.Is(err, c.want) {
				t.Errorf("new reader: %v, want %v", err, c.want)
			}
			if err == nil {
				again.Close()
			}
		})
	}
}

func TestRefused(t *testing.T) {
	s := New(sys.Host(""))
	for path, want := range map[string]diag.Kind{
		"file://other/x": diag.Denied,
		"a\x00b":         diag.Denied,
		"":               diag.NotFound,
		"file://":        diag.NotFound,
	} {
		if _, err := s.Create(t.Context(), path); diag.KindOf(err) != want {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
	for _, path := range []string{"/", "file:///", ".", "/a/.."} {
		if err := s.Remove(t.Context(), path); diag.KindOf(err) != diag.Denied {
			t.Errorf("remove %q: %v", path, err)
		}
	}
	dir := t.TempDir()
	if _, err := s.Create(t.Context(), dir); diag.KindOf(err) != diag.Exists {
		t.Errorf("create over a folder: %v", err)
	}
	if _, err := s.Create(t.Context(), dir+"/x/"); err == nil {
		t.Error("create of a folder's name gave no error")
	}
}

// TestRelative lists a path that does not begin at the root.
func TestRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "data/x", "1")
	s := New(sys.Host(""))
	for prefix, want := range map[string]string{"data": "data/x", "data/": "data/x", "data/x": "data/x", "./data//": "./data//x", ".": "./data/x"} {
		got := ""
		for o, err := range s.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			got = o.Path
		}
		if got != want {
			t.Errorf("list %q: %q, want %q", prefix, got, want)
		}
	}
}

// TestFaults fails each step of a write in turn: nothing appears and nothing is left.
func TestFaults(t *testing.T) {
	boom := errors.New("boom")
	for n := 1; ; n++ {
		root := t.TempDir() + "/"
		m := sys.Host("")
		calls := 0
		m.Fault = func(string) error {
			if calls++; calls == n {
				return boom
			}
			return nil
		}
		s := New(m)
		w, err := s.Create(context.Background(), root+"x")
		if err == nil {
			_, err = io.WriteString(w, "data")
			err = errors.Join(err, closeOrAbort(w, err))
		}
		if calls < n {
			if err != nil {
				t.Fatal(err)
			}
			return // every point was reached
		}
		if !errors.Is(err, boom) {
			t.Errorf("fault %d: %v", n, err)
		}
		left, err := os.ReadDir(root)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if len(left) > 0 {
			t.Errorf("fault %d left %s", n, left[0].Name())
		}
	}
}

func closeOrAbort(w io.WriteCloser, err error) error {
	if err != nil {
		return w.(connectors.Aborter).Abort()
	}
	return w.Close()
}

// TestReadCached reads a file that has just been written, beyond its end too.
func TestReadCached(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, want, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, r := range []struct{ off, n int }{{0, len(want)}, {5, 100_000}, {len(want) - 3, 10}, {len(want), 10}, {7, 0}} {
		got := make([]byte, r.n)
		n := readCached(f, got, int64(r.off))
		if n > min(r.n, len(want)-r.off) || !bytes.Equal(got[:n], want[r.off:r.off+n]) {
			t.Errorf("%d bytes from %d on: %d that are not the file's", r.n, r.off, n)
		}
	}
}
