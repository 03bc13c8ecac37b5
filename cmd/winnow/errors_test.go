package main

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/tools/txtar"
)

// kinds are the codes that a user may see; INTERNAL is none of them.
var kinds = regexp.MustCompile(`^(SYNTAX|UNKNOWN|TYPE|UNSUPPORTED|NOT_FOUND|EXISTS|DENIED|AUTH|LIMIT|BAD_FILE|BAD_VALUE|CHANGED|THROTTLED|UNAVAILABLE|LOST|CANCELLED|TIMEOUT|CONFIG|PROTOCOL|CONFLICT): `)

// program matches what only a programmer can read: Go types, files, stacks.
var program = regexp.MustCompile(`\*?\b(ast|logical|expr|arrow|array|bind|diag|winnowpb|op|serde)\.[A-Z]|\.go:\d|goroutine \d|0x[0-9a-f]{8}|<nil>|%!`)

// wanted matches a message that says itself what to write.
var wanted = regexp.MustCompile(`expected |wants? |takes |which is no |is no number from|does not fit`)

// TestErrorShape holds the error of every golden of bad input and of errors to its form: a code, where or of what it is, and what to do.
func TestErrorShape(t *testing.T) {
	seen := 0
	for _, folder := range []string{"bad", "errors"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "testdata", folder, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range ar.Files {
				if text := strings.TrimSpace(string(f.Data)); f.Name == errorSection && text != "" {
					seen++
					if why := misshapen(text); why != "" {
						t.Errorf("%s: %s:\n%.500s", file, why, text)
					}
				}
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d errors were looked at", seen)
	}
}

func misshapen(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case !kinds.MatchString(text):
		return "it has no code, or INTERNAL"
	case program.MatchString(text):
		return "it speaks of the program"
	case strings.HasSuffix(first, "."):
		return "it ends in a full stop"
	case !strings.Contains(text, "\nhint: ") && !wanted.MatchString(first):
		return "it does not say what to do"
	}
	return ""
}

// TestMisshapen keeps the test above sharp.
func TestMisshapen(t *testing.T) {
	for text, bad := range map[string]bool{
		"TYPE: 1:2: a is no b\nhint: cast it":          false,
		"SYNTAX: 1:2: expected a name, found \"-\"":    false,
		"SYNTAX: 1:2: this is wrong":                   true,
		"INTERNAL: 1:2: expected a name":               true,
		"TYPE: *ast.Literal where a name is\nhint: no": true,
		"expected a name":                              true,
		"TYPE: a is wrong.\nhint: cast it":             true,
	} {
		if got := misshapen(text); (got != "") != bad {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestErrorCalls holds every call that makes an error for the user to the house's form, also those that no golden shows.
func TestErrorCalls(t *testing.T) {
	calls := 0
	sources(t, false, func(_, file string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			of, _ := sel.X.(*ast.Ident)
			if of == nil || of.Name != "diag" || sel.Sel.Name != "Errorf" && sel.Sel.Name != "At" {
				return true
			}
			internal := false
			for _, arg := range call.Args {
				if s, ok := arg.(*ast.SelectorExpr); ok && s.Sel.Name == "Internal" {
					internal = true
				}
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				calls++
				if format, err := strconv.Unquote(lit.Value); err == nil && !internal {
					checkFormatText(t, file, format)
				}
				break
			}
			return true
		})
	})
	if calls < 400 {
		t.Errorf("only %d calls were looked at", calls)
	}
}

// checkFormatText checks the format of one error: lower case unless it begins with a name or keyword, no full stop, no Go
// types, none of the empty words.
func checkFormatText(t *testing.T, file, format string) {
	word, _, _ := strings.Cut(format, " ")
	if r := []rune(word); len(r) > 1 && unicode.IsUpper(r[0]) && unicode.IsLower(r[1]) && strings.ToLower(word[1:]) == word[1:] && !names[word] {
		t.Errorf("%s: %q begins with a capital", file, format)
	}
	if strings.HasSuffix(format, ".") || strings.Contains(format, "%T") || strings.Contains(format, "%#v") ||
		strings.Contains(format, "failed to") || strings.Contains(format, "invalid argument") {
		t.Errorf("%s: %q", file, format)
	}
}

// names begin errors with a capital, as they always have one.
var names = map[string]bool{"Hive": true, "Go": true, "Java": true}
