package textscan

import "encoding/binary"

// month tells of a month in years that begin in March, so that the day that some lack is their last one.
type month struct {
	before uint16 // days of the year before it
	back   uint8  // 1: it belongs to the year before
	days   uint8  // but for a leap day
}

// months are those of the calendar by their number; numbers that are none have no days.
var months = [128]month{
	1: {306, 1, 31}, 2: {337, 1, 28}, 3: {0, 0, 31}, 4: {31, 0, 30}, 5: {61, 0, 31}, 6: {92, 0, 30},
	7: {122, 0, 31}, 8: {153, 0, 31}, 9: {184, 0, 30}, 10: {214, 0, 31}, 11: {245, 0, 30}, 12: {275, 0, 31},
}

// Date reads yyyy-mm-dd, with a year from 1 on, as days since 1970-01-01 in the proleptic Gregorian calendar. Other forms and
// what is no day are not ok: the caller reads them with datatype.ParseDate.
func Date(b []byte) (days int32, ok bool) {
	if len(b) != len("yyyy-mm-dd") || b[4] != '-' || b[7] != '-' {
		return 0, false
	}
	// The digits without the dashes, then pairs of them.
	x := binary.LittleEndian.Uint64(b)
	x = x&0xffffffff | x>>8&(0xffff<<32) | uint64(binary.LittleEndian.Uint16(b[8:]))<<48
	x ^= '0' * ones
	if notDigits(x) {
		return 0, false
	}
	x = x * (10<<8 + 1) >> 8 & 0x00ff00ff00ff00ff
	y, m, day := uint32(x&0x7f)*100+uint32(x>>16&0x7f), &months[x>>32&0x7f], uint32(x>>48)
	if y == 0 || day-1 >= uint32(m.days) && !(m == &months[2] && day == 29 && y%4 == 0 && (y%100 != 0 || y%400 == 0)) {
		return 0, false
	}
	y -= uint32(m.back)
	const epoch = 719468 // days from 0000-03-01
	return int32(y*365+y/4-y/100+y/400+uint32(m.before)+day-1) - epoch, true
}
