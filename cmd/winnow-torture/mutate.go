package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// broken is a message with one to three bytes changed, or cut.
func broken(r *rand.Rand, good []byte) []byte {
	b := bytes.Clone(good)
	for range 1 + r.IntN(3) {
		if len(b) == 0 {
			return b
		}
		if at := r.IntN(len(b)); r.IntN(10) == 0 {
			b = b[:at]
		} else {
			b[at] = byte(pick(r, r.IntN(256), 0, 0x7f, 0x80, 0xff))
		}
	}
	return b
}

// brokenMessage is m with a field changed that still can be read, or its bytes broken.
func brokenMessage(r *rand.Rand, m proto.Message) any {
	if r.IntN(4) > 0 {
		m = proto.Clone(m)
		if twist(r, m.ProtoReflect()) {
			return m
		}
	}
	b, err := proto.Marshal(m)
	if err != nil {
		return m
	}
	return broken(r, b)
}

// twist changes one field of m or of a message inside it; false if nothing is set.
func twist(r *rand.Rand, m protoreflect.Message) bool {
	var set []protoreflect.FieldDescriptor
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		set = append(set, f)
		return true
	})
	if len(set) == 0 {
		return false
	}
	f := pick(r, set...)
	switch {
	case f.IsMap() || r.IntN(40) == 0:
		m.Clear(f)
	case f.IsList():
		l := m.Mutable(f).List()
		switch at := r.IntN(l.Len()); {
		case f.Message() != nil && r.IntN(8) > 0:
			return twist(r, l.Get(at).Message())
		case r.IntN(2) == 0:
			l.Append(l.Get(at))
		case f.Message() != nil:
			l.Truncate(at)
		default:
			l.Set(at, twisted(r, f, l.Get(at)))
		}
	case f.Message() != nil:
		return twist(r, m.Mutable(f).Message())
	default:
		m.Set(f, twisted(r, f, m.Get(f)))
	}
	return true
}

// twisted is another value of field f than v.
func twisted(r *rand.Rand, f protoreflect.FieldDescriptor, v protoreflect.Value) protoreflect.Value {
	n := pick(r, 0, 1, -1, r.IntN(100), math.MaxInt32, math.MinInt32, 1<<40, math.MaxInt64, math.MinInt64)
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(!v.Bool())
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(int32(n)))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(uint64(n))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(float32(n))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(n))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(pick(r, "", v.String()+"x", "array<array<int>>", "string", "sum", "\x00", fmt.Sprint(n)))
	default:
		return protoreflect.ValueOfBytes(broken(r, v.Bytes()))
	}
}

// either is the codec of messages, and of such as are bytes already.
type either struct{}

// Name is that of the codec it stands for.
func (either) Name() string { return "proto" }

// Marshal gives v's bytes.
func (either) Marshal(v any) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		return v, nil
	case proto.Message:
		return proto.Marshal(v)
	}
	return nil, fmt.Errorf("%T is no message", v)
}

// Unmarshal reads b into v.
func (either) Unmarshal(b []byte, v any) error {
	switch v := v.(type) {
	case *[]byte:
		*v = bytes.Clone(b)
		return nil
	case proto.Message:
		return proto.Unmarshal(b, v)
	}
	return fmt.Errorf("%T is no place for a message", v)
}
