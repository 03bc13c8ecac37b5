package funcs

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/javatime"
	"github.com/winnowdb/winnow/proto/diag"
)

// dateFormats are the functions that write and read times by patterns.
var dateFormats = []Scalar{
	{Name: "date_format", Aliases: []string{"format_datetime"}, Doc: "date_format(t, pattern): t by a pattern of Java's DateTimeFormatter; date_format('2020-01-05 13:00:00', 'hh:mm a') is '01:00 PM'", Bind: bindDateFormat},
	{Name: "from_unixtime", Doc: "from_unixtime(seconds[, pattern]): the time so many seconds after 1970-01-01 UTC, as the session's clock shows it", Bind: bindFromUnixtime},
	{Name: "unix_timestamp", Doc: "unix_timestamp([t[, pattern]]): seconds since 1970-01-01 UTC of a time of the session's clock; of now without arguments", Bind: bindUnixTimestamp("unix_timestamp", 0)},
	{Name: "to_unix_timestamp", Doc: "to_unix_timestamp(t[, pattern]): as unix_timestamp", Bind: bindUnixTimestamp("to_unix_timestamp", 1)},
	{Name: "try_strptime", Aliases: []string{"strptime"}, Doc: "try_strptime(s, format, …): the timestamp that s is by the first format that fits, NULL if none does; try_strptime('5/Jan/2020', '%Y-%m-%d', '%d/%b/%Y') is timestamp '2020-01-05 00:00:00'", Bind: bindPercentParse("try_strptime", javatime.NewPercent, -1)},
	{Name: "date_parse", Doc: "date_parse(s, format): the timestamp that s is by MySQL's format; date_parse('2020-01-05 10:11', '%Y-%m-%d %H:%i') is timestamp '2020-01-05 10:11:00'", Bind: bindPercentParse("date_parse", javatime.NewMySQL, 2)},
	{Name: "parse_datetime", Doc: "parse_datetime(s, pattern): the timestamp that s is by a pattern of Java's; parse_datetime('05.01.2020', 'dd.MM.yyyy') is timestamp '2020-01-05 00:00:00'", Bind: bindParseDatetime},
	{Name: "strftime", Doc: "strftime(t, format): t by a format of strftime; strftime(timestamp '2020-01-05 13:00:00', '%d.%m.%y %H') is '05.01.20 13'", Bind: bindStrftime},
}

// simpleDates is Hive's setting that takes patterns as SimpleDateFormat's.
func simpleDates(c *Ctx) bool {
	s := c.Session.Settings["hive.datetime.formatter"]
	return s == "SIMPLE" || s == "simple"
}

// patternArg compiles the pattern argument of a function: once if it is constant.
type patternArg struct {
	name         string
	constant     bool
	java, simple compiled
}

// compiled is a format, or the error why there is none.
type compiled struct {
	f   *javatime.Format
	err error
}

func compileAs(name, pattern string, compile func(string) (*javatime.Format, error)) compiled {
	f, err := compile(pattern)
	if err != nil {
		return compiled{err: diag.Errorf(diag.BadValue, "%s: the %w", name, err).WithHint("the pattern is %q", pattern)}
	}
	return compiled{f: f}
}

// newPatternArg prepares argument i.
func newPatternArg(name string, args []Arg, i int) *patternArg {
	p := &patternArg{name: name}
	if s, ok := constText(args, i); ok {
		p.constant = true
		p.java, p.simple = compileAs(name, s, javatime.New), compileAs(name, s, javatime.NewSimple)
	}
	return p
}

// of returns the format of each row's pattern, or its error.
func (p *patternArg) of(c *Ctx, v Vec) func(i int) (*javatime.Format, error) {
	simple := simpleDates(c)
	if p.constant {
		now := p.java
		if simple {
			now = p.simple
		}
		return func(int) (*javatime.Format, error) { return now.f, now.err }
	}
	texts, last, known := bytesOf(v), "", compiled{}
	return func(i int) (*javatime.Format, error) {
		if b := texts.at(i); known == (compiled{}) || string(b) != last {
			last = string(b)
			compile := javatime.New
			if simple {
				compile = javatime.NewSimple
			}
			known = compileAs(p.name, last, compile)
		}
		return known.f, known.err
	}
}

// orWarn turns the error of a pattern into a warning: Hive answers NULL.
func orWarn(c *Ctx, f *javatime.Format, err error) (*javatime.Format, bool) {
	if err != nil {
		c.Warn(err.Error())
	}
	return f, err == nil
}

func bindDateFormat(args []Arg) (Bound, error) {
	const name = "date_format"
	casts, err := takes(name, args, []param{aTimestamp, onlyText})
	if err != nil {
		return Bound{}, err
	}
	p := newPatternArg(name, args, 1)
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		ts, pattern := fixedOf[decimal128.Num](args[0]), p.of(c, args[1])
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			f, err := pattern(i)
			f, ok := orWarn(c, f, err)
			if !ok {
				return dst, false
			}
			sec, nano := datatype.SplitTimestamp(ts.at(i))
			return f.AppendLocal(dst, sec, nano, c.Session.Zone), true
		})
	}}, nil
}

func bindFromUnixtime(args []Arg) (Bound, error) {
	const name = "from_unixtime"
	casts, err := takes(name, args, []param{whole, onlyText.optional()})
	if err != nil {
		return Bound{}, err
	}
	p := newPatternArg(name, args, 1)
	standard := compileAs(name, "uuuu-MM-dd HH:mm:ss", javatime.New)
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		pattern := func(int) (*javatime.Format, error) { return standard.f, standard.err }
		if len(args) == 2 {
			pattern = p.of(c, args[1])
		}
		seconds := fixedOf[int64](args[0])
		return tryTextRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool, error) {
			f, err := pattern(i)
			if err != nil {
				return dst, false, err
			}
			const far = 1e14 // beyond, the year has more digits than anyone meant
			sec := seconds.at(i)
			if sec > far || sec < -far {
				return dst, false, nil
			}
			return f.Append(dst, sec, 0, c.Session.Zone), true, nil
		})
	}}, nil
}

func bindUnixTimestamp(name string, least int) func(args []Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, least, 2); err != nil {
			return Bound{}, err
		}
		switch {
		case len(args) == 0:
			return Bound{Type: datatype.BigInt, Kernel: constant(datatype.BigInt, func(c *Ctx) int64 { return c.Session.Now.Unix() })}, nil
		case datatype.IsText(args[0].Type) && len(args) == 2:
			return bindParseUnix(name, args)
		case datatype.IsText(args[0].Type):
			return Bound{Type: datatype.BigInt, Kernel: unixOfText}, nil
		}
		casts, err := takes(name, args, []param{aTimestamp, onlyText.optional()})
		if err == nil && isLTZ(args[0].Type) {
			return Bound{Type: datatype.BigInt, Kernel: mapFixed(datatype.BigInt, func(ts decimal128.Num) int64 {
				sec, _ := datatype.SplitTimestamp(ts)
				return sec
			})}, nil
		}
		return Bound{Casts: casts, Type: datatype.BigInt, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			return mapFixed(datatype.BigInt, func(ts decimal128.Num) int64 {
				sec, _ := datatype.SplitTimestamp(ts)
				return javatime.ToUTC(sec, c.Session.Zone)
			})(c, args[:1], n)
		}}, err
	}
}

// constant makes the kernel of a function without arguments.
func constant[R arrow.FixedWidthType](t arrow.DataType, f func(c *Ctx) R) Kernel {
	return func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
		o := newFixed[R](c, t, n)
		v := f(c)
		for i := range o.vals {
			o.vals[i] = v
		}
		return o.finish(), nil
	}
}

// unixOfText reads y-M-d H:m:s, with the time and without a zone, as Hive does.
func unixOfText(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	return textToFixed(datatype.BigInt, func(b []byte) (int64, bool) {
		ts, zoned, ok := datatype.ParseTimestampLazy(datatype.TrimBlanks(b))
		sec, _ := datatype.SplitTimestamp(ts)
		return javatime.ToUTC(sec, c.Session.Zone), ok && !zoned
	})(c, args, n)
}

func bindParseUnix(name string, args []Arg) (Bound, error) {
	casts, err := takes(name, args, []param{onlyText, onlyText})
	if err != nil {
		return Bound{}, err
	}
	p := newPatternArg(name, args, 1)
	return Bound{Casts: casts, Type: datatype.BigInt, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		texts, pattern := bytesOf(args[0]), p.of(c, args[1])
		o := newFixed[int64](c, datatype.BigInt, n, args...)
		for i := range o.vals {
			if o.null(i) {
				continue
			}
			f, err := pattern(i)
			f, ok := orWarn(c, f, err)
			if ok {
				o.vals[i], _, ok = f.Parse(texts.at(i), c.Session.Zone)
			}
			if !ok {
				o.setNull(i)
			}
		}
		return o.finish(), nil
	}}, nil
}

func bindParseDatetime(args []Arg) (Bound, error) {
	const name = "parse_datetime"
	casts, err := takes(name, args, []param{onlyText, onlyText})
	if err != nil {
		return Bound{}, err
	}
	p := newPatternArg(name, args, 1)
	return Bound{Casts: casts, Type: datatype.Timestamp, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		pattern := p.of(c, args[1])
		return parseRows(c, args, n, func(i int) ([]*javatime.Format, error) {
			f, err := pattern(i)
			return []*javatime.Format{f}, err
		})
	}}, nil
}

// bindPercentParse binds a function of a text and formats with %; most is the number of arguments, -1 for any.
func bindPercentParse(name string, compile func(string) (*javatime.Format, error), most int) func(args []Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 2, most); err != nil {
			return Bound{}, err
		}
		casts, err := takes(name, args, []param{onlyText, onlyText, onlyText.repeated()})
		if err != nil {
			return Bound{}, err
		}
		var formats []*javatime.Format
		for i := 1; i < len(args); i++ {
			s, ok := constText(args, i)
			if !ok {
				return Bound{}, diag.Errorf(diag.Type, "%s takes a constant as argument %d", name, i+1)
			}
			f := compileAs(name, s, compile)
			if f.err != nil {
				return Bound{}, f.err
			}
			formats = append(formats, f.f)
		}
		return Bound{Casts: casts, Type: datatype.Timestamp, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			return parseRows(c, args, n, func(int) ([]*javatime.Format, error) { return formats, nil })
		}}, nil
	}
}

// parseRows reads the texts args[0] by the first of each row's formats that fits, as timestamps of the session's clock.
func parseRows(c *Ctx, args []Vec, n int, formats func(i int) ([]*javatime.Format, error)) (arrow.Array, error) {
	o := newFixed[decimal128.Num](c, datatype.Timestamp, n, args...)
	texts := bytesOf(args[0])
	for i := range o.vals {
		if o.null(i) {
			continue
		}
		list, err := formats(i)
		if err != nil {
			o.discard()
			return nil, err
		}
		found := false
		for _, f := range list {
			if sec, nano, ok := f.Parse(texts.at(i), c.Session.Zone); ok {
				o.vals[i] = toLocal(datatype.TimestampOf(sec, nano), c.Session.Zone)
				found = true
				break
			}
		}
		if !found {
			o.setNull(i)
		}
	}
	return o.finish(), nil
}

func bindStrftime(args []Arg) (Bound, error) {
	casts, err := takes("strftime", args, []param{aTimestamp, onlyText})
	if err != nil {
		return Bound{}, err
	}
	s, ok := constText(args, 1)
	if !ok {
		return Bound{}, diag.Errorf(diag.Type, "strftime takes a constant as argument 2")
	}
	f := compileAs("strftime", s, javatime.NewPercent)
	return Bound{Casts: casts, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		return fixedToText(datatype.String, func(dst []byte, ts decimal128.Num) []byte {
			sec, nano := datatype.SplitTimestamp(ts)
			return f.f.AppendLocal(dst, sec, nano, c.Session.Zone)
		})(c, args[:1], n)
	}}, f.err
}
