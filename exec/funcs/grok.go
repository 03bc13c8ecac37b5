package funcs

import (
	"strings"

	"github.com/winnowdb/winnow/exec/javaregex"
	"github.com/winnowdb/winnow/proto/diag"
)

// maxGrok bounds the length of a grok pattern with all its names written out.
const maxGrok = 32 << 10

// grokPatterns returns the patterns that %{NAME} stands for: those of Logstash that logs need, in our own words.
func grokPatterns() map[string]string {
	return map[string]string{
		"WORD": `\b\w+\b`, "NOTSPACE": `\S+`, "SPACE": `\s*`, "DATA": `.*?`, "GREEDYDATA": `.*`,
		"INT": `[+-]?\d+`, "NUMBER": `[+-]?(?:\d+(?:\.\d+)?|\.\d+)`, "BASE10NUM": `%{NUMBER}`, "POSINT": `\b[1-9]\d*\b`, "NONNEGINT": `\b\d+\b`,
		"BASE16NUM": `[+-]?(?:0x)?[0-9A-Fa-f]+`, "USERNAME": `[a-zA-Z0-9._-]+`, "USER": `%{USERNAME}`,
		"EMAILLOCALPART": `[a-zA-Z0-9!#$%&'*+/=?^_{|}~.-]+`, "EMAILADDRESS": `%{EMAILLOCALPART}@%{HOSTNAME}`,
		"QUOTEDSTRING": `(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`, "QS": `%{QUOTEDSTRING}`, "UUID": `[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`,
		"IPV4": `(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`, "IPV6": `(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{0,4}|%{IPV4})(?:%\w+)?`,
		"IP": `(?:%{IPV6}|%{IPV4})`, "HOSTNAME": `\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?`, "HOST": `%{HOSTNAME}`,
		"IPORHOST": `(?:%{IP}|%{HOSTNAME})`, "HOSTPORT": `%{IPORHOST}:%{POSINT}`, "MAC": `(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}`,
		"PATH": `(?:%{UNIXPATH}|%{WINPATH})`, "UNIXPATH": `(?:/[\w%!$@:.,+~-]*)+`, "WINPATH": `(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+`,
		"URIPROTO": `[A-Za-z][A-Za-z0-9+.-]+`, "URIHOST": `%{IPORHOST}(?::\d+)?`, "URIPATH": `(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`, "URIPARAM": `\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*`,
		"URIPATHPARAM": `%{URIPATH}(?:%{URIPARAM})?`, "URI": `%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?`,
		"MONTH":    `\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b`,
		"MONTHNUM": `(?:0?[1-9]|1[0-2])`, "MONTHDAY": `(?:0[1-9]|[12]\d|3[01]|[1-9])`, "DAY": `(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?`, "YEAR": `\d{2,4}`,
		"HOUR": `(?:2[0-3]|[01]?\d)`, "MINUTE": `[0-5]\d`, "SECOND": `(?:[0-5]?\d|60)(?:[:.,]\d+)?`, "TIME": `%{HOUR}:%{MINUTE}(?::%{SECOND})?`, "ISO8601_TIMEZONE": `(?:Z|[+-]%{HOUR}(?::?%{MINUTE})?)`,
		"DATE_US": `%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}`, "DATE_EU": `%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}`, "TZ": `[A-Z]{3,4}`,
		"TIMESTAMP_ISO8601": `%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?`,
		"SYSLOGTIMESTAMP":   `%{MONTH} +%{MONTHDAY} %{TIME}`, "HTTPDATE": `%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}`, "DATESTAMP": `(?:%{DATE_US}|%{DATE_EU})[- ]%{TIME}`,
		"PROG": `[!-Z\\^-~]+`, "SYSLOGPROG": `%{PROG:program}(?:\[%{POSINT:pid}\])?`, "SYSLOGHOST": `%{IPORHOST}`, "SYSLOGBASE": `%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGHOST:logsource} )?%{SYSLOGPROG}:`,
		"SYSLOGLINE": `%{SYSLOGBASE} %{GREEDYDATA:message}`, "HTTPDUSER": `(?:%{EMAILADDRESS}|%{USER})`,
		"LOGLEVEL":          `(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)`,
		"COMMONAPACHELOG":   `%{IPORHOST:clientip} %{HTTPDUSER:ident} %{HTTPDUSER:auth} \[%{HTTPDATE:timestamp}\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" (?:-|%{NUMBER:response}) (?:-|%{NUMBER:bytes})`,
		"COMBINEDAPACHELOG": `%{COMMONAPACHELOG} %{QS:referrer} %{QS:agent}`,
		"NGINXACCESS":       `%{COMBINEDAPACHELOG}`,
	}
}

// grokCompiler writes a grok pattern out as a regular expression.
type grokCompiler struct {
	patterns map[string]string
	out      strings.Builder
	fields   []string // of group 1 + index; "" for groups of the pattern's own
}

// compileGrok compiles a pattern. names[g-1] is the field that group g gives, or "".
func compileGrok(pattern string) (re *javaregex.Regexp, names []string, err error) {
	g := &grokCompiler{patterns: grokPatterns()}
	if err := g.expand(pattern, 0); err != nil {
		return nil, nil, err
	}
	if re, err = javaregex.Compile(g.out.String(), 0); err != nil {
		return nil, nil, err
	}
	names = re.GroupNames()
	for k, n := range names {
		if rest, ok := strings.CutPrefix(n, "winnow"); ok { // our own: an index of fields
			at := 0
			for _, c := range rest {
				at = at*10 + int(c-'0')
			}
			names[k] = g.fields[at]
		}
	}
	return re, names, nil
}

// expand writes pattern with every %{NAME}, %{NAME:field} and %{NAME:field:type} replaced.
func (g *grokCompiler) expand(pattern string, depth int) error {
	if depth > 20 {
		return diag.Errorf(diag.Limit, "grok patterns name each other too deeply")
	}
	for {
		at := strings.Index(pattern, "%{")
		if at < 0 {
			g.out.WriteString(pattern)
			return nil
		}
		g.out.WriteString(pattern[:at])
		ref, rest, ok := strings.Cut(pattern[at+2:], "}")
		if !ok {
			return diag.Errorf(diag.Syntax, "grok pattern %q: unclosed %%{", pattern)
		}
		pattern = rest
		name, field, hasField := strings.Cut(ref, ":")
		field, _, _ = strings.Cut(field, ":")
		body, ok := g.patterns[name]
		if !ok {
			var names []string
			for n := range g.patterns {
				names = append(names, n)
			}
			err := diag.Errorf(diag.Unknown, "no grok pattern %q", name)
			err.Hint = diag.DidYouMean(name, names)
			return err
		}
		if hasField {
			g.out.WriteString("(?<winnow" + itoa(len(g.fields)) + ">")
			g.fields = append(g.fields, field)
		} else {
			g.out.WriteString("(?:")
		}
		if err := g.expand(body, depth+1); err != nil {
			return err
		}
		g.out.WriteString(")")
		if g.out.Len() > maxGrok {
			return diag.Errorf(diag.Limit, "a grok pattern of more than %d bytes when written out", maxGrok)
		}
	}
}
