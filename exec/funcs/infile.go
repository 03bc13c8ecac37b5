package funcs

import (
	"io"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// fileLookups look values up in a file. They are volatile: the file is there for the tasks that run, not for the planner.
var fileLookups = []Scalar{
	{Name: "in_file", Volatile: true, Bind: bindInFile,
		Doc: "in_file(s, path): whether s is a line of the file at path, a constant: local on every worker, or in a store such as s3://bucket/key; each task holds the file, of 64 MiB at most, in memory"},
}

// maxLookupFile is the size in bytes of the largest file that is held in memory.
const maxLookupFile = 64 << 20

// lookupFile is the lines of the file of one bound call, read when the first batch needs them.
type lookupFile struct {
	path  string
	once  sync.Once
	lines map[string]struct{}
	err   error
}

func bindInFile(args []Arg) (Bound, error) {
	casts, err := takes("in_file", args, []param{onlyText, onlyText})
	if err != nil {
		return Bound{}, err
	}
	path, ok := constText(args, 1)
	if !ok {
		return Bound{}, diag.Errorf(diag.Type, "in_file takes a constant path as argument 2").
			WithHint("make the file a table and write IN (SELECT …) to look up in several")
	}
	file := &lookupFile{path: path}
	return Bound{Casts: casts, Type: datatype.Bool, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		if file.once.Do(func() { file.err = file.read(c) }); file.err != nil {
			return nil, file.err
		}
		in := bytesOf(args[0])
		return boolRows(c, args, n, func(i int) bool {
			_, found := file.lines[string(in.at(i))]
			return found
		})
	}}, nil
}

func (f *lookupFile) read(c *Ctx) error {
	if c.Open == nil {
		return diag.Errorf(diag.Unsupported, "in_file reads files only where rows are read")
	}
	r, size, err := c.Open(c, f.path)
	if err != nil {
		return err
	}
	defer r.Close()
	if size > maxLookupFile {
		return diag.Errorf(diag.Limit, "in_file would hold the %d bytes of %s in memory, at most it may %d", size, f.path, maxLookupFile).
			WithHint("make the file a table and write IN (SELECT …)")
	}
	var text strings.Builder
	text.Grow(int(size))
	if _, err := io.Copy(&text, r); err != nil {
		return err
	}
	f.lines = map[string]struct{}{}
	for line := range strings.Lines(text.String()) {
		line = strings.TrimSuffix(line, "\n")
		// As Java's reader of lines has it, a carriage return ends one too, and one before the line feed is part of the end.
		for part := range strings.SplitSeq(strings.TrimSuffix(line, "\r"), "\r") {
			f.lines[part] = struct{}{}
		}
	}
	return nil
}
