package funcs

import (
	"math"
	"net/netip"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/exec/datatype"
)

// networks reads IP addresses, of both versions, in text. Text that is no address gives NULL.
var networks = []Scalar{
	strict("ip_to_int", "ip_to_int(ip): an IPv4 address as a number; ip_to_int('10.0.0.1') is 167772161", datatype.BigInt, textToFixed(datatype.BigInt, ipToInt), anyText),
	strict("int_to_ip", "int_to_ip(n): the IPv4 address of a number; int_to_ip(167772161) is '10.0.0.1'", datatype.String, intToIP, whole),
	strict("ip_in_cidr", "ip_in_cidr(ip, 'network/bits'): whether the address is in the network; ip_in_cidr('10.1.2.3', '10.0.0.0/8') is true", datatype.Bool, ipInCIDR, anyText, anyText),
	strict("ip_prefix", "ip_prefix(ip, bits): the network of so many bits that the address is in; ip_prefix('10.1.2.3', 8) is '10.0.0.0/8'", datatype.String, ipPrefix, anyText, whole),
	strict("is_private_ip", "is_private_ip(ip): whether the address is private, of the own host or of the link; is_private_ip('192.168.1.1') is true", datatype.Bool,
		textToBool(func(v []byte) (is, ok bool) {
			a, ok := parseIP(string(v))
			return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified(), ok
		}), anyText),
	strict("is_ip", "is_ip(s): whether s is an IP address; is_ip('::1') is true", datatype.Bool, textToBool(func(v []byte) (is, ok bool) {
		_, is = parseIP(string(v))
		return is, true
	}), anyText),
}

// parseIP reads an address; an IPv4 address written as IPv6 counts as IPv4.
func parseIP(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a.Unmap(), err == nil
}

func ipToInt(v []byte) (int64, bool) {
	a, ok := parseIP(string(v))
	if !ok || !a.Is4() {
		return 0, false
	}
	b := a.As4()
	return int64(b[0])<<24 | int64(b[1])<<16 | int64(b[2])<<8 | int64(b[3]), true
}

func intToIP(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	in := fixedOf[int64](args[0])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		v := in.at(i)
		if v < 0 || v > math.MaxUint32 {
			return dst, false
		}
		return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}).AppendTo(dst), true
	})
}

// ipInCIDR keeps the last network, which is mostly constant.
func ipInCIDR(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	ip, cidr := stringsOf(args[0]), stringsOf(args[1])
	var network netip.Prefix
	var good bool
	last := ""
	o := newBools(c, n, args...)
	for i := range n {
		if o.null(i) {
			continue
		}
		if cidr.at(i) != last {
			p, err := netip.ParsePrefix(cidr.at(i))
			network, good, last = p, err == nil, cidr.at(i)
		}
		a, ok := parseIP(ip.at(i))
		if !ok || !good {
			o.setNull(i)
		} else if network.Contains(a) {
			o.set(i)
		}
	}
	return o.finish(), nil
}

func ipPrefix(c *Ctx, args []Vec, n int) (arrow.Array, error) {
	ip, bits := stringsOf(args[0]), fixedOf[int64](args[1])
	return textRows(c, datatype.String, args, n, func(dst []byte, i int) ([]byte, bool) {
		a, ok := parseIP(ip.at(i))
		if !ok || bits.at(i) < 0 || bits.at(i) > 128 {
			return dst, false
		}
		p, err := a.Prefix(int(bits.at(i)))
		if err != nil {
			return dst, false
		}
		return p.AppendTo(dst), true
	})
}
