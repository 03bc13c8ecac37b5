package ast

import "strings"

// Reserved reports whether word, in lower case, is a name only in backquotes.
func Reserved(word string) bool { return reserved[word] }

// Callable reports whether word, in lower case, is reserved and yet the name of a function.
func Callable(word string) bool { return callable[word] }

// ReservedWords returns the reserved words, in no order.
func ReservedWords() []string {
	words := make([]string, 0, len(reserved))
	for w := range reserved {
		words = append(words, w)
	}
	return words
}

// reserved are those of Hive 4, whose grammar has a list of the words that are not.
var reserved = words(`all alter and any array as authorization between bigint binary boolean both by
	case cast char column commit conf constraint create cross cube current current_date
	current_timestamp cursor database date decimal delete describe distinct double drop else end
	exchange except exists extended external extract false fetch float following for foreign from
	full function grant group grouping having if import in inner insert int integer intersect
	interval into is join lateral leading left less like local macro map merge minus more none not
	null of on only or order out outer over partialscan partition percent preceding precision
	preserve primary procedure qualify range reads reduce references regexp revoke right rlike
	rollback rollup row rows select set smallint some start table tablesample then timestamp
	timestamplocaltz to trailing transform trigger true truncate unbounded union unique uniquejoin
	update user using values varchar when where window with`)

var callable = words(`if array map bigint binary boolean current_date current_timestamp date double float grouping
	int integer smallint timestamp decimal char varchar user left right floor current any some transform reduce`)

// shy are words that Print quotes though they are not reserved: in some places a clause, a
// call or a literal begins with them.
var shy = words(`anti cluster column distribute escape fetch filter for ignore ilike limit match_recognize natural nulls
	offset pivot position recursive respect semi sort try_cast unnest within _utf8
	year quarter month week day hour minute second years quarters months weeks days hours minutes seconds`)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// bare reports whether name needs no backquotes.
func bare(name string) bool {
	if name == "" || reserved[name] || shy[name] || '0' <= name[0] && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
