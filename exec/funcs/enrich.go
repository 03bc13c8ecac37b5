package funcs

import (
	"net/netip"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/mileusna/useragent"
	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
)

// enrichment tells what a column of a web log stands for: the program behind a user agent, the place of an address.
var enrichment = []Scalar{
	strict("parse_user_agent", "parse_user_agent(s): browser, version, os, device (desktop, mobile, tablet, bot or other) and is_bot of a browser's User-Agent; parse_user_agent('curl/8.0').browser is 'curl'",
		userAgentType, userAgentKernel, anyText),
	{Name: "geoip", Doc: "geoip(ip): country (two letters), country_name, city, latitude, longitude, asn and organization of an address, by the MaxMind DB file that winnow.geoip.database names",
		Outside: true, Bind: bindGeoIP},
}

var userAgentType = datatype.Struct(
	arrow.Field{Name: "browser", Type: datatype.String}, arrow.Field{Name: "version", Type: datatype.String},
	arrow.Field{Name: "os", Type: datatype.String}, arrow.Field{Name: "device", Type: datatype.String},
	arrow.Field{Name: "is_bot", Type: datatype.Bool})

// userAgentKernel parses each text of the batch once: a log has few user agents.
func userAgentKernel(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	return oncePerText(c, userAgentType, args[0], n, func(b *array.StructBuilder, s string) bool {
		ua := useragent.Parse(s)
		device := "other"
		switch {
		case ua.Bot:
			device = "bot"
		case ua.Tablet:
			device = "tablet"
		case ua.Mobile:
			device = "mobile"
		case ua.Desktop:
			device = "desktop"
		}
		b.Append(true)
		for k, v := range []string{ua.Name, ua.Version, ua.OS, device} {
			appendNonEmpty(b.FieldBuilder(k).(*array.StringBuilder), v)
		}
		b.FieldBuilder(4).(*array.BooleanBuilder).Append(ua.Bot)
		return true
	}), nil
}

func appendNonEmpty(b *array.StringBuilder, s string) {
	if s == "" {
		b.AppendNull()
	} else {
		b.Append(strings.Clone(s))
	}
}

// oncePerText makes a struct column of f, which appends the struct of a text and is called once for each text of
// the batch. If f is not ok it has appended nothing and the value is NULL.
func oncePerText(c *Ctx, t arrow.DataType, arg Vec, n int, f func(b *array.StructBuilder, s string) bool) arrow.Array {
	b := array.NewStructBuilder(c.Mem, t.(*arrow.StructType))
	defer b.Release()
	in, nulls := stringsOf(arg), nullsOf(arg)
	at := map[string]int32{}
	idx := make([]int32, n)
	for i := range idx {
		if idx[i] = -1; nulls.at(i) {
			continue
		}
		s := in.at(i)
		k, seen := at[s]
		if !seen {
			k = int32(b.Len())
			if !f(b, s) {
				k = -1
			}
			at[s] = k
		}
		idx[i] = k
	}
	values := b.NewArray()
	defer values.Release()
	return vec.Take(c.Mem, values, idx)
}

// GeoDatabase is the setting that names the file which geoip looks addresses up in. Every worker needs it at the same place.
const GeoDatabase = "winnow.geoip.database"

var geoType = datatype.Struct(
	arrow.Field{Name: "country", Type: datatype.String}, arrow.Field{Name: "country_name", Type: datatype.String},
	arrow.Field{Name: "city", Type: datatype.String}, arrow.Field{Name: "latitude", Type: datatype.Double},
	arrow.Field{Name: "longitude", Type: datatype.Double}, arrow.Field{Name: "asn", Type: datatype.BigInt},
	arrow.Field{Name: "organization", Type: datatype.String})

// geoRecord is what the country, city and ASN databases of MaxMind, DB-IP and IPinfo's MaxMind edition hold.
type geoRecord struct {
	Country struct {
		Code  string            `maxminddb:"iso_code"`
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"country"`
	City struct {
		Names map[string]string `maxminddb:"names"`
	} `maxminddb:"city"`
	Location struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
	ASN          int64  `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
}

// geoFile is the database of one bound call, opened when the first batch tells its name.
type geoFile struct {
	once sync.Once
	db   *maxminddb.Reader
	err  error
}

func (g *geoFile) open(c *Ctx) (*maxminddb.Reader, error) {
	g.once.Do(func() {
		path := c.Session.Settings[GeoDatabase]
		if path == "" {
			g.err = diag.Errorf(diag.Config, "geoip needs a MaxMind DB file").WithHint("set %s=/path/to/GeoLite2-City.mmdb", GeoDatabase)
			return
		}
		if g.db, g.err = maxminddb.Open(path); g.err != nil {
			g.err = diag.Errorf(diag.Config, "geoip: %s %s: %w", GeoDatabase, path, g.err)
		}
	})
	return g.db, g.err
}

func bindGeoIP(args []Arg) (Bound, error) {
	casts, err := takes("geoip", args, []param{anyText})
	file := &geoFile{}
	return Bound{Casts: casts, Type: geoType, Kernel: func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		db, err := file.open(c)
		if err != nil {
			return nil, err
		}
		var failed error
		out := oncePerText(c, geoType, args[0], n, func(b *array.StructBuilder, s string) bool {
			ip, ok := parseIP(s)
			if !ok || db.Metadata.IPVersion == 4 && !ip.Is4() {
				return false
			}
			found, err := appendGeo(b, db, ip)
			if err != nil {
				failed = diag.Errorf(diag.BadFile, "geoip: %s: %w", s, err)
			}
			return found
		})
		if failed != nil {
			out.Release()
			return nil, failed
		}
		return out, nil
	}}, err
}

// appendGeo appends what db tells of ip; false if it knows nothing.
func appendGeo(b *array.StructBuilder, db *maxminddb.Reader, ip netip.Addr) (bool, error) {
	res := db.Lookup(ip)
	if err := res.Err(); err != nil || !res.Found() {
		return false, err
	}
	var r geoRecord
	if err := res.Decode(&r); err != nil {
		return false, err
	}
	b.Append(true)
	for k, s := range []string{r.Country.Code, r.Country.Names["en"], r.City.Names["en"]} {
		appendNonEmpty(b.FieldBuilder(k).(*array.StringBuilder), s)
	}
	for k, v := range []*float64{r.Location.Latitude, r.Location.Longitude} {
		if d := b.FieldBuilder(3 + k).(*array.Float64Builder); v == nil {
			d.AppendNull()
		} else {
			d.Append(*v)
		}
	}
	if asn := b.FieldBuilder(5).(*array.Int64Builder); r.ASN == 0 {
		asn.AppendNull()
	} else {
		asn.Append(r.ASN)
	}
	appendNonEmpty(b.FieldBuilder(6).(*array.StringBuilder), r.Organization)
	return true, nil
}
