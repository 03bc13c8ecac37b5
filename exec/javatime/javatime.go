// Package javatime writes and reads times by patterns: those of Java's DateTimeFormatter (yyyy-MM-dd
// HH:mm:ss), as Hive 4 uses them, of Java's SimpleDateFormat, as Hive 1 to 3 did, and those with %
// letters of strftime and MySQL. Names are English, weeks as in the United States (the first day is
// Sunday, the week of January 1 is the first), as in a Java process with the locale en_US.
//
// Read Format first.
package javatime

import (
	"time"
	_ "time/tzdata" // zones on machines without a zone database
)

// Format is a compiled pattern. It does not change and may be shared.
type Format struct {
	items  []item
	simple bool // SimpleDateFormat's rules
	easy   int  // patterns with %: the year of a text without one; they read leniently. Otherwise 0
	zoned  bool // writing needs the zone's name or offset
}

// Append appends the time sec seconds and nano nanoseconds after 1970-01-01 00:00:00 UTC as the clock of
// zone shows it.
func (f *Format) Append(dst []byte, sec int64, nano int32, zone *time.Location) []byte {
	offset := 0
	abbreviation := "UTC"
	if zone != time.UTC {
		abbreviation, offset = time.Unix(sec, 0).In(zone).Zone()
	}
	if abbreviation == "LMT" { // before there were zones: Java uses today's name
		abbreviation, _ = time.Unix(0, 0).In(zone).Zone()
	}
	c := newClock(sec+int64(offset), nano)
	c.offset, c.abbreviation, c.zone = offset, abbreviation, zone
	if f.simple {
		return f.appendSimple(dst, &c)
	}
	for i := range f.items {
		dst = f.items[i].append(dst, &c)
	}
	return dst
}

// AppendLocal appends what a clock without zone shows, sec seconds and nano nanoseconds after 1970-01-01
// 00:00:00; letters for a zone show that of zone.
func (f *Format) AppendLocal(dst []byte, sec int64, nano int32, zone *time.Location) []byte {
	if !f.zoned {
		zone = time.UTC
	}
	return f.Append(dst, ToUTC(sec, zone), nano, zone)
}

// Parse reads all of text and returns the time in seconds since 1970-01-01 00:00:00 UTC and nanoseconds.
// The clock is that of zone unless text names another zone or offset. Without a time of day it is
// midnight; without a full date text is not ok.
func (f *Format) Parse(text []byte, zone *time.Location) (sec int64, nano int32, ok bool) {
	if f.simple {
		return f.parseSimple(text, zone)
	}
	p := parsed{easy: f.easy > 0}
	rest, ok := f.parseItems(f.items, text, &p)
	if !ok || len(rest) > 0 {
		return 0, 0, false
	}
	if p.easy && !p.complete(f.easy) {
		return 0, 0, false
	}
	local, nano, ok := p.resolve()
	if !ok {
		return 0, 0, false
	}
	return p.instant(local, zone), nano, true
}

// field is what a pattern letter stands for.
type field uint8

const (
	era            field = iota // 0 BC, 1 AD
	yearOfEra                   // y
	year                        // u
	weekYear                    // Y
	quarter                     // Q
	month                       // M
	week                        // w, of weekYear
	weekOfMonth                 // W
	dayOfYear                   // D
	dayOfMonth                  // d
	dayOfWeek                   // E: 1 Monday … 7 Sunday
	localDayOfWeek              // e: 1 Sunday … 7 Saturday
	alignedDay                  // F: 1 on the 1st, 8th, 15th …
	ampm                        // a: 0, 1
	clockHour12                 // h: 1-12
	hour12                      // K: 0-11
	clockHour                   // k: 1-24
	hour                        // H: 0-23
	minute                      // m
	second                      // s
	nanoOfSecond                // n, S
	milliOfDay                  // A
	nanoOfDay                   // N
	fieldCount
)

// limits are the least and greatest valid values of the fields that are checked as they are read.
var limits = [fieldCount][2]int64{
	era: {0, 1}, yearOfEra: {1, 999_999_999}, year: {-999_999_999, 999_999_999}, weekYear: {-999_999_999, 999_999_999},
	quarter: {1, 4}, month: {1, 12}, week: {1, 54}, weekOfMonth: {0, 6}, dayOfYear: {1, 366}, dayOfMonth: {1, 31},
	dayOfWeek: {1, 7}, localDayOfWeek: {1, 7}, alignedDay: {1, 7}, ampm: {0, 1}, clockHour12: {0, 12}, hour12: {0, 11},
	clockHour: {0, 24}, hour: {0, 24}, minute: {0, 59}, second: {0, 59}, nanoOfSecond: {0, 999_999_999},
	milliOfDay: {0, 86_400_000 - 1}, nanoOfDay: {0, 86_400_000_000_000 - 1},
}

// kind is how an item is written and read.
type kind uint8

const (
	literal   kind = iota
	number         // digits
	reduced        // the last two digits of a year from 2000 on
	fraction       // the first digits of nanoseconds
	name           // of a month, day, quarter, era, half of a day
	offset         // +01:00
	gmtOffset      // GMT+1
	zoneName       // EST
	zoneID         // America/New_York
	optional       // the items from the next to end
)

// width is the length of a name.
type width uint8

const (
	short width = iota
	full
	narrow
)

// signs tells which signs a number is written and read with.
type signs uint8

const (
	normal     signs = iota // - only
	noSign                  // none
	exceedsPad              // -, and + if there are more digits than the least
)

// item is a part of a pattern.
type item struct {
	kind     kind
	field    field
	least    int // digits
	most     int
	signs    signs
	reserved int    // digits of the fixed-width numbers that follow without a gap: they are not this number's
	width    width  // of a name
	text     string // of a literal; the form of an offset
	zero     string // what stands for offset 0
	end      int    // of an optional part: the number of items in it
	letter   byte   // of SimpleDateFormat
}
