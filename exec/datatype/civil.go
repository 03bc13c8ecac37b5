package datatype

// The range of date and timestamp: 0001-01-01 to 9999-12-31.
const (
	MinDay    = -719162
	MaxDay    = 2932896
	MinSecond = MinDay * secondsPerDay
	MaxSecond = (MaxDay+1)*secondsPerDay - 1
)

const secondsPerDay = 86400

// DaysOf returns the days from 1970-01-01 to a date of the proleptic Gregorian calendar; month is 1–12. day may
// lie outside the month.
func DaysOf(year, month, day int) int32 {
	// Years begin in March, so that the leap day is the last of its year (H. Hinnant, "chrono-compatible
	// low-level date algorithms").
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yoe := year - era*400
	doy := (153*((month+9)%12)+2)/5 + day - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int32(era*146097 + doe - 719468)
}

// Civil is the inverse of DaysOf.
func Civil(days int32) (year, month, day int) {
	z := int(days) + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

// IsLeap reports whether year has a 29 February.
func IsLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// DaysIn returns the number of days of a month, 1–12.
func DaysIn(year, month int) int {
	switch month {
	case 2:
		if IsLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// AddMonths adds months to a date; a day that the new month lacks becomes its last.
func AddMonths(days int32, months int) int32 {
	y, m, d := Civil(days)
	n := y*12 + m - 1 + months
	y, m = n/12, n%12
	if m < 0 {
		y, m = y-1, m+12
	}
	m++
	return DaysOf(y, m, min(d, DaysIn(y, m)))
}

// SplitSecond returns the day of a second since 1970 and the second of that day.
func SplitSecond(sec int64) (days int32, second int) {
	d := sec / secondsPerDay
	s := sec % secondsPerDay
	if s < 0 {
		d, s = d-1, s+secondsPerDay
	}
	return int32(d), int(s)
}
