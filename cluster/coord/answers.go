package coord

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"google.golang.org/protobuf/proto"

	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/vec"
	"github.com/winnowdb/winnow/proto/diag"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

const (
	// defaultAnswers is the memory of the answers that are kept; largestAnswer that of one.
	defaultAnswers = 64 << 20
	largestAnswer  = 8 << 20
	// gatheredPart is the part of that memory which answers under way may take.
	gatheredPart = 4
	// answerOverhead is what an answer takes besides its rows, about.
	answerOverhead = 1 << 10
	// settled is the age from which on a file's time tells its versions apart: a younger one may be written again within the
	// same tick of the clock that gave it its time.
	settled = 2 * time.Second
)

// digest tells plans, or lists of files, apart.
type digest [sha256.Size]byte

// answer is what a plan has given for the files that it read.
type answer struct {
	plan, files digest
	rows        []arrow.Record
	stats       *winnowpb.Stats // what belongs to the rows: damage and warnings
	size        int64           // bytes of memory
}

// answers are those kept, one of a plan, up to a number of bytes; the one unused for longest goes first. It may be used from several
// goroutines.
type answers struct {
	most int64

	mu     sync.Mutex
	byPlan map[digest]*list.Element // of *answer
	order  list.List                // the last used first
	size   int64
	// gathered is the bytes of answers whose readers have not come to their end yet.
	gathered int64
}

func newAnswers(most int64) *answers { return &answers{most: most, byPlan: map[digest]*list.Element{}} }

// has reports whether there is an answer to plan, of whatever files.
func (k *answers) has(plan digest) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.byPlan[plan] != nil
}

// get returns the answer to plan over files, nil if there is none. The caller releases its rows.
func (k *answers) get(plan, files digest) *answer {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.byPlan[plan]
	if e == nil || e.Value.(*answer).files != files {
		return nil
	}
	k.order.MoveToFront(e)
	a := e.Value.(*answer)
	for _, rec := range a.rows {
		rec.Retain()
	}
	return a
}

// put keeps a, whose rows it takes over, in the place of an earlier answer to the plan.
func (k *answers) put(a *answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.byPlan[a.plan]; e != nil {
		k.drop(e)
	}
	if a.size > k.most {
		releaseAll(a.rows)
		return
	}
	k.byPlan[a.plan] = k.order.PushFront(a)
	for k.size += a.size; k.size > k.most; {
		k.drop(k.order.Back())
	}
}

func (k *answers) drop(e *list.Element) {
	a := k.order.Remove(e).(*answer)
	delete(k.byPlan, a.plan)
	k.size -= a.size
	releaseAll(a.rows)
}

func releaseAll(rows []arrow.Record) {
	for _, rec := range rows {
		rec.Release()
	}
}

// gather adds n bytes, which may be negative, to what is being gathered, and reports whether there is room for them: readers may
// take their time, and an answer is in memory twice while one does.
func (k *answers) gather(n int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n > 0 && k.gathered+n > k.most/gatheredPart {
		return false
	}
	k.gathered += n
	return true
}

// keeping gathers the rows of an answer as they go to its reader.
type keeping struct {
	into *answers
	rows []arrow.Record
	size int64
	off  bool // the answer is not kept: it is too large, was not read to its end, or has been handed over
}

func (k *keeping) add(rec arrow.Record) {
	if k.off {
		return
	}
	n := vec.Size(rec)
	if k.size+n > largestAnswer || !k.into.gather(n) {
		k.stop()
		return
	}
	k.size += n
	// A copy, since rec may be a small part of large buffers.
	all := make([]int32, rec.NumRows())
	for i := range all {
		all[i] = int32(i)
	}
	k.rows = append(k.rows, vec.TakeRecord(memory.DefaultAllocator, rec, all))
}

// stop ends the gathering; the rows are given up.
func (k *keeping) stop() { releaseAll(k.take()) }

// take ends the gathering and gives the rows to the caller.
func (k *keeping) take() []arrow.Record {
	rows := k.rows
	k.into.gather(-k.size)
	k.rows, k.size, k.off = nil, 0, true
	return rows
}

// keepable reports whether an answer to plan stands as long as its files do: it reads files and nothing else from outside, and no
// function gives something else each time.
func keepable(plan *winnowpb.Plan) bool {
	scans := 0
	for _, s := range plan.Stages {
		scans += len(s.Scans)
		if slices.ContainsFunc(s.Scans, func(src *winnowpb.ScanSource) bool { return src.SampleBytes > 0 }) || !repeatable(s.Root) {
			return false
		}
	}
	return scans > 0
}

// repeatable reports whether the operators of n give the same rows for the same files. A call without arguments that has not become
// a constant asks for the time.
func repeatable(n *winnowpb.Node) bool {
	same := true
	eachMessage(n, func(m proto.Message) bool {
		switch m := m.(type) {
		case *winnowpb.Transform, *winnowpb.HandlerScan, *winnowpb.Sample, *winnowpb.Write:
			same = false
		case *winnowpb.Call:
			f := funcs.FindScalar(m.Name)
			same = same && len(m.Args) > 0 && (f == nil || !f.Volatile && !f.Outside)
		}
		return same
	})
	return same
}

// planDigest tells apart plans that may answer otherwise over the same files. A plan holds all that workers know: expressions with
// their constants, formats, folders, the user, the time zone and the settings. Of the time it counts the year, which casts of
// two-digit years go by; elsewhere it has become a constant, or the plan is not keepable.
func planDigest(plan *winnowpb.Plan) (digest, error) {
	session := plan.Session
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(&winnowpb.Plan{Stages: plan.Stages, Session: &winnowpb.Session{
		NowUnixNanos: int64(time.Unix(0, session.NowUnixNanos).UTC().Year()),
		TimeZone:     session.TimeZone, User: session.User, Database: session.Database, Settings: session.Settings,
	}})
	if err != nil {
		return digest{}, diag.Errorf(diag.Internal, "write a plan: %w", err)
	}
	return sha256.Sum256(b), nil
}

// filesDigest tells apart what scans read: the versions of the files, how they are cut, and what was warned of.
func filesDigest(scans map[uint32]*splits.Listing) (d digest) {
	h := digester{Hash: sha256.New()}
	for _, id := range slices.Sorted(maps.Keys(scans)) {
		l := scans[id]
		h.numbers(int64(id), int64(len(l.Splits)))
		for _, s := range l.Splits {
			h.numbers(int64(len(s.Files)))
			for _, f := range s.Files {
				h.text(f.Path)
				h.text(f.Etag)
				h.text(f.Partition)
				h.numbers(f.Size, f.ModTimeUnixNanos, f.Offset, f.Length)
			}
		}
		for _, text := range l.Warnings() {
			h.text(text)
		}
	}
	h.Sum(d[:0])
	return d
}

// digester adds to a hash so that other parts give other bytes.
type digester struct {
	hash.Hash
	buf []byte
}

func (h *digester) numbers(values ...int64) {
	h.buf = h.buf[:0]
	for _, v := range values {
		h.buf = binary.BigEndian.AppendUint64(h.buf, uint64(v))
	}
	h.Write(h.buf)
}

func (h *digester) text(s string) {
	h.numbers(int64(len(s)))
	h.buf = append(h.buf[:0], s...)
	h.Write(h.buf)
}
