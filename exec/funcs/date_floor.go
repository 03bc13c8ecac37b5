package funcs

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// dateFloors are the functions that round times down or up to a unit.
var dateFloors = []Scalar{
	floorTo("year"), floorTo("quarter"), floorTo("month"), floorTo("week"), floorTo("day"), floorTo("hour"), floorTo("minute"), floorTo("second"),
	{Name: "floor_unit", Doc: "floor_unit(t, unit): FLOOR(t TO unit), the beginning of t's unit; floor_unit(timestamp '2020-05-06 07:08:09', 'week') is timestamp '2020-05-04 00:00:00'", Bind: bindFloorUnit("floor_unit", 1, false)},
	{Name: "ceil_unit", Doc: "ceil_unit(t, unit): CEIL(t TO unit), the beginning of the next unit unless one begins at t; ceil_unit(timestamp '2020-05-06 07:08:09', 'day') is timestamp '2020-05-07 00:00:00'", Bind: bindFloorUnit("ceil_unit", 1, true)},
	{Name: "date_trunc", Doc: "date_trunc(unit, t): the beginning of t's unit; date_trunc('hour', timestamp '2020-05-06 07:08:09') is timestamp '2020-05-06 07:00:00'", Bind: bindFloorUnit("date_trunc", 0, false)},
	{Name: "tumbling_window", Doc: "tumbling_window(t, width[, origin]): the beginning of t's window; windows begin at origin (1970-01-01); tumbling_window(timestamp '2020-05-06 07:08:09', interval '5' minute) is timestamp '2020-05-06 07:05:00'", Bind: bindWindowStart("tumbling_window", 0, 1, datatype.DaysOf(1970, 1, 1))},
	{Name: "time_bucket", Doc: "time_bucket(width, t[, origin]): the beginning of t's bucket; buckets begin at origin (Monday 2000-01-03, in months 2000-01-01); time_bucket(interval '5' minute, timestamp '2020-05-06 07:08:09') is timestamp '2020-05-06 07:05:00'", Bind: bindWindowStart("time_bucket", 1, 0, datatype.DaysOf(2000, 1, 3))},
}

const (
	nanosPerSecond = 1_000_000_000
	nanosPerDay    = 86400 * nanosPerSecond
)

// timeUnit is a length of time: months, or nanoseconds from the Monday 2000-01-03 on.
type timeUnit struct {
	months int64
	nanos  int64
}

// timeUnits are the units by name.
var timeUnits = map[string]timeUnit{
	"millennium": {months: 12000}, "century": {months: 1200}, "decade": {months: 120},
	"year": {months: 12}, "quarter": {months: 3}, "month": {months: 1},
	"week": {nanos: 7 * nanosPerDay}, "day": {nanos: nanosPerDay}, "hour": {nanos: 3600 * nanosPerSecond},
	"minute": {nanos: 60 * nanosPerSecond}, "second": {nanos: nanosPerSecond}, "millisecond": {nanos: 1e6}, "microsecond": {nanos: 1e3},
}

// unitArg returns the unit that the constant argument i names, in any case, singular or plural.
func unitArg(name string, args []Arg, i int) (timeUnit, error) {
	s, ok := constText(args, i)
	if !ok {
		return timeUnit{}, badArg(name, i, "a constant unit such as 'day'", args[i].Type)
	}
	word := strings.ToLower(strings.TrimSpace(s))
	if u, ok := timeUnits[strings.TrimSuffix(word, "s")]; ok {
		return u, nil
	}
	if u, ok := timeUnits[word]; ok {
		return u, nil
	}
	names := make([]string, 0, len(timeUnits))
	for n := range timeUnits {
		names = append(names, n)
	}
	err := diag.Errorf(diag.BadValue, "%s knows no unit %q", name, s)
	err.Hint = diag.DidYouMean(word, names)
	return timeUnit{}, err
}

// floor returns the beginning of ts's unit.
func (u timeUnit) floor(ts decimal128.Num) decimal128.Num {
	if u.months == 0 {
		return floorFrom(ts, midnight(datatype.DaysOf(2000, 1, 3)), u.nanos)
	}
	y, m, _ := datatype.Civil(dayOf(ts))
	n := int64(y*12 + m - 1)
	n -= n % u.months
	return midnight(datatype.DaysOf(max(1, int(n/12)), int(n%12)+1, 1))
}

// floorFrom returns the last of origin + k·width that is not after ts.
func floorFrom(ts, origin decimal128.Num, width int64) decimal128.Num {
	_, rest := datatype.QuoRem(ts.Sub(origin), decimal128.FromI64(width))
	if rest.Sign() < 0 {
		rest = rest.Add(decimal128.FromI64(width))
	}
	return ts.Sub(rest)
}

// add returns ts n units later.
func (u timeUnit) add(ts decimal128.Num, n int64) (decimal128.Num, bool) {
	if u.months == 0 {
		return inRange(ts.Add(decimal128.FromI64(n).Mul(decimal128.FromI64(u.nanos))))
	}
	if n > 12*10000 || n < -12*10000 {
		return ts, false
	}
	sec, nano := datatype.SplitTimestamp(ts)
	day, second := datatype.SplitSecond(sec)
	day, ok := dayInRange(int64(datatype.AddMonths(day, int(n*u.months))))
	return datatype.TimestampOf(int64(day)*86400+int64(second), nano), ok
}

// between returns how many whole units lie from a to b, negative if b is before a.
func (u timeUnit) between(a, b decimal128.Num) int64 {
	if u.months == 0 {
		q, _ := datatype.QuoRem(b.Sub(a), decimal128.FromI64(u.nanos))
		return int64(q.LowBits())
	}
	ya, ma, _ := datatype.Civil(dayOf(a))
	yb, mb, _ := datatype.Civil(dayOf(b))
	n := int64((yb-ya)*12 + mb - ma)
	// A month is whole when a, so many months later, has not passed b.
	month := timeUnit{months: 1}
	if at, _ := month.add(a, n); n > 0 && b.Less(at) {
		n--
	} else if n < 0 && at.Less(b) {
		n++
	}
	return n / u.months
}

// floorTo makes the entry of floor_unit for one unit.
func floorTo(unit string) Scalar {
	name := "floor_" + unit
	u := timeUnits[unit]
	return strict(name, name+"(t): the beginning of t's "+unit, datatype.Timestamp, mapFixed(datatype.Timestamp, u.floor), aTimestamp)
}

// bindFloorUnit binds a function of a time and a unit, the latter at place unitAt. A date stays a date
// for units from a day on, except for FLOOR and CEIL, which are of timestamps.
func bindFloorUnit(name string, unitAt int, up bool) func(args []Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		if err := wantArgs(name, args, 2, 2); err != nil {
			return Bound{}, err
		}
		u, err := unitArg(name, args, unitAt)
		if err != nil {
			return Bound{}, err
		}
		to := datatype.Timestamp
		if unitAt == 0 && isDate(args[1].Type) && (u.months > 0 || u.nanos >= nanosPerDay) {
			to = datatype.Date
		}
		params := []param{onlyText, onlyText}
		params[1-unitAt] = timeAs(to)
		casts, err := takes(name, args, params)
		if err != nil {
			return Bound{}, err
		}
		return Bound{Casts: casts, Type: to, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			t := args[1-unitAt : 2-unitAt]
			switch {
			case up:
				return tryFixed(to, u.ceil)(c, t, n)
			case isDate(to):
				return mapFixed(to, func(d int32) int32 { return dayOf(u.floor(midnight(d))) })(c, t, n)
			}
			return mapFixed(to, u.floor)(c, t, n)
		}}, nil
	}
}

// ceil returns ts if a unit begins there, else the beginning of the next.
func (u timeUnit) ceil(ts decimal128.Num) (decimal128.Num, bool) {
	down := u.floor(ts)
	if down == ts {
		return ts, true
	}
	return u.add(down, 1)
}

// bindWindowStart binds a function of a time, a width, and where a window begins; epoch is the default of the latter.
func bindWindowStart(name string, timeAt, widthAt int, epoch int32) func(args []Arg) (Bound, error) {
	anInterval := param{what: "an interval", cast: func(t arrow.DataType) arrow.DataType {
		if isInterval(t) {
			return t
		}
		return nil
	}}
	return func(args []Arg) (Bound, error) {
		params := []param{aTimestamp, aTimestamp, aTimestamp.optional()}
		params[widthAt] = anInterval
		casts, err := takes(name, args, params)
		if err != nil {
			return Bound{}, err
		}
		k, start := windowStart, midnight(epoch)
		if isYearMonth(args[widthAt].Type) {
			k, start = monthWindowStart, midnight(datatype.DaysOf(2000, 1, 1))
		}
		return Bound{Casts: casts, Type: datatype.Timestamp, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			o := newFixed[decimal128.Num](c, datatype.Timestamp, n, args...)
			origin := func(int) decimal128.Num { return start }
			if len(args) == 3 {
				origin = fixedOf[decimal128.Num](args[2]).at
			}
			if err := k(name, o, fixedOf[decimal128.Num](args[timeAt]), args[widthAt], origin); err != nil {
				o.discard()
				return nil, err
			}
			return o.finish(), nil
		}}, nil
	}
}

func windowStart(name string, o *fixedOut[decimal128.Num], ts fixed[decimal128.Num], width Vec, origin func(i int) decimal128.Num) error {
	widths := fixedOf[decimal128.Num](width)
	for i := range o.vals {
		if o.null(i) {
			continue
		}
		w := widths.at(i)
		if w.Sign() <= 0 || w.HighBits() != 0 || int64(w.LowBits()) < 0 {
			return badWidth(name)
		}
		o.vals[i] = floorFrom(ts.at(i), origin(i), int64(w.LowBits()))
	}
	return nil
}

// monthWindowStart takes widths in months; windows begin at origin's day of the month and time.
func monthWindowStart(name string, o *fixedOut[decimal128.Num], ts fixed[decimal128.Num], width Vec, origin func(i int) decimal128.Num) error {
	widths := fixedOf[int32](width)
	month := timeUnit{months: 1}
	for i := range o.vals {
		if o.null(i) {
			continue
		}
		w := int64(widths.at(i))
		if w <= 0 {
			return badWidth(name)
		}
		n := month.between(origin(i), ts.at(i))
		n -= (n%w + w) % w
		start, ok := month.add(origin(i), n)
		for ok && ts.at(i).Less(start) { // between cuts toward zero
			n -= w
			start, ok = month.add(origin(i), n)
		}
		if o.vals[i] = start; !ok {
			o.setNull(i)
		}
	}
	return nil
}

func badWidth(name string) error {
	return diag.Errorf(diag.BadValue, "%s takes an interval above 0 and below 292 years", name)
}
