package funcs

import (
	"math"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// units reads and writes sizes and times as people do, and draws charts in a cell.
var units = []Scalar{
	strict("parse_bytes", "parse_bytes(s): a size such as '1.5 GiB' in bytes, by 1024 for KiB and by 1000 for kB; parse_bytes('1.5 KiB') is 1536", datatype.BigInt, textToFixed(datatype.BigInt, parseBytes), anyText),
	strict("format_bytes", "format_bytes(n): a size in bytes with its unit, by 1024; format_bytes(1536) is '1.5 KiB'", datatype.String, fixedToText(datatype.String, appendBytes), numeric),
	strict("human_readable_seconds", "human_readable_seconds(x): seconds in words; human_readable_seconds(3661) is '1 hour, 1 minute, 1 second'", datatype.String, fixedToText(datatype.String, appendSeconds), numeric),
	strict("parse_duration", "parse_duration(s): a time span such as '1h2m', '1.5 s', '250ms' or '3d' in seconds; parse_duration('1h2m') is 3720D", datatype.Double, textToFixed(datatype.Double, parseDuration), anyText),
	strict("bar", "bar(x, min, max, width): a bar of up to width characters; bar(5, 0, 10, 4) is '██'", datatype.String, barKernel, numeric, numeric, numeric, whole),
	{Name: "sparkline", Doc: "sparkline(array of numbers): one character for each number, as high as it is great; sparkline(array(1, 5, 3)) is '▁█▄'", Bind: bindSparkline},
	{Name: "bucketize", Doc: "bucketize(x, array of bounds): how many of the ascending bounds are at or below x; bucketize(15, array(10, 20)) is 1", Bind: bindBucketize},
	strict("width_bucket_log", "width_bucket_log(x, lo, hi, n): width_bucket with bounds that grow by one factor; width_bucket_log(50, 1, 1000, 3) is 2", datatype.Int, widthBucketLog, numeric, numeric, numeric, whole),
	{Name: "try", Doc: "try(x): x; a value that cannot be computed is NULL anyway; try(1) is 1", Bind: func(args []Arg) (Bound, error) {
		if err := wantArgs("try", args, 1, 1); err != nil {
			return Bound{}, err
		}
		return Bound{Type: args[0].Type, Kernel: sameKernel}, nil
	}},
}

// spans are the seconds of the units of parseDuration.
var spans = map[string]float64{
	"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400,
}

// parseDuration reads numbers with units behind, added up; a number alone is no span.
func parseDuration(v []byte) (float64, bool) {
	text := strings.ToLower(strings.TrimSpace(string(v)))
	text, negative := strings.CutPrefix(text, "-")
	sum := 0.0
	for first := true; text != "" || first; first = false {
		end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end <= 0 {
			return 0, false
		}
		n, err := strconv.ParseFloat(text[:end], 64)
		if err != nil {
			return 0, false
		}
		text = strings.TrimLeft(text[end:], " ")
		if end = strings.IndexAny(text, "0123456789. "); end < 0 {
			end = len(text)
		}
		unit, ok := spans[text[:end]]
		if !ok {
			return 0, false
		}
		sum += n * unit
		text = strings.TrimLeft(text[end:], " ")
	}
	if negative {
		sum = -sum
	}
	return sum, true
}

// parseBytes reads a number and a unit: B, kB, KB, KiB, K, … up to EiB.
func parseBytes(v []byte) (int64, bool) {
	text := strings.TrimSpace(string(v))
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.') {
		end++
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0, false
	}
	unit := strings.ToLower(strings.TrimSpace(text[end:]))
	base := 1000.0
	switch {
	case strings.HasSuffix(unit, "ib"):
		base, unit = 1024, unit[:len(unit)-2]
	case strings.HasSuffix(unit, "b"):
		unit = unit[:len(unit)-1]
	case unit != "": // K alone is what tools print for KiB
		base = 1024
	}
	power := 0
	if unit != "" {
		if power = 1 + strings.Index("kmgtpe", unit); power == 0 || len(unit) != 1 {
			return 0, false
		}
	}
	n *= math.Pow(base, float64(power))
	return int64(math.Round(n)), n < 1<<63
}

func appendBytes(dst []byte, v float64) []byte {
	names := []string{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"}
	k := 0
	for math.Abs(v) >= 1024 && k < len(names)-1 {
		v /= 1024
		k++
	}
	decimals := 1
	if v == math.Trunc(v) {
		decimals = 0
	}
	return append(strconv.AppendFloat(dst, v, 'f', decimals, 64), names[k]...)
}

func appendSeconds(dst []byte, v float64) []byte {
	start := len(dst)
	rest := int64(math.Round(math.Min(math.Abs(v), 1e15)))
	for _, u := range []struct {
		name  string
		width int64
	}{{"week", 604800}, {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		k := rest / u.width
		rest -= k * u.width
		if k == 0 && (u.width > 1 || len(dst) > start) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ", "...)
		}
		dst = append(append(strconv.AppendInt(dst, k, 10), ' '), u.name...)
		if k != 1 {
			dst = append(dst, 's')
		}
	}
	return dst
}

// maxBar is the greatest width of a bar, in characters.
const maxBar = 1000

func barKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	x, lo, hi, width := fixedOf[float64](args[0]), fixedOf[float64](args[1]), fixedOf[float64](args[2]), fixedOf[int64](args[3])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		w := width.at(i)
		if w < 1 || w > maxBar || !(hi.at(i) > lo.at(i)) || math.IsNaN(x.at(i)) {
			return dst, false
		}
		share := min(max((x.at(i)-lo.at(i))/(hi.at(i)-lo.at(i)), 0), 1)
		eighths := int(math.Round(share * float64(w) * 8))
		for ; eighths >= 8; eighths -= 8 {
			dst = append(dst, "█"...)
		}
		if eighths > 0 {
			dst = append(dst, string('█'+rune(8-eighths))...)
		}
		return dst, true
	})
}

func bindSparkline(args []Arg) (Bound, error) {
	list, err := numberArrays("sparkline", args, 1, 0)
	return Bound{Casts: []arrow.DataType{list}, Type: datatype.String, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		values, offset := listOf(args[0].Array)
		nums := values.(*array.Float64)
		return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
			from, to := offset(args[0].At(i))
			lo, hi := math.Inf(1), math.Inf(-1)
			for j := from; j < to; j++ {
				if nums.IsValid(j) && !math.IsNaN(nums.Value(j)) {
					lo, hi = min(lo, nums.Value(j)), max(hi, nums.Value(j))
				}
			}
			for j := from; j < to; j++ {
				switch v := nums.Value(j); {
				case nums.IsNull(j) || math.IsNaN(v):
					dst = append(dst, ' ')
				case hi > lo:
					dst = append(dst, string('▁'+rune(math.Floor((v-lo)/(hi-lo)*7)))...)
				default:
					dst = append(dst, "▁"...)
				}
			}
			return dst, true
		})
	}}, err
}

// numberArrays checks that argument i of count is an array of numbers and returns array<double>.
func numberArrays(name string, args []Arg, count, i int) (arrow.DataType, error) {
	if err := wantArgs(name, args, count, count); err != nil {
		return nil, err
	}
	t, err := elementType(name, args, i)
	if err != nil {
		return nil, err
	}
	if numeric.cast(t) == nil {
		return nil, badArg(name, i, "an array of numbers", args[i].Type)
	}
	return datatype.Array(datatype.Double), nil
}

func bindBucketize(args []Arg) (Bound, error) {
	list, err := numberArrays("bucketize", args, 2, 1)
	if err != nil {
		return Bound{}, err
	}
	x := numeric.cast(args[0].Type)
	if x == nil {
		return Bound{}, badArg("bucketize", 0, numeric.what, args[0].Type)
	}
	return Bound{Casts: []arrow.DataType{x, list}, Type: datatype.Int, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		v := fixedOf[float64](args[0])
		values, offset := listOf(args[1].Array)
		bounds := values.(*array.Float64)
		return intRows(c, args, n, func(i int) int32 {
			from, to := offset(args[1].At(i))
			k := int32(0)
			for j := from; j < to && bounds.IsValid(j) && bounds.Value(j) <= v.at(i); j++ {
				k++
			}
			return k
		})
	}}, nil
}

func widthBucketLog(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	x, lo, hi, count := fixedOf[float64](args[0]), fixedOf[float64](args[1]), fixedOf[float64](args[2]), fixedOf[int64](args[3])
	for i := range n {
		if args[0].Null(i) || args[1].Null(i) || args[2].Null(i) || args[3].Null(i) {
			continue
		}
		if !(lo.at(i) > 0) || !(hi.at(i) > lo.at(i)) || count.at(i) < 1 || count.at(i) > 1<<30 {
			return nil, diag.Errorf(diag.BadValue, "width_bucket_log takes bounds 0 < lo < hi and at least one bucket")
		}
	}
	return intRows(c, args, n, func(i int) int32 {
		switch v := x.at(i); {
		case !(v >= lo.at(i)):
			return 0
		case v >= hi.at(i):
			return int32(count.at(i)) + 1
		default:
			share := math.Log(v/lo.at(i)) / math.Log(hi.at(i)/lo.at(i))
			return 1 + min(int32(share*float64(count.at(i))), int32(count.at(i))-1)
		}
	})
}
