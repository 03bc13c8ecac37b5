package funcs_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/proto/diag"
)

// mmdb builds a MaxMind DB file of one network, the first bits of ip, with one record.
func mmdb(ip [4]byte, bits int, record func(*mmdbData)) []byte {
	var data, meta mmdbData
	record(&data)
	nodes := uint32(bits)
	var out bytes.Buffer
	for i := range nodes {
		next := i + 1
		if next == nodes {
			next = nodes + 16 // the first byte of the data, which 16 bytes of zero precede
		}
		sides := [2]uint32{nodes, nodes} // nothing there
		sides[ip[i/8]>>(7-i%8)&1] = next
		for _, s := range sides {
			out.Write([]byte{byte(s >> 16), byte(s >> 8), byte(s)})
		}
	}
	out.Write(make([]byte, 16))
	out.Write(data.Bytes())
	out.WriteString("\xab\xcd\xefMaxMind.com")
	meta.open(9)
	for name, n := range map[string]uint32{"node_count": nodes, "record_size": 24, "ip_version": 4, "binary_format_major_version": 2, "binary_format_minor_version": 0} {
		meta.text(name)
		meta.uint(n)
	}
	meta.text("build_epoch")
	meta.uint(1)
	meta.text("database_type")
	meta.text("Test-City")
	meta.text("languages")
	meta.Write([]byte{0x00, 0x04}) // an array of none
	meta.text("description")
	meta.open(0)
	out.Write(meta.Bytes())
	return out.Bytes()
}

// mmdbData writes the data section's values.
type mmdbData struct{ bytes.Buffer }

func (d *mmdbData) open(pairs int) { d.WriteByte(7<<5 | byte(pairs)) }

func (d *mmdbData) text(s string) {
	d.WriteByte(2<<5 | byte(len(s)))
	d.WriteString(s)
}

func (d *mmdbData) uint(n uint32) {
	d.WriteByte(6<<5 | 4)
	d.Write(binary.BigEndian.AppendUint32(nil, n))
}

func (d *mmdbData) double(v float64) {
	d.WriteByte(3<<5 | 8)
	d.Write(binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
}

func TestGeoIP(t *testing.T) {
	names := func(d *mmdbData, s string) {
		d.text("names")
		d.open(1)
		d.text("en")
		d.text(s)
	}
	file := mmdb([4]byte{81, 2, 69, 0}, 24, func(d *mmdbData) {
		d.open(4)
		d.text("country")
		d.open(2)
		d.text("iso_code")
		d.text("GB")
		names(d, "United Kingdom")
		d.text("city")
		d.open(1)
		names(d, "London")
		d.text("location")
		d.open(2)
		d.text("latitude")
		d.double(51.5)
		d.text("longitude")
		d.double(-0.25)
		d.text("autonomous_system_number")
		d.uint(64500)
	})
	path := filepath.Join(t.TempDir(), "geo.mmdb")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	ask := func(ip, path string) string {
		e, err := expr.NewCall("geoip", []expr.Expr{lit(t, ip)}, diag.Span{})
		if err != nil {
			t.Fatal(err)
		}
		c := testCtx(t)
		c.Session.Settings["winnow.geoip.database"] = path
		v, err := expr.EvalConst(c, e)
		if err != nil {
			return "ERROR " + err.Error()
		}
		defer v.Release()
		return datatype.Text(v, 0)
	}
	london := `{"country":"GB","country_name":"United Kingdom","city":"London","latitude":51.5,"longitude":-0.25,"asn":64500,"organization":null}`
	for ip, want := range map[string]string{"81.2.69.160": london, "81.2.70.1": "NULL", "no address": "NULL", "::1": "NULL"} {
		if got := ask(ip, path); got != want {
			t.Errorf("%s is %s, want %s", ip, got, want)
		}
	}
	for _, missing := range []string{"", path + ".gone"} {
		if got := ask("81.2.69.160", missing); !strings.HasPrefix(got, "ERROR CONFIG: geoip") {
			t.Errorf("with the file %q: %s", missing, got)
		}
	}
}
