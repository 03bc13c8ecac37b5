package funcs

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/javaregex"
	"github.com/winnowdb/winnow/proto/diag"
)

// logLines takes lines of logs apart. A line that does not fit gives NULL.
var logLines = []Scalar{
	strict("parse_logfmt", "parse_logfmt(s): the pairs of a line such as 'level=info msg=\"a b\"' as a map; parse_logfmt('a=1 b=\"x y\"')['b'] is 'x y'", textMap, pairsKernel(true), anyText),
	strict("parse_key_value", "parse_key_value(s, pair_delim, key_delim): the pairs of s as a map; parse_key_value('a=1;b=2', ';', '=')['b'] is '2'", textMap, pairsKernel(false), anyText, anyText, anyText),
	{Name: "grok", Doc: "grok(s, '%{NAME:field} …'): the named parts of s by a grok pattern, as a map; grok('GET /x', '%{WORD:verb} %{NOTSPACE:path}')['path'] is '/x'", Bind: bindGrok},
	{Name: "parse_clf", Doc: "parse_clf(s): a line of Apache's or nginx's common or combined log as a map (client, ident, user, time, method, path, protocol, status, bytes, referer, agent); parse_clf('::1 - - [x] \"GET / HTTP/1.0\" 200 5')['status'] is '200'",
		Bind: bindNamedGroups("parse_clf", clfPattern)},
	{Name: "parse_syslog", Doc: "parse_syslog(s): a line of syslog, RFC 3164 or 5424, as a map (priority, version, time, host, app, pid, id, message); parse_syslog('<13>Oct 11 22:14:15 h app[7]: hi')['app'] is 'app'",
		Bind: bindNamedGroups("parse_syslog", syslogPattern)},
}

var textMap = datatype.Map(datatype.String, datatype.String)

const clfPattern = `^(?<client>\S+) (?<ident>\S+) (?<user>.*?) \[(?<time>[^\]]*)\] "(?:(?<method>[A-Z]+) (?<path>.*?)(?: (?<protocol>[A-Z]+/[0-9.]+))?|(?<request>(?:[^"\\]|\\.)*))" (?<status>\d{3}|-) (?<bytes>\d+|-)(?: "(?<referer>(?:[^"\\]|\\.)*)" "(?<agent>(?:[^"\\]|\\.)*)")?`

const syslogPattern = `^(?:<(?<priority>\d{1,3})>)?(?:(?<version>\d) )?(?<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+|-) (?<host>\S+) (?<app>[^\s:\[]+)(?:\[(?<pid>\d+)\]: ?|: ?| (?<procid>\S+) (?<id>\S+) (?:-|(?<data>\[.*?\])) ?)(?<message>.*)$`

// pairsKernel reads pairs: separated by blanks, values perhaps in double quotes; or by the delimiters of
// arguments 2 and 3. The last of the same keys counts; a key without value has ”.
func pairsKernel(logfmt bool) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s := stringsOf(args[0])
		var p pairList
		return textMapRows(c, args, n, func(keys, values *textItems, i int) (bool, error) {
			p.reset()
			if logfmt {
				p.logfmt(s.at(i))
			} else if !p.delimited(s.at(i), stringsOf(args[1]).at(i), stringsOf(args[2]).at(i)) {
				return false, nil
			}
			for k := range p.keys {
				keys.add(p.keys[k])
				values.add(p.values[k])
			}
			return true, nil
		})
	}
}

// pairList is the pairs of one row, in the order of the first of each key.
type pairList struct {
	keys, values []string
	at           map[string]int // once there are many
}

func (p *pairList) reset() {
	p.keys, p.values = p.keys[:0], p.values[:0]
	clear(p.at)
}

func (p *pairList) put(key, value string) {
	const few = 16
	if len(p.keys) < few {
		for k := range p.keys {
			if p.keys[k] == key {
				p.values[k] = value
				return
			}
		}
	} else {
		if p.at == nil {
			p.at = map[string]int{}
		}
		if len(p.at) == 0 {
			for k := range p.keys {
				p.at[p.keys[k]] = k
			}
		}
		if k, ok := p.at[key]; ok {
			p.values[k] = value
			return
		}
		p.at[key] = len(p.keys)
	}
	p.keys, p.values = append(p.keys, key), append(p.values, value)
}

func (p *pairList) logfmt(s string) {
	for {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return
		}
		end := strings.IndexAny(s, "= \t\r\n")
		if end < 0 || s[end] != '=' {
			if end < 0 {
				end = len(s)
			}
			p.put(s[:end], "")
			s = s[end:]
			continue
		}
		key := s[:end]
		s = s[end+1:]
		value := ""
		if strings.HasPrefix(s, `"`) {
			value, s = quotedValue(s[1:])
		} else {
			end := strings.IndexAny(s, " \t\r\n")
			if end < 0 {
				end = len(s)
			}
			value, s = s[:end], s[end:]
		}
		if key != "" {
			p.put(key, value)
		}
	}
}

// quotedValue returns the text up to the closing quote, unescaped as JSON's, and what follows it.
func quotedValue(s string) (value, rest string) {
	escaped := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			if escaped = true; s[i+1] == 'u' && !hex4([]byte(s[i+2:])) {
				return s, ""
			}
			i++
		case s[i] == '"':
			if escaped {
				return string(appendUnescaped(nil, []byte(s[:i]))), s[i+1:]
			}
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func (p *pairList) delimited(s, pair, key string) bool {
	if pair == "" || key == "" {
		return false
	}
	for more := s != ""; more; {
		var item string
		item, s, more = strings.Cut(s, pair)
		if item == "" {
			continue
		}
		k, v, _ := strings.Cut(item, key)
		p.put(k, v)
	}
	return true
}

// bindNamedGroups binds a function of one text that gives the named groups of pattern as a map.
func bindNamedGroups(name, pattern string) func([]Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		casts, err := takes(name, args, []param{anyText})
		if err != nil {
			return Bound{}, err
		}
		re, err := javaregex.Compile(pattern, 0)
		if err != nil {
			return Bound{}, err
		}
		return Bound{Casts: casts, Type: textMap, Kernel: namedGroups(re, re.GroupNames())}, nil
	}
}

// namedGroups gives the groups that took part; names[g-1] is the name of group g, or "".
func namedGroups(re *javaregex.Regexp, names []string) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s := stringsOf(args[0])
		var p pairList
		var m []int
		return textMapRows(c, args[:1], n, func(keys, values *textItems, i int) (bool, error) {
			found, err := re.FindSubmatchIndex(m[:0], s.at(i))
			if tooHard(c, err) || found == nil {
				return false, nil
			}
			m = found
			p.reset()
			for g, name := range names {
				if name != "" && m[2*g+2] >= 0 {
					p.put(name, s.at(i)[m[2*g+2]:m[2*g+3]])
				}
			}
			for k := range p.keys {
				keys.add(p.keys[k])
				values.add(p.values[k])
			}
			return true, nil
		})
	}
}

func bindGrok(args []Arg) (Bound, error) {
	casts, err := takes("grok", args, []param{anyText, onlyText})
	if err != nil {
		return Bound{}, err
	}
	pattern, ok := constText(args, 1)
	if !ok {
		return Bound{}, diag.Errorf(diag.Type, "grok takes a constant pattern as argument 2")
	}
	re, names, err := compileGrok(pattern)
	if err != nil {
		return Bound{}, err
	}
	return Bound{Casts: casts, Type: textMap, Kernel: namedGroups(re, names)}, nil
}
