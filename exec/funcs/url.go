package funcs

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/javaregex"
)

// urls takes URLs apart.
var urls = []Scalar{
	{Name: "parse_url", Doc: "parse_url(url, part[, key]): HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE or USERINFO of a URL, or the value of a key of its query; parse_url('http://h.com/p?k=v', 'QUERY', 'k') is 'v'", Bind: bindParseURL},
	strict("url_decode", "url_decode(s): s with %xx and + replaced by what they stand for, NULL if a % is not followed by two digits; url_decode('a%20b+c') is 'a b c'", datatype.String,
		tryText(datatype.String, appendURLDecoded), anyText),
	strict("url_encode", "url_encode(s): s as a value in a URL's query; url_encode('a b&c') is 'a+b%26c'", datatype.String, mapText(datatype.String, appendURLEncoded), anyText),
	strict("url_extract_host", "url_extract_host(url): the host; url_extract_host('s3://bucket/key') is 'bucket'", datatype.String, urlKernel(func(u *url) (string, bool) { return u.host, u.host != "" }), anyText),
	strict("url_extract_path", "url_extract_path(url): the path; url_extract_path('http://h.com/p?k=v') is '/p'", datatype.String, urlKernel(func(u *url) (string, bool) { return u.path, true }), anyText),
	strict("url_extract_query", "url_extract_query(url): the query without ?; url_extract_query('http://h.com/p?k=v') is 'k=v'", datatype.String, urlKernel(func(u *url) (string, bool) { return u.query, u.hasQuery }), anyText),
	strict("url_extract_fragment", "url_extract_fragment(url): what follows #; url_extract_fragment('http://h.com/#top') is 'top'", datatype.String, urlKernel(func(u *url) (string, bool) { return u.ref, u.hasRef }), anyText),
	strict("url_extract_protocol", "url_extract_protocol(url): the protocol; url_extract_protocol('s3://bucket/key') is 's3'", datatype.String, urlKernel(func(u *url) (string, bool) { return strings.ToLower(u.protocol), true }), anyText),
	strict("url_extract_port", "url_extract_port(url): the port as written, else NULL; url_extract_port('http://h.com:8080/') is 8080", datatype.BigInt, urlPort, anyText),
	strict("url_extract_parameter", "url_extract_parameter(url, key): the decoded value of a key of the query; url_extract_parameter('http://h.com/?q=a%20b', 'q') is 'a b'", datatype.String, urlParameter, anyText, anyText),
}

// url is the parts of a URL, as java.net.URL splits it: nothing is decoded, the first # and ? count.
type url struct {
	protocol, authority, user, host, port string
	path, query, ref                      string
	hasAuthority, hasUser                 bool
	hasQuery, hasRef                      bool
}

// parseURL splits s. It fails for text without protocol and for a port that is no number.
func parseURL(s string) (u url, ok bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if len(s) > 4 && strings.EqualFold(s[:4], "url:") {
		s = s[4:]
	}
	colon := strings.IndexAny(s, ":/?#")
	if colon < 1 || s[colon] != ':' || !isProtocol(s[:colon]) {
		return u, false
	}
	u.protocol, s = s[:colon], s[colon+1:]
	s, u.ref, u.hasRef = strings.Cut(s, "#")
	s, u.query, u.hasQuery = strings.Cut(s, "?")
	if u.path, u.hasAuthority = strings.CutPrefix(s, "//"); !u.hasAuthority {
		u.path = s
		return u, true
	}
	u.authority = u.path
	u.path = ""
	if slash := strings.IndexByte(u.authority, '/'); slash >= 0 {
		u.authority, u.path = u.authority[:slash], u.authority[slash:]
	}
	host := u.authority
	if at := strings.IndexByte(host, '@'); at >= 0 {
		if strings.IndexByte(host[at+1:], '@') >= 0 { // Java: no host at all
			return u, true
		}
		u.user, host, u.hasUser = host[:at], host[at+1:], true
	}
	u.host = host
	after := ""
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']') + 1
		if end == 0 {
			return u, false
		}
		u.host, after = host[:end], host[end:]
		if after != "" && after[0] != ':' {
			return u, false
		}
	} else if colon := strings.IndexByte(host, ':'); colon >= 0 {
		u.host, after = host[:colon], host[colon:]
	}
	if after != "" {
		u.port = after[1:]
	}
	for i := range len(u.port) {
		if u.port[i] < '0' || u.port[i] > '9' {
			return u, false
		}
	}
	return u, len(u.port) < 10
}

func isProtocol(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

// javaKnows reports whether java.net.URL takes the protocol; parse_url gives NULL for others.
func (u *url) javaKnows() bool {
	for _, p := range []string{"http", "https", "ftp", "file", "mailto", "jar"} {
		if strings.EqualFold(u.protocol, p) {
			return true
		}
	}
	return false
}

// part returns a part by parse_url's name for it.
func (u *url) part(name string) (string, bool) {
	switch name {
	case "HOST":
		return u.host, true
	case "PATH":
		return u.path, true
	case "QUERY":
		return u.query, u.hasQuery
	case "REF":
		return u.ref, u.hasRef
	case "PROTOCOL":
		return strings.ToLower(u.protocol), true
	case "AUTHORITY":
		return u.authority, u.hasAuthority
	case "FILE":
		if u.hasQuery {
			return u.path + "?" + u.query, true
		}
		return u.path, true
	case "USERINFO":
		return u.user, u.hasUser
	}
	return "", false
}

// parameter returns the value of the first key= in the query.
func (u *url) parameter(key string) (string, bool) {
	for rest, more := u.query, u.hasQuery; more; {
		var pair string
		pair, rest, more = strings.Cut(rest, "&")
		if k, v, ok := strings.Cut(pair, "="); ok && k == key {
			return v, true
		}
	}
	return "", false
}

// urlParser keeps the last URL, as parse_url is often called several times in a row, and the last key.
type urlParser struct {
	last string
	u    url
	ok   bool

	key   string
	keyRE *javaregex.Regexp // nil: the key is plain text
}

func (p *urlParser) parse(s string) (*url, bool) {
	if s != p.last || p.last == "" {
		p.u, p.ok = parseURL(s)
		p.last = s
	}
	return &p.u, p.ok
}

func bindParseURL(args []Arg) (Bound, error) {
	casts, err := takes("parse_url", args, []param{anyText, anyText, anyText.optional()})
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s, part := stringsOf(args[0]), stringsOf(args[1])
		var p urlParser
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			key, keyed := "", len(args) > 2
			if keyed {
				key = stringsOf(args[2]).at(i)
			}
			v, ok := p.get(s.at(i), part.at(i), key, keyed)
			return append(dst, v...), ok
		})
	}}, err
}

// get is parse_url of one row.
func (p *urlParser) get(s, part, key string, keyed bool) (string, bool) {
	u, ok := p.parse(s)
	if !ok || !u.javaKnows() || keyed && part != "QUERY" {
		return "", false
	}
	if keyed {
		return p.parameter(u, key)
	}
	return u.part(part)
}

// parameter looks a key up in the query. As in Hive a key is a regular expression: (&|^)key=([^&]*).
func (p *urlParser) parameter(u *url, key string) (string, bool) {
	if !strings.ContainsAny(key, `.*+?|^$\()[]{}`) {
		return u.parameter(key)
	}
	if key != p.key {
		p.key = key
		p.keyRE, _ = javaregex.Compile("(?:&|^)(?:"+key+")=([^&]*)", 0)
	}
	if p.keyRE == nil {
		return u.parameter(key)
	}
	m, err := p.keyRE.FindSubmatchIndex(nil, u.query)
	if m == nil || err != nil {
		return "", false
	}
	last := 2 * p.keyRE.NumGroups()
	return u.query[m[last]:m[last+1]], true
}

func urlKernel(f func(u *url) (string, bool)) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		s := stringsOf(args[0])
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			u, ok := parseURL(s.at(i))
			if !ok {
				return dst, false
			}
			v, ok := f(&u)
			return append(dst, v...), ok
		})
	}
}

func urlPort(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s := stringsOf(args[0])
	o := newFixed[int64](c, datatype.BigInt, n, args...)
	for i := range o.vals {
		if o.null(i) {
			continue
		}
		u, ok := parseURL(s.at(i))
		if o.vals[i], _ = datatype.ParseInt([]byte(u.port), false); !ok || u.port == "" {
			o.setNull(i)
		}
	}
	return o.finish(), nil
}

func urlParameter(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	s, key := stringsOf(args[0]), stringsOf(args[1])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		u, ok := parseURL(s.at(i))
		if !ok {
			return dst, false
		}
		v, ok := u.parameter(key.at(i))
		if !ok {
			return dst, false
		}
		out, ok := appendURLDecoded(dst, []byte(v))
		if !ok { // not percent-coded after all
			return append(dst, v...), true
		}
		return out, true
	})
}

func appendURLDecoded(dst, v []byte) ([]byte, bool) {
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '+':
			dst = append(dst, ' ')
		case c != '%':
			dst = append(dst, c)
		case i+2 < len(v) && unhexDigit(v[i+1]) >= 0 && unhexDigit(v[i+2]) >= 0:
			dst = append(dst, byte(unhexDigit(v[i+1])<<4|unhexDigit(v[i+2])))
			i += 2
		default:
			return dst, false
		}
	}
	return dst, true
}

func appendURLEncoded(dst, v []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range v {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', strings.IndexByte("-_.*", c) >= 0:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}
