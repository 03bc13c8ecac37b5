package javatime

import (
	"fmt"
	"strings"
	"time"
)

// oldZones are the short names that Java took before there were regions (java.time.ZoneId.SHORT_IDS
// without the fixed offsets).
var oldZones = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns",
	"CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris",
	"IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan",
	"NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
	"PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}

// oldOffsets are Java's short names of fixed offsets, in hours.
var oldOffsets = map[string]int{"EST": -5, "MST": -7, "HST": -10}

// LoadZone returns the time zone of a name: a region (America/New_York), an offset (+01:00, GMT+3, UTC-03:30,
// Z) or an old short name of Java's (PST, EST). Loading a region takes a while: keep the result.
func LoadZone(name string) (*time.Location, error) {
	switch name {
	case "UTC", "GMT", "Z", "UT":
		return time.UTC, nil
	case "", "Local":
		return nil, fmt.Errorf("no time zone is called %q", name)
	}
	if h, ok := oldOffsets[name]; ok {
		return time.FixedZone(name, h*3600), nil
	}
	if region, ok := oldZones[name]; ok {
		name = region
	}
	digits := name
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			digits = rest
			break
		}
	}
	if seconds, n, ok := scanOffset([]byte(digits)); ok && n == len(digits) {
		return fixedZone(seconds), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("no time zone is called %q", name)
	}
	return zone, nil
}

// fixedZone returns the zone of an offset, called as Java calls it: GMT+03:00.
func fixedZone(seconds int) *time.Location {
	if seconds == 0 {
		return time.UTC
	}
	return time.FixedZone(string(appendGMT(nil, seconds, full)), seconds)
}

// scanOffset reads +h, +hh, +hh:mm, +hhmm, +hh:mm:ss or with - and returns its length.
func scanOffset(text []byte) (seconds, n int, ok bool) {
	if len(text) < 2 || text[0] != '+' && text[0] != '-' || !isDigit(text[1]) {
		return 0, 0, false
	}
	n = 2
	h := int(text[1] - '0')
	if n < len(text) && isDigit(text[n]) {
		h = h*10 + int(text[n]-'0')
		n++
	}
	seconds = h * 3600
	for _, unit := range []int{60, 1} {
		at := n
		if at < len(text) && text[at] == ':' {
			at++
		}
		if at+2 > len(text) || !isDigit(text[at]) || !isDigit(text[at+1]) || text[at] > '5' {
			break
		}
		seconds += (int(text[at]-'0')*10 + int(text[at+1]-'0')) * unit
		n = at + 2
	}
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, n, seconds <= 18*3600 && seconds >= -18*3600
}

// ToUTC returns the instant, in seconds since 1970 in UTC, at which the clock of zone shows local, which is
// counted likewise. Of a time that the clock shows twice it is the first; a time that the clock
// skips moves forward by the gap.
func ToUTC(local int64, zone *time.Location) int64 {
	if zone == time.UTC {
		return local
	}
	before, after := offsetAt(local-86400, zone), offsetAt(local+86400, zone)
	if before == after || offsetAt(local-before, zone) == before || offsetAt(local-after, zone) != after {
		return local - before
	}
	return local - after
}

// toUTCLate is ToUTC that takes the second of two instants, as GregorianCalendar does.
func toUTCLate(local int64, zone *time.Location) int64 {
	if after := offsetAt(local+86400, zone); offsetAt(local-after, zone) == after {
		return local - after
	}
	return ToUTC(local, zone)
}

// offsetAt returns the seconds by which zone is east of UTC at an instant.
func offsetAt(sec int64, zone *time.Location) int64 {
	_, offset := time.Unix(sec, 0).In(zone).Zone()
	return int64(offset)
}

// offsetOfName returns the offset that a zone's abbreviation means, such as -5 h for EST in
// America/New_York, summer or winter.
func offsetOfName(abbreviation string, zone *time.Location) int {
	for _, month := range []time.Month{time.January, time.July} {
		if name, offset := time.Date(2020, month, 1, 0, 0, 0, 0, zone).Zone(); name == abbreviation {
			return offset
		}
	}
	_, offset := time.Date(2020, time.January, 1, 0, 0, 0, 0, zone).Zone()
	return offset
}

// zoneNames are the names of zones in texts: short, long, and the region that Java takes them for.
var zoneNames = []struct{ short, long, region string }{
	{"UTC", "Coordinated Universal Time", "UTC"}, {"GMT", "Greenwich Mean Time", "UTC"}, {"UT", "", "UTC"},
	{"EST", "Eastern Standard Time", "America/New_York"}, {"EDT", "Eastern Daylight Time", "America/New_York"},
	{"CST", "Central Standard Time", "America/Chicago"}, {"CDT", "Central Daylight Time", "America/Chicago"},
	{"MST", "Mountain Standard Time", "America/Denver"}, {"MDT", "Mountain Daylight Time", "America/Denver"},
	{"PST", "Pacific Standard Time", "America/Los_Angeles"}, {"PDT", "Pacific Daylight Time", "America/Los_Angeles"},
	{"AKST", "Alaska Standard Time", "America/Anchorage"}, {"AKDT", "Alaska Daylight Time", "America/Anchorage"},
	{"HST", "Hawaii-Aleutian Standard Time", "Pacific/Honolulu"},
	{"CET", "Central European Standard Time", "Europe/Paris"}, {"CEST", "Central European Summer Time", "Europe/Paris"},
	{"EET", "Eastern European Standard Time", "Europe/Bucharest"}, {"EEST", "Eastern European Summer Time", "Europe/Bucharest"},
	{"WET", "Western European Standard Time", "Atlantic/Canary"}, {"WEST", "Western European Summer Time", "Atlantic/Canary"},
	{"BST", "British Summer Time", "Europe/London"}, {"MSK", "Moscow Standard Time", "Europe/Moscow"},
	{"IST", "India Standard Time", "Asia/Kolkata"}, {"JST", "Japan Standard Time", "Asia/Tokyo"}, {"KST", "Korean Standard Time", "Asia/Seoul"},
}

// shortZone is an abbreviation as Java writes it; the zone database has bare offsets for many zones.
func shortZone(abbreviation string) string {
	if seconds, n, ok := scanOffset([]byte(abbreviation)); ok && n == len(abbreviation) {
		return string(appendGMT(nil, seconds, full))
	}
	return abbreviation
}

// longZone returns the long name of a zone, or its short one.
func longZone(abbreviation, id string) string {
	if abbreviation == "CST" && strings.HasPrefix(id, "Asia/") {
		return "China Standard Time"
	}
	for _, z := range zoneNames {
		if z.short == abbreviation && z.long != "" {
			return z.long
		}
	}
	return shortZone(abbreviation)
}

// matchZoneName returns the zone whose short or long name text begins with, the short one, and the length of the name.
func matchZoneName(text []byte) (zone *time.Location, abbreviation string, n int, ok bool) {
	end := wordLength(text)
	region := ""
	for _, z := range zoneNames {
		for _, s := range []string{z.short, z.long} {
			// A short name must be the whole word: GMT+3 is not GMT.
			if len(s) > n && hasPrefixFold(text, s) && (len(s) == end || s == z.long) {
				region, abbreviation, n = z.region, z.short, len(s)
			}
		}
	}
	if n == 0 {
		return nil, "", 0, false
	}
	zone, err := LoadZone(region)
	return zone, abbreviation, n, err == nil
}

// matchZoneID returns the zone whose id text begins with, and the length of the id.
func matchZoneID(text []byte) (zone *time.Location, n int, ok bool) {
	n = wordLength(text)
	id := string(text[:n])
	if n == 3 && strings.ToUpper(id) == id && id != "UTC" && id != "GMT" {
		return nil, 0, false // Java's old short names are no ids
	}
	zone, err := LoadZone(id)
	return zone, n, err == nil
}

// wordLength returns the length of what may be a zone's id at the beginning of text.
func wordLength(text []byte) int {
	for i, b := range text {
		if !isLetter(b) && !isDigit(b) && strings.IndexByte("/_+-:", b) < 0 {
			return i
		}
	}
	return len(text)
}
