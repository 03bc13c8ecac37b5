package shell

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/winnowdb/winnow/exec/datatype"
)

// answer is one line of the machine mode.
type answer struct {
	Columns []string    `json:"columns"`
	Types   []string    `json:"types"`
	Rows    [][]*string `json:"rows"`
}

// maxLine bounds a statement of the machine mode, in bytes.
const maxLine = 64 << 20

// StdioJSON reads one {"sql": "…"} per line and writes one answer per line: {"columns", "types", "rows"}
// with values as Hive prints them, or {"error"}. It ends at the end of in.
func StdioJSON(ctx context.Context, c Client, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	w := bufio.NewWriter(out)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var req struct {
			SQL string `json:"sql"`
		}
		var reply any
		if err := json.Unmarshal(lines.Bytes(), &req); err != nil {
			reply = map[string]string{"error": "PROTOCOL: a line must be {\"sql\": \"…\"}: " + err.Error()}
		} else if a, err := ask(ctx, c, req.SQL); err != nil {
			reply = map[string]string{"error": err.Error()}
		} else {
			reply = a
		}
		if err := writeLine(w, reply); err != nil {
			return err
		}
	}
	return lines.Err()
}

func writeLine(w *bufio.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	return w.Flush()
}

func ask(ctx context.Context, c Client, sql string) (a *answer, err error) {
	rows, err := c.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil && cerr != nil {
			a, err = nil, cerr
		}
	}()
	a = &answer{Columns: []string{}, Types: []string{}, Rows: [][]*string{}}
	for _, f := range rows.Schema().Fields() {
		a.Columns = append(a.Columns, f.Name)
		a.Types = append(a.Types, datatype.Name(f.Type))
	}
	for {
		rec, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		for i := range int(rec.NumRows()) {
			row := make([]*string, rec.NumCols())
			for j, col := range rec.Columns() {
				if !isNull(col, i) {
					text := datatype.Text(col, i)
					row[j] = &text
				}
			}
			a.Rows = append(a.Rows, row)
		}
		rec.Release()
	}
}
