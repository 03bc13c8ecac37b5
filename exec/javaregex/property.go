package javaregex

import (
	"strings"
	"unicode"
)

// The sets below are built when a pattern names them, not when the program starts.

func letters() set      { return table(unicode.L) }
func alphabetic() set   { return table(unicode.L, unicode.Nl, unicode.Other_Alphabetic) }
func upperLetters() set { return table(unicode.Lu, unicode.Other_Uppercase) }
func lowerLetters() set { return table(unicode.Ll, unicode.Other_Lowercase) }
func asciiPunct() set   { return set{'!', '/', ':', '@', '[', '`', '{', '~'} }

// boundWord are the characters that \b takes for a word's: letters, digits and their marks, of any script.
func boundWord() set { return table(unicode.L, unicode.Nd, unicode.Mn).union(one('_')) }

// uniWord is \w under the flag U.
func uniWord() set {
	return table(unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control)
}

func assigned() set {
	return table(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// posix returns a POSIX class of \p{…}: ASCII only, unless the flag U makes it Unicode's.
func posix(name string, unicodeClass bool) (set, bool) {
	if unicodeClass {
		switch name {
		case "Alpha":
			return alphabetic(), true
		case "Lower":
			return lowerLetters(), true
		case "Upper":
			return upperLetters(), true
		case "Space":
			return table(unicode.White_Space), true
		case "Punct":
			return table(unicode.P), true
		case "XDigit":
			return table(unicode.Nd, unicode.Hex_Digit), true
		case "Alnum":
			return alphabetic().union(table(unicode.Nd)), true
		case "Cntrl":
			return table(unicode.Cc), true
		case "Digit":
			return table(unicode.Nd), true
		case "Blank":
			return table(unicode.Zs).union(one('\t')), true
		case "Graph":
			return table(unicode.Z, unicode.Cc, unicode.Cs).union(assigned().negate()).negate(), true
		case "Print":
			return table(unicode.Zl, unicode.Zp, unicode.Cc, unicode.Cs).union(assigned().negate()).negate(), true
		}
	}
	switch name {
	case "Lower":
		return set{'a', 'z'}, true
	case "Upper":
		return set{'A', 'Z'}, true
	case "ASCII":
		return set{0, 0x7F}, true
	case "Alpha":
		return set{'A', 'Z', 'a', 'z'}, true
	case "Digit":
		return digits, true
	case "Alnum":
		return set{'0', '9', 'A', 'Z', 'a', 'z'}, true
	case "Punct":
		return asciiPunct(), true
	case "Graph":
		return set{'!', '~'}, true
	case "Print":
		return set{' ', '~'}, true
	case "Blank":
		return set{'\t', '\t', ' ', ' '}, true
	case "Cntrl":
		return set{0, 0x1F, 0x7F, 0x7F}, true
	case "XDigit":
		return set{'0', '9', 'A', 'F', 'a', 'f'}, true
	case "Space":
		return spaceSet, true
	}
	return nil, false
}

// binaryProperty returns a Unicode property of \p{Is…}; name in upper case.
func binaryProperty(name string) (set, bool) {
	switch name {
	case "ALPHABETIC":
		return alphabetic(), true
	case "IDEOGRAPHIC":
		return table(unicode.Ideographic), true
	case "LETTER":
		return letters(), true
	case "LOWERCASE":
		return lowerLetters(), true
	case "UPPERCASE":
		return upperLetters(), true
	case "TITLECASE":
		return table(unicode.Lt), true
	case "WHITE_SPACE", "WHITESPACE":
		return table(unicode.White_Space), true
	case "CONTROL":
		return table(unicode.Cc), true
	case "PUNCTUATION":
		return table(unicode.P), true
	case "HEX_DIGIT", "HEXDIGIT":
		return table(unicode.Nd, unicode.Hex_Digit), true
	case "DIGIT":
		return table(unicode.Nd), true
	case "ASSIGNED":
		return assigned(), true
	case "NONCHARACTER_CODE_POINT", "NONCHARACTERCODEPOINT":
		return table(unicode.Noncharacter_Code_Point), true
	case "JOIN_CONTROL", "JOINCONTROL":
		return table(unicode.Join_Control), true
	}
	return nil, false
}

// category returns a general category of Unicode, by Java's names.
func category(name string) (set, bool) {
	switch name {
	case "LC":
		return table(unicode.Lu, unicode.Ll, unicode.Lt), true
	case "LD":
		return table(unicode.L, unicode.Nd), true
	case "L1":
		return set{0, 0xFF}, true
	case "all", "ALL":
		return anyRune, true
	case "ASCII":
		return set{0, 0x7F}, true
	case "Cn":
		return assigned().negate(), true
	case "C":
		return table(unicode.C).union(assigned().negate()), true
	}
	if t, ok := unicode.Categories[name]; ok {
		return table(t), true
	}
	return nil, false
}

// javaMethod returns the class of \p{javaX}: the characters for which java.lang.Character.isX is true.
func javaMethod(name string) (set, bool) {
	ignorable := set{0, 8, 0xE, 0x1B, 0x7F, 0x9F}.union(table(unicode.Cf))
	switch name {
	case "LowerCase":
		return lowerLetters(), true
	case "UpperCase":
		return upperLetters(), true
	case "TitleCase":
		return table(unicode.Lt), true
	case "Alphabetic":
		return alphabetic(), true
	case "Ideographic":
		return table(unicode.Ideographic), true
	case "Digit":
		return table(unicode.Nd), true
	case "Defined":
		return assigned(), true
	case "Letter":
		return letters(), true
	case "LetterOrDigit":
		return table(unicode.L, unicode.Nd), true
	case "SpaceChar":
		return table(unicode.Z), true
	case "ISOControl":
		return table(unicode.Cc), true
	case "IdentifierIgnorable":
		return ignorable, true
	case "Whitespace":
		noBreak := set{0xA0, 0xA0, 0x2007, 0x2007, 0x202F, 0x202F}
		return table(unicode.Z).intersect(noBreak.negate()).union(set{'\t', '\r', 0x1C, 0x1F}), true
	case "JavaIdentifierStart":
		return table(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc), true
	case "JavaIdentifierPart":
		return table(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn).union(ignorable), true
	case "UnicodeIdentifierStart":
		return table(unicode.L, unicode.Nl, unicode.Other_ID_Start), true
	case "UnicodeIdentifierPart":
		return table(unicode.L, unicode.Nl, unicode.Other_ID_Start, unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn, unicode.Other_ID_Continue).union(ignorable), true
	}
	return nil, false
}

// script returns the characters of a Unicode script, whatever the case of its name.
func script(name string) (set, bool) {
	for n, t := range unicode.Scripts {
		if strings.EqualFold(n, name) {
			return table(t), true
		}
	}
	return nil, false
}

// property returns the class of \p{name}.
func property(name string, unicodeClass bool) (set, bool) {
	if key, value, ok := strings.Cut(name, "="); ok {
		switch strings.ToLower(key) {
		case "sc", "script":
			return script(value)
		case "gc", "general_category":
			return category(value)
		}
		return nil, false
	}
	if rest, ok := strings.CutPrefix(name, "java"); ok {
		return javaMethod(rest)
	}
	if rest, ok := strings.CutPrefix(name, "Is"); ok {
		if s, ok := binaryProperty(strings.ToUpper(rest)); ok {
			return s, true
		}
		if s, ok := category(rest); ok {
			return s, true
		}
		return script(rest)
	}
	if s, ok := posix(name, unicodeClass); ok {
		return s, true
	}
	return category(name)
}
