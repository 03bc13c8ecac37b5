package funcs

import (
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/javatime"
	"github.com/winnowdb/winnow/proto/diag"
)

// dateZones are now, time zones, and times as numbers and ISO text.
var dateZones = []Scalar{
	{Name: "current_date", Doc: "current_date: the day on which the statement began", Bind: bindNow("current_date", datatype.Date, constant(datatype.Date, func(c *Ctx) int32 { return dayOf(nowLocal(c)) }))},
	{Name: "current_timestamp", Aliases: []string{"now", "localtimestamp"}, Doc: "current_timestamp: when the statement began", Bind: bindNow("current_timestamp", datatype.Timestamp, constant(datatype.Timestamp, nowLocal))},
	{Name: "current_timezone", Doc: "current_timezone(): the session's time zone", Bind: bindNow("current_timezone", datatype.String, func(c *Ctx, _ []Vec, n int) (arrow.Array, error) {
		return textRows(c, datatype.String, nil, n, func(dst []byte, _ int) ([]byte, bool) { return append(dst, c.Session.Zone.String()...), true })
	})},
	{Name: "from_utc_timestamp", Doc: "from_utc_timestamp(t, zone): what the clock of zone shows when it is t in UTC; from_utc_timestamp('2020-07-01 12:00:00', 'PST') is timestamp '2020-07-01 05:00:00'", Bind: bindZoneShift("from_utc_timestamp", toLocal)},
	{Name: "to_utc_timestamp", Doc: "to_utc_timestamp(t, zone): the time in UTC when the clock of zone shows t; to_utc_timestamp('2020-07-01 12:00:00', 'GMT-3') is timestamp '2020-07-01 15:00:00'", Bind: bindZoneShift("to_utc_timestamp", fromLocal)},
	strict("to_epoch_milli", "to_epoch_milli(t): milliseconds from 1970-01-01 to t, the clock taken as UTC's; to_epoch_milli(timestamp '1970-01-01 00:00:01.5') is 1500", datatype.BigInt,
		mapFixed(datatype.BigInt, func(ts decimal128.Num) int64 {
			sec, nano := datatype.SplitTimestamp(ts)
			return sec*1000 + int64(nano)/1e6
		}), aTimestamp),
	strict("to_unixtime", "to_unixtime(t): seconds since 1970-01-01 UTC of a time of the session's clock, with a fraction", datatype.Double,
		zonedKernel(datatype.Double, func(ts decimal128.Num, zone *time.Location) float64 {
			sec, nano := datatype.SplitTimestamp(ts)
			return float64(javatime.ToUTC(sec, zone)) + float64(nano)/1e9
		}), aTimestamp),
	strict("from_unixtime_ms", "from_unixtime_ms(n): the timestamp n milliseconds after 1970-01-01 UTC, as the session's clock shows it", datatype.Timestamp, fromMillis, whole),
	strict("from_iso8601_timestamp", "from_iso8601_timestamp(s): the timestamp that s is; one with a zone is turned to the session's; from_iso8601_timestamp('2020-01-05T10:11:12.5') is timestamp '2020-01-05 10:11:12.5'", datatype.Timestamp, fromISO, onlyText),
	strict("from_iso8601_date", "from_iso8601_date(s): the date that s is; from_iso8601_date('2020-01-05') is date '2020-01-05'", datatype.Date, sameKernel, aDay),
	{Name: "to_iso8601", Doc: "to_iso8601(t): t as ISO 8601 writes it; to_iso8601(timestamp '2020-01-05 10:11:12.5') is '2020-01-05T10:11:12.5'", Bind: bindToISO},
}

// nowLocal returns what the session's clock showed when the statement began. Hive's current_timestamp has
// no more than milliseconds; so has this.
func nowLocal(c *Ctx) decimal128.Num {
	now := c.Session.Now
	return toLocal(datatype.TimestampOf(now.Unix(), int32(now.Nanosecond()/1e6*1e6)), c.Session.Zone)
}

func bindNow(name string, t arrow.DataType, k Kernel) func(args []Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		return Bound{Type: t, Kernel: k}, wantArgs(name, args, 0, 0)
	}
}

// bindZoneShift binds a function of a time and a zone. A whole number is milliseconds since 1970, another seconds.
func bindZoneShift(name string, shift func(decimal128.Num, *time.Location) decimal128.Num) func(args []Arg) (Bound, error) {
	return func(args []Arg) (Bound, error) {
		seconds := datatype.Decimal(datatype.MaxPrecision, 9) // stored as nanoseconds
		aTime := param{what: "a timestamp, date, string or number", cast: func(t arrow.DataType) arrow.DataType {
			switch {
			case datatype.IsInteger(t):
				return datatype.BigInt
			case datatype.IsNumeric(t):
				return seconds
			}
			return aTimestamp.cast(t)
		}}
		casts, err := takes(name, args, []param{aTime, onlyText})
		if err != nil {
			return Bound{}, err
		}
		zones := zoneArg{name: name}
		if s, ok := constText(args, 1); ok {
			if zones.fixed, err = zones.load(s); err != nil {
				return Bound{}, err
			}
		}
		return Bound{Casts: casts, Type: datatype.Timestamp, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			at := momentsOf(args[0])
			zone := zones.of(args[1])
			o := newFixed[decimal128.Num](c, datatype.Timestamp, n, args...)
			for i := range o.vals {
				if o.null(i) {
					continue
				}
				z, err := zone(i)
				if err != nil {
					o.discard()
					return nil, err
				}
				v, ok := inRange(at(i))
				if ok {
					v, ok = inRange(shift(v, z))
				}
				if o.vals[i] = v; !ok {
					o.setNull(i)
				}
			}
			return o.finish(), nil
		}}, nil
	}
}

// momentsOf returns the value of each row in nanoseconds; a bigint is milliseconds.
func momentsOf(v Vec) func(i int) decimal128.Num {
	if v.DataType().ID() != arrow.INT64 {
		return fixedOf[decimal128.Num](v).at
	}
	millis := fixedOf[int64](v)
	return func(i int) decimal128.Num { return decimal128.FromI64(millis.at(i)).Mul(decimal128.FromI64(1e6)) }
}

// zoneArg is an argument that names a time zone.
type zoneArg struct {
	name  string // of the function
	fixed *time.Location
}

// of returns the zone of each row. Loading a zone takes a while: each is loaded once per batch.
func (z zoneArg) of(v Vec) func(i int) (*time.Location, error) {
	if z.fixed != nil {
		return func(int) (*time.Location, error) { return z.fixed, nil }
	}
	names, loaded := bytesOf(v), map[string]*time.Location{}
	return func(i int) (*time.Location, error) {
		b := names.at(i)
		if zone, ok := loaded[string(b)]; ok {
			return zone, nil
		}
		zone, err := z.load(string(b))
		if err != nil {
			return nil, err
		}
		loaded[string(b)] = zone
		return zone, nil
	}
}

// load returns the zone called name. Hive takes every name that it does not know for UTC; here only where there is none,
// as in a row that leaves its zone out.
func (z zoneArg) load(name string) (*time.Location, error) {
	if strings.TrimSpace(name) == "" {
		return time.UTC, nil
	}
	zone, err := javatime.LoadZone(name)
	if err != nil {
		return nil, diag.Errorf(diag.BadValue, "%s knows no time zone %q", z.name, name).
			WithHint("zones are regions such as America/New_York, offsets such as +01:00, and UTC")
	}
	return zone, nil
}

func fromMillis(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	return tryFixed(datatype.Timestamp, func(ms int64) (decimal128.Num, bool) {
		v, ok := inRange(decimal128.FromI64(ms).Mul(decimal128.FromI64(1e6)))
		if !ok {
			return v, false
		}
		return inRange(toLocal(v, c.Session.Zone))
	})(c, args, n)
}

// fromISO reads a date, or a date and time with or without a zone.
func fromISO(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	return textToFixed(datatype.Timestamp, func(b []byte) (decimal128.Num, bool) {
		v, region, fixed, ok := datatype.ParseInstant(b)
		if !ok || len(region) > 0 {
			return v, false
		}
		if fixed {
			v = toLocal(v, c.Session.Zone)
		}
		return v, true
	})(c, args, n)
}

func bindToISO(args []Arg) (Bound, error) {
	if len(args) == 1 && isDate(args[0].Type) {
		return Bound{Type: datatype.String, Kernel: fixedToText(datatype.String, datatype.AppendDate)}, nil
	}
	if len(args) == 1 && isLTZ(args[0].Type) {
		return Bound{Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			offset, err := javatime.New("XXX")
			if err != nil {
				return nil, err
			}
			return fixedToText(datatype.String, func(dst []byte, ts decimal128.Num) []byte {
				sec, nano := datatype.SplitTimestamp(ts)
				return offset.Append(appendISO(dst, toLocal(ts, c.Session.Zone)), sec, nano, c.Session.Zone)
			})(c, args, n)
		}}, nil
	}
	casts, err := takes("to_iso8601", args, []param{aTimestamp})
	return Bound{Casts: casts, Type: datatype.String, Kernel: fixedToText(datatype.String, appendISO)}, err
}

// appendISO appends a timestamp with a T between date and time.
func appendISO(dst []byte, ts decimal128.Num) []byte {
	start := len(dst)
	dst = datatype.AppendTimestamp(dst, ts)
	for i := start; i < len(dst); i++ {
		if dst[i] == ' ' {
			dst[i] = 'T'
			break
		}
	}
	return dst
}
