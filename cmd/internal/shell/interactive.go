package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reeflective/readline"

	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/parse"
)

// editor reads one statement or meta command from a person.
type editor interface {
	// read returns what was typed; io.EOF for Ctrl-D, errInterrupt for Ctrl-C, with what it has thrown away.
	read(prompt string) (string, error)
}

// errInterrupt is Ctrl-C at the prompt.
var errInterrupt = errors.New("interrupt")

// plainEditor reads lines where the terminal can do no more.
type plainEditor struct {
	in  *bufio.Reader
	out io.Writer
}

func (p *plainEditor) read(prompt string) (string, error) {
	fmt.Fprint(p.out, prompt)
	var text strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		text.WriteString(line)
		if err != nil && text.Len() == 0 {
			return "", err
		}
		if err != nil || complete(text.String()) {
			return text.String(), nil
		}
		fmt.Fprint(p.out, "    -> ")
	}
}

// complete reports whether text is a meta command, blank, or ends its statements.
func complete(text string) bool {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || isMeta(trimmed) {
		return true
	}
	statements, rest := parse.Split(text)
	return len(statements) > 0 && parse.Blank(rest)
}

// lineEditor is the full editor: several lines, history, completion, highlighting.
type lineEditor struct{ rl *readline.Shell }

func (s *Shell) newEditor(ctx context.Context) editor {
	if !IsTerminal(os.Stdin) || os.Getenv("TERM") == "dumb" {
		return &plainEditor{bufio.NewReader(os.Stdin), s.opts.Err}
	}
	rl := readline.NewShell()
	answers, typed := reportsCursor()
	if err := rl.Config.Set("cursor-position-probe", answers); err != nil {
		fmt.Fprintln(s.opts.Err, "winnow: line editor:", err)
	}
	rl.Keys.Feed(false, []rune(string(typed))...)
	rl.AcceptMultiline = func(line []rune) bool { return complete(string(line)) }
	if s.color() {
		rl.SyntaxHighlighter = func(line []rune) string { return highlight(string(line)) }
	}
	rl.Completer = func(line []rune, cursor int) readline.Completions {
		return readline.CompleteValues(s.words(ctx, string(line[:cursor]))...).NoSpace('.', '(')
	}
	if s.opts.History != "" && os.MkdirAll(filepath.Dir(s.opts.History), 0o700) == nil {
		if f, err := os.OpenFile(s.opts.History, os.O_CREATE|os.O_APPEND, 0o600); err == nil {
			f.Close()
			rl.History.AddFromFile("history", s.opts.History)
		}
	}
	rl.Prompt.Secondary(func() string { return "    -> " })
	return &lineEditor{rl}
}

func (l *lineEditor) read(prompt string) (string, error) {
	l.rl.Prompt.Primary(func() string { return prompt })
	text, err := l.rl.Readline()
	if errors.Is(err, readline.ErrInterrupt) {
		return text, errInterrupt
	}
	return text, err
}

func (s *Shell) color() bool {
	switch s.opts.Color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && isTerminal(s.opts.Out)
}

// Interactive reads and carries out statements until the end of input or quit. Errors do not end it.
func (s *Shell) Interactive(ctx context.Context) error {
	ed := s.newEditor(ctx)
	_, zone := s.opts.Client.Database()
	fmt.Fprintf(s.opts.Err, "winnow: end statements with ;  help for commands, quit to leave. time zone %s\n", zone)
	interrupted := false
	for ctx.Err() == nil {
		database, _ := s.opts.Client.Database()
		text, err := ed.read("winnow:" + database + "> ")
		switch {
		case errors.Is(err, errInterrupt):
			if strings.TrimSpace(text) != "" {
				interrupted = false // it has ended a line, as in any shell
				continue
			}
			if interrupted {
				return nil
			}
			interrupted = true
			fmt.Fprintln(s.opts.Err, "press Ctrl-C again, or Ctrl-D, to leave")
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		interrupted = false
		if isMeta(strings.TrimSpace(text)) {
			if s.meta(ctx, strings.TrimSpace(text)) {
				return nil
			}
			continue
		}
		if err := s.Run(ctx, text); err != nil {
			continue // it has been shown
		}
	}
	return nil
}

// words are the completions of the last word of text.
func (s *Shell) words(ctx context.Context, text string) []string {
	start := strings.LastIndexFunc(text, func(r rune) bool { return !isWord(r) && r != '.' && r != '\\' }) + 1
	prefix := strings.ToLower(text[start:])
	var all []string
	add := func(names ...string) {
		for _, n := range names {
			if strings.HasPrefix(strings.ToLower(n), prefix) && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	if strings.HasPrefix(prefix, `\`) {
		for _, m := range metaCommands {
			add(m.name)
		}
		return all
	}
	add(parse.Keywords()...)
	for d := range funcs.Docs() {
		add(d.Name)
	}
	snap, err := s.opts.Client.Tables(ctx)
	if err != nil || snap == nil {
		return all
	}
	current, _ := s.opts.Client.Database()
	for _, db := range snap.Databases {
		add(db.Name)
		for _, t := range db.Tables {
			if db.Name == current {
				add(t.Name)
				for _, c := range t.AllColumns() {
					add(c.Name)
				}
			}
			add(db.Name + "." + t.Name)
		}
	}
	return all
}

func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
}

// highlight colours keywords, strings, numbers and comments.
func highlight(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		j := token(text, i)
		word := text[i:j]
		switch c := word[0]; {
		case strings.HasPrefix(word, "--"):
			b.WriteString("\x1b[90m" + word + "\x1b[0m")
		case c == '\'' || c == '"':
			b.WriteString("\x1b[32m" + word + "\x1b[0m")
		case c >= '0' && c <= '9':
			b.WriteString("\x1b[36m" + word + "\x1b[0m")
		case isWord(rune(c)) && slices.Contains(parse.Keywords(), strings.ToLower(word)):
			b.WriteString("\x1b[1;34m" + word + "\x1b[0m")
		default:
			b.WriteString(word)
		}
		i = j
	}
	return b.String()
}

// token returns the end of the token of text that begins at i.
func token(text string, i int) int {
	rest := text[i:]
	switch c := text[i]; {
	case strings.HasPrefix(rest, "--"):
		if n := strings.IndexByte(rest, '\n'); n >= 0 {
			return i + n
		}
		return len(text)
	case c == '\'' || c == '"' || c == '`':
		for j := i + 1; j < len(text); j++ {
			if text[j] == '\\' {
				j++
			} else if text[j] == c {
				return j + 1
			}
		}
		return len(text)
	case isWord(rune(c)):
		j := i
		for j < len(text) && (isWord(rune(text[j])) || text[j] >= 0x80) {
			j++
		}
		return j
	}
	return i + 1
}
