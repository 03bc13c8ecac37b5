package serde

import (
	"bytes"
	stdjson "encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/winnowdb/winnow/proto/diag"
)

func TestEventLines(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"Records":[{"a":1},{"a":"x}]\"{"}]}`, "{\"a\":1}\n{\"a\":\"x}]\\\"{\"}\n"},
		{"{ \"Records\" : [\n {\"a\": [1,\n{\"b\":2}]} ,\r\n {} ] }\n", "{\"a\": [1, {\"b\":2}]}\n{}\n"},
		{`{"Records":[]}`, ""},
		{`{"x":[{"a":1}],"y":{"Records":[{"a":2}]},"Records":[{"a":3}],"z":1}`, "{\"a\":3}\n"},
		{`{"Records":[{"a":1}]}{"Records":[{"a":2}]}`, "{\"a\":1}\n{\"a\":2}\n"},
		{`{"Records":[{"a":1},{"a":`, "{\"a\":1}\n{\"a\":"},
		{"{\"Records\":[{\"a\":\"x\ny\"}]}", "{\"a\":\"x y\"}\n"},
		{"", ""},
	} {
		for _, src := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
			got, err := io.ReadAll(newEventLines("f", src))
			if err != nil || string(got) != c.want {
				t.Errorf("%s: got %q, %v; want %q", c.text, got, err, c.want)
			}
		}
	}
	for _, text := range []string{`{"a":1}`, "{\"Record\":[{}]}\n", `{"Records":{"a":1}}`} {
		if _, err := io.ReadAll(newEventLines("f", strings.NewReader(text))); diag.KindOf(err) != diag.BadFile || !strings.Contains(err.Error(), "f:") {
			t.Errorf("%s: got %v, want BAD_FILE", text, err)
		}
	}
}

// FuzzEventLines: the lines of a good file are its events, however they are written, and no text upsets the reader.
func FuzzEventLines(f *testing.F) {
	f.Add(`{"Records":[{"a":1},{"b":"}"}]}`)
	f.Add(`{"Records":[{"a":[{"c":"\\\""}]}],"x":[{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := io.ReadAll(newEventLines("f", iotest.HalfReader(strings.NewReader(text))))
		var file map[string]stdjson.RawMessage
		var events []map[string]stdjson.RawMessage
		if stdjson.Unmarshal([]byte(text), &file) != nil || strings.Count(text, recordsKey) != 1 || strings.Contains(text, `\u`) ||
			stdjson.Unmarshal(file[recordsKey], &events) != nil || events == nil || slices.ContainsFunc(events, func(e map[string]stdjson.RawMessage) bool { return e == nil }) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Split(got, []byte("\n"))
		if len(lines) != len(events)+1 {
			t.Fatalf("%d lines of %d events: %q", len(lines)-1, len(events), got)
		}
		for i, want := range events {
			var event map[string]stdjson.RawMessage
			if err := stdjson.Unmarshal(lines[i], &event); err != nil || len(event) != len(want) {
				t.Errorf("line %q is not event %d: %v", lines[i], i, err)
			}
		}
	})
}
