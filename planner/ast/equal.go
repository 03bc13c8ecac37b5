package ast

import "reflect"

// Equal reports whether a and b are the same tree, wherever they stand in their texts. Names
// count as the same quoted or not.
func Equal(a, b Node) bool {
	return equal(reflect.ValueOf(a), reflect.ValueOf(b))
}

var (
	posType   = reflect.TypeFor[Pos]()
	identType = reflect.TypeFor[Ident]()
	textType  = reflect.TypeFor[SourceText]()
)

func equal(a, b reflect.Value) bool {
	for {
		if a.IsValid() != b.IsValid() {
			return false
		}
		if !a.IsValid() {
			return true
		}
		if a.Type() != b.Type() {
			return false
		}
		if a.Type() == textType {
			return true
		}
		if a.Kind() != reflect.Pointer && a.Kind() != reflect.Interface {
			break
		}
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		a, b = a.Elem(), b.Elem()
	}
	switch a.Kind() {
	case reflect.Struct:
		return equalStruct(a, b)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Interface() == b.Interface()
}

// equalStruct compares all fields but places, the last first: in a chain that leans to the left
// trees that differ at their end are told apart at once.
func equalStruct(a, b reflect.Value) bool {
	switch a.Type() {
	case posType:
		return true
	case identType:
		return a.FieldByName("Name").String() == b.FieldByName("Name").String()
	}
	for i := a.NumField() - 1; i >= 0; i-- {
		if !equal(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}
