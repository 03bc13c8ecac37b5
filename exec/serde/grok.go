package serde

import (
	"fmt"
	"strings"

	"github.com/winnowdb/winnow/exec/javaregex"
	"github.com/winnowdb/winnow/proto/diag"
)

const (
	grokKey       = "input.format"
	grokCustomKey = "input.grokcustompatterns"
)

// grokPatterns are the usual names of grok, one per line: the name, a blank, the regular expression.
const grokPatterns = `USERNAME [a-zA-Z0-9._-]+
USER %{USERNAME}
EMAILADDRESS [a-zA-Z0-9!#$%&'*+\-/=?^_{|}~.]+@%{HOSTNAME}
INT [+-]?[0-9]+
BASE10NUM [+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
NUMBER %{BASE10NUM}
BASE16NUM [+-]?(?:0x)?[0-9A-Fa-f]+
POSINT \b[1-9][0-9]*\b
NONNEGINT \b[0-9]+\b
WORD \b\w+\b
NOTSPACE \S+
SPACE \s*
DATA .*?
GREEDYDATA .*
QUOTEDSTRING (?:"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*')
QS %{QUOTEDSTRING}
UUID [A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}
MAC (?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}
IPV6 (?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|%{IPV4})?
IPV4 (?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})
IP (?:%{IPV6}|%{IPV4})
HOSTNAME \b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?
HOST %{HOSTNAME}
IPORHOST (?:%{IP}|%{HOSTNAME})
HOSTPORT %{IPORHOST}:%{POSINT}
UNIXPATH (?:/[\w_%!$@:.,+~-]*)+
WINPATH (?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+
PATH (?:%{UNIXPATH}|%{WINPATH})
TTY /dev/(?:pts|tty[pq]?)(?:\w+)?/?[0-9]+
URIPROTO [A-Za-z]+(?:\+[A-Za-z+]+)?
URIHOST %{IPORHOST}(?::%{POSINT})?
URIPATH (?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+
URIPARAM \?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*
URIPATHPARAM %{URIPATH}(?:%{URIPARAM})?
URI %{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?
MONTH \b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]un(?:e)?|[Jj]ul(?:y)?|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\b
MONTHNUM (?:0?[1-9]|1[0-2])
MONTHDAY (?:0[1-9]|[12][0-9]|3[01]|[1-9])
DAY (?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)
YEAR (?:\d\d){1,2}
HOUR (?:2[0123]|[01]?[0-9])
MINUTE [0-5][0-9]
SECOND (?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?
TIME %{HOUR}:%{MINUTE}(?::%{SECOND})?
DATE_US %{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}
DATE_EU %{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}
DATE (?:%{DATE_US}|%{DATE_EU})
ISO8601_TIMEZONE (?:Z|[+-]%{HOUR}(?::?%{MINUTE}))
TIMESTAMP_ISO8601 %{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?
TZ (?:[PMCE][SD]T|UTC)
HTTPDATE %{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}
SYSLOGTIMESTAMP %{MONTH} +%{MONTHDAY} %{TIME}
PROG [\w._/%-]+
SYSLOGPROG %{PROG}(?:\[%{POSINT}\])?
SYSLOGHOST %{IPORHOST}
LOGLEVEL (?:[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo|INFO|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|EMERG(?:ENCY)?|[Ee]merg(?:ency)?)
COMMONAPACHELOG %{IPORHOST:clientip} %{NOTSPACE:ident} %{NOTSPACE:auth} \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{NUMBER:response} (?:%{NUMBER:bytes}|-)
COMBINEDAPACHELOG %{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}
`

// grok is a grok expression written out as a regular expression.
type grok struct {
	patterns map[string]string
	names    []string // of the groups, in order
}

// compileGrok returns the regular expression of input.format and the group of each column.
func compileGrok(s *spec) (*javaregex.Regexp, []int, error) {
	text, ok := s.props.first(grokKey)
	if !ok {
		return nil, nil, diag.Errorf(diag.Config, "GrokSerDe wants the property %q", grokKey)
	}
	g := &grok{patterns: map[string]string{}}
	for line := range strings.Lines(grokPatterns + s.props[grokCustomKey]) {
		if name, pattern, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " "); ok {
			g.patterns[name] = pattern
		}
	}
	pattern, err := g.expand(text, 0)
	if err != nil {
		return nil, nil, err
	}
	re, err := compilePattern(grokKey, pattern, false)
	if err != nil {
		return nil, nil, err
	}
	groups, err := g.groups(s)
	return re, groups, err
}

// expand replaces %{NAME} and %{NAME:column}; the latter become named groups, so that groups of the
// expression itself do not count.
func (g *grok) expand(text string, depth int) (string, error) {
	if depth > 30 {
		return "", diag.Errorf(diag.Config, "property %q: patterns refer to each other in a circle", grokCustomKey)
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "%{")
		b.WriteString(before)
		if !ok || b.Len() > 1<<20 {
			return b.String(), nil
		}
		ref, after, ok := strings.Cut(rest, "}")
		if !ok {
			return "", diag.Errorf(diag.Config, "property %q: %%{ without }", grokKey)
		}
		name, column, _ := strings.Cut(ref, ":")
		pattern, ok := g.patterns[name]
		if !ok {
			return "", diag.Errorf(diag.Config, "property %q: no grok pattern %q", grokKey, name).
				WithHint("define it in %q, one per line: NAME regex", grokCustomKey)
		}
		if column != "" {
			column, _, _ = strings.Cut(column, ":")
			g.names = append(g.names, strings.ToLower(column))
		}
		inner, err := g.expand(pattern, depth+1)
		if err != nil {
			return "", err
		}
		if column != "" {
			fmt.Fprintf(&b, "(?<g%d>%s)", len(g.names), inner)
		} else {
			b.WriteString("(?:" + inner + ")")
		}
		text = after
	}
}

// groups returns the name number of each column: by name, or by position if no name is a column's.
func (g *grok) groups(s *spec) ([]int, error) {
	at := map[string]int{}
	for i, n := range g.names {
		at[n] = i + 1
	}
	out, found := make([]int, len(s.Columns)), 0
	for i, c := range s.Columns {
		if out[i] = at[strings.ToLower(c.Name)]; out[i] > 0 {
			found++
		}
	}
	if found == len(out) {
		return out, nil
	}
	if len(g.names) != len(out) {
		return nil, diag.Errorf(diag.Config, "input.format has %d names and the table has %d columns", len(g.names), len(s.Columns))
	}
	for i := range out {
		out[i] = i + 1
	}
	return out, nil
}

func checkGrok(s *spec) error {
	if _, _, err := compileGrok(s); err != nil {
		return err
	}
	return checkPrimitive(s, "GrokSerDe")
}

func newGrok(s *spec, need Need) (Decoder, error) {
	re, groups, err := compileGrok(s)
	if err != nil {
		return nil, err
	}
	for i, g := range groups {
		groups[i] = re.GroupIndex(fmt.Sprintf("g%d", g))
	}
	t, err := newTexts(s, texts{})
	if err != nil {
		return nil, err
	}
	return newRegexChunk(s, need, &regex{re: re, texts: t, columns: groups, find: true})
}
