package funcs

import (
	"reflect"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/proto/diag"
)

// userCode computes an expression of another language: what CREATE FUNCTION … LANGUAGE cel stores is a call of it.
//
// CEL (cel.dev) was chosen among Starlark, CEL and WebAssembly. WebAssembly is the fastest, but nobody writes it by
// hand. Starlark reads better when it is long and ran about as fast (measured for one if, one split and one
// concatenation: CEL and Starlark were within 1.6 of each other), but nothing bounds its memory: s = s + s in a
// loop of 40 steps is a terabyte, and a worker that dies of it takes other queries along. CEL always ends,
// counts what an expression costs while it runs, and is known from Kubernetes and cloud policies.
var userCode = []Scalar{
	{Name: "cel", Doc: "cel(expression, type, names, a, …): the value, as a type, of an expression of the Common Expression Language over the named arguments; NULL if an argument is NULL or it fails; cel('n > 5 ? s + \"!\" : s', 'string', 's,n', 'a', 7) is 'a!'",
		Bind: bindCEL},
}

// CELCall returns the SQL that computes source over params, to be stored as the body of a function.
func CELCall(source, returns string, params []string) string {
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + "'"
	}
	parts := append([]string{quote(source), quote(returns), quote(strings.Join(params, ","))}, params...)
	return "cel(" + strings.Join(parts, ", ") + ")"
}

// maxCELCost bounds what one row may cost: about a step, or ten bytes of text, a unit.
const maxCELCost = 100_000

// celTypes are what CEL reads arguments as; other types are cast to the nearest.
func celType(t arrow.DataType) (cast arrow.DataType, typ *cel.Type) {
	switch {
	case datatype.IsInteger(t):
		return datatype.BigInt, cel.IntType
	case datatype.IsNumeric(t):
		return datatype.Double, cel.DoubleType
	case t.ID() == arrow.BOOL:
		return datatype.Bool, cel.BoolType
	case t.ID() == arrow.BINARY:
		return datatype.Binary, cel.BytesType
	case datatype.IsNested(t):
		return nil, nil
	}
	return datatype.String, cel.StringType
}

// CompileCEL checks source, an expression over names of the given types whose value is cast to returns. Its error
// is a *diag.Error that tells line and column in source.
func CompileCEL(source string, names []string, params []arrow.DataType, returns arrow.DataType) error {
	_, _, err := compileCEL(source, names, params, returns)
	return err
}

// compileCEL returns the program and the type of its values.
func compileCEL(source string, names []string, params []arrow.DataType, returns arrow.DataType) (cel.Program, arrow.DataType, error) {
	options := celFunctions()
	for i, name := range names {
		_, t := celType(params[i])
		if t == nil {
			return nil, nil, badArg("cel", 3+i, "a number, text, binary or boolean", params[i])
		}
		options = append(options, cel.Variable(name, t))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, nil, diag.Errorf(diag.Syntax, "cel: %w", err)
	}
	tree, issues := env.Compile(source)
	if issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, nil, diag.Errorf(diag.Syntax, "cel: line %d, column %d: %s", first.Location.Line(), first.Location.Column()+1, first.Message)
	}
	var value arrow.DataType
	switch tree.OutputType().Kind() {
	case types.BoolKind:
		value = datatype.Bool
	case types.IntKind:
		value = datatype.BigInt
	case types.DoubleKind:
		value = datatype.Double
	case types.StringKind:
		value = datatype.String
	case types.BytesKind:
		value = datatype.Binary
	default:
		return nil, nil, diag.Errorf(diag.Type, "cel: the expression gives %s; it must give an int, double, bool, string or bytes", tree.OutputType())
	}
	if _, err := CastKernel(value, returns); err != nil && !datatype.Equal(value, returns) {
		return nil, nil, diag.Errorf(diag.Type, "cel: the expression gives %s, which is no %s", tree.OutputType(), datatype.Name(returns))
	}
	program, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CostTracking(celCost{}), cel.CostLimit(maxCELCost))
	if err != nil {
		return nil, nil, diag.Errorf(diag.Syntax, "cel: %w", err)
	}
	return program, value, nil
}

func bindCEL(args []Arg) (Bound, error) {
	if err := wantArgs("cel", args, 3, -1); err != nil {
		return Bound{}, err
	}
	var text [3]string
	for i := range text {
		var ok bool
		if text[i], ok = constText(args, i); !ok {
			return Bound{}, diag.Errorf(diag.Type, "cel takes a constant string as argument %d", i+1)
		}
	}
	returns, err := datatype.Parse(text[1])
	if err != nil {
		return Bound{}, diag.Errorf(diag.Type, "cel takes a type as argument 2: %w", err)
	}
	names := strings.FieldsFunc(text[2], func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) != len(args)-3 {
		return Bound{}, diag.Errorf(diag.Type, "cel: %d names for %d values", len(names), len(args)-3)
	}
	casts, params := make([]arrow.DataType, len(args)), make([]arrow.DataType, len(names))
	for i := range names {
		params[i] = args[3+i].Type
		casts[3+i], _ = celType(params[i])
	}
	program, value, err := compileCEL(text[0], names, params, returns)
	if err != nil {
		return Bound{}, err
	}
	b := Bound{Casts: casts, Type: returns}
	run := celKernel(program, names, value)
	if b.Kernel = run; !datatype.Equal(value, returns) {
		cast, err := CastKernel(value, returns)
		if err != nil {
			return Bound{}, err
		}
		b.Kernel = func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
			out, err := run(c, args, n)
			if err != nil {
				return nil, err
			}
			defer out.Release()
			return cast(c, []Vec{{Array: out}}, n)
		}
	}
	return b, nil
}

// celKernel computes program, whose values are of type t, over the arguments behind the first three.
func celKernel(program cel.Program, names []string, t arrow.DataType) Kernel {
	return func(c *Ctx, args []Vec, n int) (arrow.Array, error) {
		args = args[3:]
		valid := strictValidity(c.Mem, n, args...)
		defer valid.release()
		row := make(map[string]any, len(names))
		b := datatype.NewBuilder(c.Mem, t)
		defer b.Release()
		for i := range n {
			if valid.null(i) {
				b.AppendNull()
				continue
			}
			for k, name := range names {
				row[name] = celValue(args[k].Array, args[k].At(i))
			}
			v, _, err := program.Eval(row)
			if err == nil && appendCEL(b, v) {
				continue
			}
			if err != nil && strings.Contains(err.Error(), "cost limit exceeded") {
				return nil, diag.Errorf(diag.Limit, "cel: a row costs more than %d steps", maxCELCost)
			}
			c.Warn("cel gives NULL where the expression fails")
			b.AppendNull()
		}
		return b.NewArray(), nil
	}
}

// celValue returns value i of a, of one of celType's types.
func celValue(a arrow.Array, i int) any {
	switch a := a.(type) {
	case *array.Int64:
		return a.Value(i)
	case *array.Float64:
		return a.Value(i)
	case *array.Boolean:
		return a.Value(i)
	case *array.Binary:
		return a.Value(i)
	case *array.String:
		return a.Value(i)
	}
	return nil
}

// appendCEL appends v to b; false if v is an error or NULL.
func appendCEL(b array.Builder, v ref.Val) bool {
	switch v := v.(type) {
	case types.Int:
		b.(*array.Int64Builder).Append(int64(v))
	case types.Double:
		b.(*array.Float64Builder).Append(float64(v))
	case types.Bool:
		b.(*array.BooleanBuilder).Append(bool(v))
	case types.String:
		b.(*array.StringBuilder).Append(string(v))
	case types.Bytes:
		b.(*array.BinaryBuilder).Append([]byte(v))
	default:
		return false
	}
	return true
}

// maxCELText is the longest text, in bytes, that a function of CEL's makes.
const maxCELText = 1 << 20

// celFunctions are those of CEL's string library by their names there. Theirs may make a text of any length in one
// step, before its cost is counted; these look first.
func celFunctions() []cel.EnvOption {
	list := cel.ListType(cel.StringType)
	text := func(name string, f func(s string) string) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("string_"+name, []*cel.Type{cel.StringType}, cel.StringType,
			cel.UnaryBinding(func(s ref.Val) ref.Val { return types.String(f(string(s.(types.String)))) })))
	}
	return []cel.EnvOption{
		text("lowerAscii", strings.ToLower), text("upperAscii", strings.ToUpper), text("trim", strings.TrimSpace),
		cel.Function("split", cel.MemberOverload("string_split_string", []*cel.Type{cel.StringType, cel.StringType}, list,
			cel.BinaryBinding(func(s, sep ref.Val) ref.Val {
				return types.DefaultTypeAdapter.NativeToValue(strings.Split(string(s.(types.String)), string(sep.(types.String))))
			}))),
		cel.Function("indexOf", cel.MemberOverload("string_indexof_string", []*cel.Type{cel.StringType, cel.StringType}, cel.IntType,
			cel.BinaryBinding(func(s, sub ref.Val) ref.Val {
				before, _, found := strings.Cut(string(s.(types.String)), string(sub.(types.String)))
				if !found {
					return types.Int(-1)
				}
				return types.Int(len([]rune(before)))
			}))),
		cel.Function("replace", cel.MemberOverload("string_replace_string_string", []*cel.Type{cel.StringType, cel.StringType, cel.StringType}, cel.StringType,
			cel.FunctionBinding(func(v ...ref.Val) ref.Val {
				s, from, to := string(v[0].(types.String)), string(v[1].(types.String)), string(v[2].(types.String))
				return shortText(len(s)+strings.Count(s, from)*len(to), func() string { return strings.ReplaceAll(s, from, to) })
			}))),
		cel.Function("substring",
			cel.MemberOverload("string_substring_int", []*cel.Type{cel.StringType, cel.IntType}, cel.StringType,
				cel.BinaryBinding(func(s, from ref.Val) ref.Val {
					return substringOf(string(s.(types.String)), int64(from.(types.Int)), -1)
				})),
			cel.MemberOverload("string_substring_int_int", []*cel.Type{cel.StringType, cel.IntType, cel.IntType}, cel.StringType,
				cel.FunctionBinding(func(v ...ref.Val) ref.Val {
					return substringOf(string(v[0].(types.String)), int64(v[1].(types.Int)), int64(v[2].(types.Int)))
				}))),
		cel.Function("join", cel.MemberOverload("list_join_string", []*cel.Type{list, cel.StringType}, cel.StringType,
			cel.BinaryBinding(func(l, sep ref.Val) ref.Val {
				parts, err := l.ConvertToNative(stringSlice)
				if err != nil {
					return types.WrapErr(err)
				}
				size := 0
				for _, p := range parts.([]string) {
					size += len(p) + len(sep.(types.String))
				}
				return shortText(size, func() string { return strings.Join(parts.([]string), string(sep.(types.String))) })
			}))),
	}
}

// stringSlice is what join reads a list as.
var stringSlice = reflect.TypeFor[[]string]()

func shortText(size int, f func() string) ref.Val {
	if size > maxCELText {
		return types.NewErr("a text of more than %d bytes", maxCELText)
	}
	return types.String(f())
}

// substringOf returns characters from to to-1 of s; to -1 is the end.
func substringOf(s string, from, to int64) ref.Val {
	r := []rune(s)
	if to == -1 {
		to = int64(len(r))
	}
	if from < 0 || to < from || to > int64(len(r)) {
		return types.NewErr("substring from %d to %d of %d characters", from, to, len(r))
	}
	return types.String(r[from:to])
}

// celCost charges the functions of celFunctions for the text that they read and make; CEL charges the rest.
type celCost struct{}

func (celCost) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	switch function {
	case "lowerAscii", "upperAscii", "trim", "split", "indexOf", "replace", "substring", "join":
	default:
		return nil
	}
	size := 0
	for _, v := range args {
		if s, ok := v.(types.String); ok {
			size += len(s)
		}
	}
	if s, ok := result.(types.String); ok {
		size += len(s)
	}
	units := uint64(1 + size/10)
	return &units
}
