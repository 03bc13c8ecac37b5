package textscan

import (
	"slices"
	"strings"
	"testing"
)

// FuzzJSON holds each kernel to the plain one, and tokens to the list of them.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":1,"b":[true,null,{"c":"x\"y"}]}` + "\n" + `{"cut":"x` + "\n" + `{"b" : -1.5e3}` + "\n",
		`{"text":"\ud83d\q \\","k\u0061":1}` + "\r\n\t{\"a\":\"\t\"}\n", strings.Repeat(`[{},"",1,`, 30) + "\n", strings.Repeat("\\", 131) + "\"\n\"",
		strings.Repeat(`"\n`, 50), strings.Repeat("1 ", 200), strings.Repeat(`"a`+"\n", 60), "\x1a\x0c{\x7f\x80\xff}\x1b\n", `true1 1true tru"e`,
		strings.Repeat(" ", 62) + `"\`, strings.Repeat(" ", 61) + `"a\`, strings.Repeat(`true,false:null]`, 9), strings.Repeat(`{"":true}`, 15),
		strings.Repeat(` false[nulL{fals ,falsE}`, 7), strings.Repeat(`"\\":null`, 17), strings.Repeat("a1", 99),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range kernels() {
			for _, distances := range [][]int{{3}, {2, 3, 63}, nil} {
				checkJSON(t, b, k, distances)
			}
		}
	})
}

func checkJSON(t *testing.T, b []byte, kernel kernel, distances []int) {
	got := NewJSON('\n', distances)
	got.kernel = kernel
	got.Scan(b)
	want := NewJSON('\n', distances)
	n := len(b)/BlockSize + 1
	padded := append(slices.Clone(b), strings.Repeat(" ", n*BlockSize-len(b))...)
	most := n*BlockSize + BlockSize + slack
	want.blocks, want.kinds, want.Events, want.words = make([]jsonBlock, n), make([]Kind, most), make([]uint32, most), make([]uint32, most)
	k, w := jsonPortable(&want.state, padded, want.blocks, want.Events, want.words, want.kinds)
	want.Events, want.words = want.Events[:k], want.words[:w]
	if !slices.Equal(got.words, want.words) {
		t.Fatalf("%q: words %v, want %v", b, got.words, want.words)
	}
	want.checkWords(b)
	if last := len(want.Events) - 1; last >= 0 && len(b)%BlockSize == 0 && int(want.Events[last]) == len(b) {
		want.Events = want.Events[:last] // a backslash ends b, and a blank of the padding, which is a block of its own, follows it
	}
	if !slices.Equal(got.Events, want.Events) {
		t.Fatalf("%q: events %v, want %v", b, got.Events, want.Events)
	}
	for p := range b {
		if got.Tokens(p) != want.Tokens(p) {
			t.Fatalf("%q: %d tokens before %d, want %d", b, got.Tokens(p), p, want.Tokens(p))
		}
	}
	all := int(want.state.tokens)
	if g, w := got.Kinds(0, all), want.Kinds(0, all); !slices.Equal(g, w) {
		t.Fatalf("%q: tokens are %x, want %x", b, g, w)
	}
	gs, ws := got.state, want.state
	gs.planes, gs.classes, ws.planes, ws.classes = nil, nil, nil, nil
	if len(b)%BlockSize == 0 {
		return // the padding of want is a block of its own
	}
	if gs != ws {
		t.Fatalf("%q: %+v, want %+v", b, gs, ws)
	}
}

// TestJSON holds events and tokens to their definition.
func TestJSON(t *testing.T) {
	j := NewJSON('\n', []int{4})
	text := `{"id":1,"x" :[tru,"a\"b\q",null],"\n":false, x}` + "\n"
	j.Scan([]byte(text))
	var at []string
	for _, p := range j.Events {
		at = append(at, text[p:min(len(text), int(p)+2)])
	}
	if got, want := strings.Join(at, "|"), `:1|:[|tr|q"|":|:f|x}|`+"\n"; got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	n := j.Tokens(len(text) - 1)
	got := j.Kinds(0, n)
	want := []Kind{OpenObject, Text, Colon, Scalar, Comma, Text, Colon, OpenArray, Scalar, Comma, Text, Comma, Scalar, CloseArray,
		Comma, Text, Colon, Scalar, Comma, Scalar, CloseObject}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestJSONWords tells words from what is none, by the bytes in and beside them.
func TestJSONWords(t *testing.T) {
	j := NewJSON('\n', nil)
	for text, want := range map[string]bool{
		"[true]": true, ":false}": true, ",null,": true, " null\n": true, " null\t": true, ",tru": false, ",true": true, "[truE]": false,
		"xtrue": false, "}true}": false, ",nullx": false, ",null:": false, ",falsy,": false, ",false\"": false, ",fals": false, ",False,": false,
		",xxxx,": false, ",\xf8\xf8": false, "\x80null,": false, "]null,": false, "\tnull,": false, ",true\x80": false,
	} {
		if got := j.isWord(shortText([]byte(text), 0)); got != want {
			t.Errorf("%q is a word: %t", text[1:], got)
		}
	}
	if j.isWord(shortText([]byte("true,"), -1)) {
		t.Error("a run of records does not begin with a word")
	}
}

func BenchmarkJSON(b *testing.B) {
	line := `{"created_at":"Tue Mar 05 17:00:00 +0000 2024","id":1763113000000060525,"text":"I love green old","source":"<a href=\"http:\/\/x\">x<\/a>","truncated":false,"in_reply_to":null,"user":{"id":32,"name":"b\u00e9","lang":"th"},"lang":"th"}` + "\n"
	data := []byte(strings.Repeat(line, 8<<10/len(line)))
	for _, k := range kernels() {
		b.Run(k.name, func(b *testing.B) {
			j := NewJSON('\n', []int{6})
			j.kernel = k
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				j.Scan(data)
			}
		})
	}
}
