// Package diag is the error that a user sees: a kind, a place in the statement or in the data,
// one sentence and a hint. It is made at the place that knows what is wrong, carried unchanged
// through planner, workers and front ends, and drawn once, by the front end that shows it.
//
// Read Error first.
package diag

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Kind says what sort of fault an Error is; callers decide by it, and front ends map it to
// exit codes and gRPC status codes.
type Kind string

// The kinds. Only Throttled, Unavailable and Lost may be retried.
const (
	Syntax      Kind = "SYNTAX"
	Unknown     Kind = "UNKNOWN" // a name that is not there
	Type        Kind = "TYPE"
	Unsupported Kind = "UNSUPPORTED"
	NotFound    Kind = "NOT_FOUND"
	Exists      Kind = "EXISTS"
	Denied      Kind = "DENIED"
	Auth        Kind = "AUTH"
	Limit       Kind = "LIMIT"
	BadFile     Kind = "BAD_FILE"
	BadValue    Kind = "BAD_VALUE"
	Changed     Kind = "CHANGED"
	Throttled   Kind = "THROTTLED"
	Unavailable Kind = "UNAVAILABLE"
	Lost        Kind = "LOST" // a worker or its answer was lost
	Cancelled   Kind = "CANCELLED"
	Timeout     Kind = "TIMEOUT"
	Config      Kind = "CONFIG"
	Protocol    Kind = "PROTOCOL"
	Conflict    Kind = "CONFLICT"
	Internal    Kind = "INTERNAL"
)

// Span is the byte range [Start, End) of a statement. The zero Span means no place.
type Span struct{ Start, End int }

// Join returns the smallest span that covers both; a zero Span is ignored.
func (s Span) Join(t Span) Span {
	if s == (Span{}) {
		return t
	}
	if t == (Span{}) {
		return s
	}
	return Span{min(s.Start, t.Start), max(s.End, t.End)}
}

// Error is a fault as told to the user.
type Error struct {
	Kind Kind
	Span Span   // where in the statement, if it is there
	Msg  string // one sentence, lower case, no full stop; names quoted as typed
	Hint string // what to do, or ""
	Err  error  // cause, or nil
}

// Errorf returns an Error of kind k without a place. A %w verb sets Err.
func Errorf(k Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: k, Msg: err.Error(), Err: errors.Unwrap(err)}
}

// At returns an Error of kind k at span s.
func At(s Span, k Kind, format string, args ...any) *Error {
	e := Errorf(k, format, args...)
	e.Span = s
	return e
}

// WithHint sets the hint and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Error returns the one-line form: KIND: message: hint.
func (e *Error) Error() string {
	s := string(e.Kind) + ": " + e.Msg
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first *Error in err's chain, Internal if there is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Render draws err for a person: kind and message with line:column, the line of sql that e.Span
// names, a caret under it, and the hint. An error without a span is drawn on one or two lines.
func (e *Error) Render(sql string) string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	b.WriteString(": ")
	if e.Span == (Span{}) || e.Span.Start > len(sql) {
		b.WriteString(e.Msg)
	} else {
		e.caret(&b, sql)
	}
	if e.Hint != "" {
		b.WriteString("\nhint: " + e.Hint)
	}
	return b.String()
}

func (e *Error) caret(b *strings.Builder, sql string) {
	line, col := Position(sql, e.Span.Start)
	fmt.Fprintf(b, "%d:%d: %s\n", line, col, e.Msg)
	start := strings.LastIndexByte(sql[:e.Span.Start], '\n') + 1
	end := len(sql)
	if i := strings.IndexByte(sql[e.Span.Start:], '\n'); i >= 0 {
		end = e.Span.Start + i
	}
	text := strings.ReplaceAll(strings.TrimRight(sql[start:end], "\r"), "\t", " ")
	width := utf8.RuneCountInString(sql[e.Span.Start:max(e.Span.Start, min(e.Span.End, end))])
	prefix := fmt.Sprintf("%d | ", line)
	b.WriteString(prefix + text + "\n")
	b.WriteString(strings.Repeat(" ", len(prefix)+col-1) + strings.Repeat("^", max(1, width)))
}

// Position returns the 1-based line and column (in characters) of byte offset off in sql.
func Position(sql string, off int) (line, col int) {
	off = min(off, len(sql))
	before := sql[:off]
	line = 1 + strings.Count(before, "\n")
	col = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return line, col
}
