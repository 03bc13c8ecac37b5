//go:build !purego

package textscan

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// kernels returns what this processor can run, the best first.
func kernels() (all []kernel) {
	if x := &cpu.X86; x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasPOPCNT && x.HasPCLMULQDQ {
		if x.HasAVX512BW && x.HasAVX512VL && x.HasAVX512VBMI && x.HasAVX512VBMI2 && x.HasAVX512GFNI {
			all = append(all, kernel{"avx512", fieldsWide(fieldsAVX512).run, linesWide, pairWide, jsonWide(jsonAVX512).run})
		}
		all = append(all, kernel{"avx2", fieldsWide(fieldsAVX2).run, linesWide, pairWide, jsonWide(jsonAVX2).run})
	}
	return append(all, portable)
}

// fieldsWide is kernel.fields for whole blocks: it has written k places, left blocks are not looked at.
type fieldsWide func(dst *uint32, room int, b *byte, blocks int, needles uint64, wanted, ends *uint64, n int, check uint64, at int) (k, left, next int, seen seen)

// run leaves the bytes after the last 64 to the portable form, as the others do.
func (f fieldsWide) run(dst []uint32, b []byte, n needles, w windows, at int) progress {
	blocks := len(b) / block
	k, left, next, s := f(unsafe.SliceData(dst), len(dst), unsafe.SliceData(b), blocks, n.packed(),
		unsafe.SliceData(w.wanted), unsafe.SliceData(w.ends), len(w.wanted), w.check, at)
	p := progress{places: k, done: (blocks - left) * block, at: next, seen: s}
	if left > 0 || p.at < 0 {
		return p
	}
	return p.then(dst, b, n, w)
}

// jsonWide is kernel.json.
type jsonWide func(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *Kind, words *uint32) (k, w int)

func (f jsonWide) run(s *jsonState, b []byte, blocks []jsonBlock, events, words []uint32, kinds []Kind) (n, w int) {
	_ = b[len(blocks)*BlockSize-1]
	return f(s, &b[0], &blocks[0], len(blocks), &events[0], &kinds[0], &words[0])
}

func linesWide(b []byte, end byte) (int, bool) {
	blocks := len(b) / 64
	ends, cr := linesAVX2(unsafe.SliceData(b), blocks, uint64(end))
	e, c := linesPortable(b[blocks*64:], end)
	return ends + e, cr != 0 || c
}

func pairWide(b []byte, dist int, first, second byte) int {
	blocks := max(0, len(b)-dist) / 64
	if i := pairAVX2(unsafe.SliceData(b), blocks, dist, uint64(first)|uint64(second)<<8); i >= 0 {
		return i
	}
	if i := pairPortable(b[blocks*64:], dist, first, second); i >= 0 {
		return blocks*64 + i
	}
	return -1
}

//go:noescape
func fieldsAVX2(dst *uint32, room int, b *byte, blocks int, needles uint64, wanted, ends *uint64, n int, check uint64, at int) (k, left, next int, seen seen)

//go:noescape
func fieldsAVX512(dst *uint32, room int, b *byte, blocks int, needles uint64, wanted, ends *uint64, n int, check uint64, at int) (k, left, next int, seen seen)

//go:noescape
func linesAVX2(b *byte, blocks int, end uint64) (ends, cr int)

//go:noescape
func pairAVX2(b *byte, blocks, dist int, pair uint64) int

//go:noescape
func jsonAVX2(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *Kind, words *uint32) (k, w int)

//go:noescape
func jsonAVX512(s *jsonState, b *byte, blocks *jsonBlock, n int, events *uint32, kinds *Kind, words *uint32) (k, w int)
