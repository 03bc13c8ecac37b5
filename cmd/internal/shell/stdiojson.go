package shell

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// maxLine bounds a statement of the machine mode, in bytes.
const maxLine = 64 << 20

// pipeSize is how much of an answer may wait for its reader, in bytes: readers take an answer of megabytes in as many pieces.
const pipeSize = 1 << 20

// StdioJSON reads one {"sql": "…"} per line and writes one answer per line: {"columns", "types", "rows"}
// with values as Hive prints them, or {"error"}. It ends at the end of in.
func StdioJSON(ctx context.Context, c Client, in io.Reader, out io.Writer) error {
	if f, ok := out.(*os.File); ok {
		growPipe(f, pipeSize)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var line []byte
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		line = appendAnswer(ctx, line[:0], c, lines.Bytes())
		if _, err := out.Write(line); err != nil {
			return fmt.Errorf("write an answer: %w", err)
		}
		if cap(line) > pipeSize {
			line = nil // the next answer is rarely as large
		}
	}
	return lines.Err()
}

// appendAnswer appends the line that answers request.
func appendAnswer(ctx context.Context, dst []byte, c Client, request []byte) []byte {
	var req struct {
		SQL string `json:"sql"`
	}
	start := len(dst)
	err := json.Unmarshal(request, &req)
	if err != nil {
		err = fmt.Errorf("PROTOCOL: a line must be {\"sql\": \"…\"}: %w", err)
	} else {
		dst, err = appendResult(ctx, dst, c, req.SQL)
	}
	if err != nil {
		dst = append(append(append(dst[:start], `{"error":`...), quoteJSON(err.Error())...), '}')
	}
	return append(dst, '\n')
}

// appendResult carries out sql and appends its rows.
func appendResult(ctx context.Context, dst []byte, c Client, sql string) (_ []byte, err error) {
	rows, err := c.Query(ctx, sql)
	if err != nil {
		return dst, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	schema := rows.Schema()
	names := func(key string, name func(arrow.Field) string) {
		dst = append(dst, key...)
		for i, f := range schema.Fields() {
			if i > 0 {
				dst = append(dst, ',')
			}
			from := len(dst)
			dst = closeText(append(append(dst, '"'), name(f)...), from)
		}
	}
	names(`{"columns":[`, func(f arrow.Field) string { return f.Name })
	names(`],"types":[`, func(f arrow.Field) string { return datatype.Name(f.Type) })
	dst = append(dst, `],"rows":[`...)
	zone := zoneOf(c, schema)
	for n := 0; ; {
		rec, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return append(dst, "]}"...), nil
		}
		if err != nil {
			return dst, err
		}
		for i := range int(rec.NumRows()) {
			if n++; n > 1 {
				dst = append(dst, ',')
			}
			dst = appendRow(dst, rec.Columns(), i, zone)
		}
		rec.Release()
	}
}

// appendRow appends row i as an array of strings and nulls.
func appendRow(dst []byte, cols []arrow.Array, i int, zone *time.Location) []byte {
	dst = append(dst, '[')
	for j, col := range cols {
		if j > 0 {
			dst = append(dst, ',')
		}
		if isNull(col, i) {
			dst = append(dst, "null"...)
			continue
		}
		from := len(dst)
		dst = datatype.AppendTextIn(append(dst, '"'), col, i, zone)
		dst = closeText(dst, from)
	}
	return append(dst, ']')
}

// closeText makes what follows the quotation mark at dst[from] a JSON string.
func closeText(dst []byte, from int) []byte {
	switch text := dst[from+1:]; {
	case plainJSON(text):
		return append(dst, '"')
	case utf8.Valid(text):
		return datatype.AppendQuoted(dst[:from], string(text))
	default:
		return append(dst[:from], quoteJSON(string(text))...)
	}
}

// plainJSON reports whether text is the inside of a JSON string as it is.
func plainJSON(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
