package op

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/winnowdb/winnow/proto/diag"
)

// TestReadAhead gives what the source gives, its error last.
func TestReadAhead(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789"), aheadSize) // more than all buffers
	lost := errors.New("lost")
	for _, c := range []struct {
		name string
		src  io.Reader
		want error
	}{
		{"whole", bytes.NewReader(text), nil},
		{"halves", iotest.HalfReader(bytes.NewReader(text)), nil},
		{"error", io.MultiReader(bytes.NewReader(text), iotest.ErrReader(lost)), lost},
	} {
		r := newReadAhead(c.src)
		got, err := io.ReadAll(r)
		if !bytes.Equal(got, text) || err != c.want {
			t.Errorf("%s: %d bytes, %v", c.name, len(got), err)
		}
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: no error after the end", c.name)
		}
		r.close()
	}
}

// endless never ends.
type endless struct{ reads int }

func (e *endless) Read(p []byte) (int, error) { e.reads++; return len(p), nil }

// TestReadAheadClose stops in the middle; after it nobody reads.
func TestReadAheadClose(t *testing.T) {
	for _, taken := range []int{0, 1, 3 * aheadSize} {
		src := &endless{}
		r := newReadAhead(src)
		if _, err := io.CopyN(io.Discard, r, int64(taken)); err != nil {
			t.Fatal(err)
		}
		r.close()
		if n := src.reads; n > 3+aheadBuffers+1 { // not a race: nobody writes it any more
			t.Errorf("%d reads ahead of %d bytes", n, taken)
		}
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("broken promise") }

// TestReadAheadPanic has a panic of the source in the reader's goroutine.
func TestReadAheadPanic(t *testing.T) {
	r := newReadAhead(panics{})
	defer r.close()
	defer func() {
		if p := recover(); p != "broken promise" {
			t.Errorf("recovered %v", p)
		}
	}()
	_, err := r.Read(make([]byte, 1))
	t.Errorf("no panic, %v", err)
}

// TestCores helps scans only while a core has none.
func TestCores(t *testing.T) {
	var none *Cores
	none.enter()
	if none.take() {
		t.Error("no cores, yet one was taken")
	}
	none.leave()
	c := &Cores{}
	for range runtime.GOMAXPROCS(0) - 1 {
		c.enter()
	}
	if !c.take() || c.take() {
		t.Errorf("of %d cores one should be idle", runtime.GOMAXPROCS(0))
	}
	c.leave()
	if !c.take() {
		t.Error("a core that was given back is not taken")
	}
}

// TestScanAhead reads a long compressed file with a core to spare and without: the same rows, warnings and errors,
// also where the reading ends early.
func TestScanAhead(t *testing.T) {
	var lines, packed bytes.Buffer
	for i := range 200000 {
		fmt.Fprintln(&lines, "line", i)
	}
	z, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(lines.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	data := packed.String()
	for _, c := range []struct {
		name, data, warns string
		limit             int64
		rows              int
		kind              diag.Kind
	}{
		{"whole", data, "", 0, 200000, ""},
		{"bytes behind", data + "xyz", "3 other bytes", 0, 200000, ""},
		{"limit", data, "", 5, 5, ""},
		{"cut", data[:len(data)-4], "", 0, -1, diag.BadFile},
	} {
		for _, cores := range []*Cores{nil, {}} {
			w := newScanWorld(t)
			w.env.Cores = cores
			n := scanOf("lines", nil, "line string")
			n.GetScan().Limit = c.limit
			rows, err := w.read(n, w.file("a.gz", c.data))
			if c.kind != "" && diag.KindOf(err) != c.kind || c.kind == "" && (err != nil || len(rows) != c.rows) {
				t.Errorf("%s: %d rows, %v", c.name, len(rows), err)
			}
			if warned := strings.Join(w.env.Counters.Snapshot().Warnings, "; "); !strings.Contains(warned, c.warns) {
				t.Errorf("%s: warnings %q", c.name, warned)
			}
			if cores != nil && cores.busy.Load() != 0 {
				t.Errorf("%s: %d cores are busy after the scan", c.name, cores.busy.Load())
			}
		}
	}
}
