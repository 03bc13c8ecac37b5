// Package funcs is winnow's function library. Each function is one table entry that holds its name, its
// documentation and how it binds to argument types; families are slices of such entries, one file each.
// DESCRIBE FUNCTION, completion and the README's list are drawn from the same tables.
//
// Read Scalar first; Aggregate, Window and Table are its siblings.
package funcs

import (
	"context"
	"io"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Vec is one argument of a kernel: an array, or one value that stands for every row.
type Vec struct {
	arrow.Array
	Const bool // Array has one value, the same for all rows
}

// At returns the index in Array of row i.
func (v Vec) At(i int) int {
	if v.Const {
		return 0
	}
	return i
}

// Null reports whether row i is NULL.
func (v Vec) Null(i int) bool { return v.IsNull(v.At(i)) }

// Session is what a statement carries from its connection to every place that evaluates it; the same
// on all workers.
type Session struct {
	Now      time.Time      // when the statement began: current_timestamp
	Zone     *time.Location // the session's time zone; never nil
	User     string
	Database string
	Settings map[string]string // SET k=v, keys in lower case
}

// Ctx is what a kernel may use besides its arguments.
type Ctx struct {
	context.Context
	Mem     memory.Allocator
	Session *Session
	// Warn records a warning of the running statement, once per text. It is never nil.
	Warn func(text string)
	// Seq counts up with every batch a task evaluates; rand(seed) uses it with Task to go on.
	Task int
	// Open returns a reader of the file at path, in the version that is there now, and its bytes; nil where nothing is read.
	Open func(ctx context.Context, path string) (io.ReadCloser, int64, error)
}

// Kernel computes a function over n rows. args have the types that Bind asked for. The result has n
// values, or one if every argument is Const, and is the caller's to release; arguments stay the caller's.
type Kernel func(c *Ctx, args []Vec, n int) (arrow.Array, error)

// Arg is what Bind knows of an argument: its type, and its value if it is constant.
type Arg struct {
	Type  arrow.DataType
	Const arrow.Array // one value, or nil if the argument is not constant
	// Lambda is set, and Type is that of its body, if the argument is a lambda.
	Lambda *Lambda
}

// Lambda is a bound lambda, x -> body. Body's arguments are the parameters and then the values of the row
// that it captured, which a kernel gets behind its own arguments.
type Lambda struct {
	Params []arrow.DataType
	Body   Kernel
}

// Bound is a function bound to argument types.
type Bound struct {
	// Casts are the types the kernel wants its arguments in; the caller casts where they differ. nil
	// means: as they are. An entry that is nil means: this one as it is.
	Casts  []arrow.DataType
	Type   arrow.DataType // of the result
	Kernel Kernel
}

// Scalar is a function of one row: a value for each row.
type Scalar struct {
	Name    string
	Aliases []string
	// Doc is one line: "upper(s): s in upper case; upper('get') is 'GET'". Every example of the form
	// "EXPR is VALUE" in it is run by a test.
	Doc string
	// Volatile functions (rand, uuid) are not folded and not evaluated once per statement.
	Volatile bool
	// Outside functions read what is neither an argument nor in the plan: a file that may be another one next time.
	Outside bool
	// Params is set for a function that takes lambdas, all behind its other arguments. It returns the types of the
	// parameters of lambda i, given the arguments before it, and is asked again when the lambda is bound and so
	// args[i] known; if the answer is another then, the lambda is bound once more. given is how many the lambda names.
	Params func(args []Arg, i, given int) ([]arrow.DataType, error)
	// Bind checks the argument types. Its error is a *diag.Error that names the function, the argument
	// (counted from 1) and what it takes.
	Bind func(args []Arg) (Bound, error)
}

// State is the state of one aggregate for many groups, numbered from 0.
type State interface {
	// Grow makes room so that groups 0 to n-1 exist; new ones are empty.
	Grow(n int)
	// Update adds rows: row i of args belongs to group groups[i].
	Update(groups []uint32, args []Vec) error
	// Merge adds partial results, as Partial gave them: value i belongs to group groups[i].
	Merge(groups []uint32, partial arrow.Array) error
	// Partial returns one value per group, of type AggBound.Partial, that Merge accepts.
	Partial(mem memory.Allocator) (arrow.Array, error)
	// Final returns one value per group, of type AggBound.Type.
	Final(mem memory.Allocator) (arrow.Array, error)
	// Size estimates the bytes held.
	Size() int64
}

// AggBound is an aggregate bound to argument types.
type AggBound struct {
	Casts   []arrow.DataType // as in Bound
	Type    arrow.DataType   // of Final
	Partial arrow.DataType   // of Partial
	New     func(c *Ctx) State
	// Adds tells that the value of a group is the sum of its partial states, of type BIGINT, none of which is below zero.
	Adds bool
	// Core, if set, names what the states hold. Calls with the same Core and the same first argument may
	// share one state, and one partial result; they differ only in what Read makes of it.
	Core string
	// Read is Final for a state that New of a call with the same Core has made; nil if there is no Core.
	Read func(s State, mem memory.Allocator) (arrow.Array, error)
}

// Result returns the call's value per group of s, a state of the call or of one with the same Core.
func (b *AggBound) Result(s State, mem memory.Allocator) (arrow.Array, error) {
	if b.Read != nil {
		return b.Read(s, mem)
	}
	return s.Final(mem)
}

// Aggregate is a function of many rows. NULL arguments reach State; the aggregate skips them.
type Aggregate struct {
	Name    string
	Aliases []string
	Doc     string
	// Distinct tells that the function with DISTINCT is the function without (min, max).
	IgnoresDistinct bool
	Bind            func(args []Arg) (AggBound, error)
}

// WindowState computes a pure window function (rank, lag, …) over one partition of ordered rows.
type WindowState interface {
	// Eval returns n values, one per row of the partition. peers[i] is the index of the first row that
	// ties with row i in the ORDER BY; args are the evaluated arguments over the partition.
	Eval(args []Vec, peers []int32, n int) (arrow.Array, error)
}

// WindowBound is a window function bound to argument types.
type WindowBound struct {
	Casts []arrow.DataType
	Type  arrow.DataType
	New   func(c *Ctx) WindowState
	// Part tells how values come from a part of a partition that is too large; the zero value: they do not.
	Part WindowPart
}

// WindowPart tells what a window function needs, besides the rows of a part of a partition, for their values.
type WindowPart struct {
	// Near: the rows up to Back before and Ahead after a row are enough.
	Near        bool
	Back, Ahead int
	// Rows and Groups: the number of rows before the part, or of different ORDER BY values, is added to the values, which are integers.
	Rows, Groups bool
	// Ties: rows that tie must be in the same part.
	Ties bool
}

// Window is a function that only exists with OVER: its value depends on the row's place in its partition.
// first_value, last_value and nth_value depend on the frame and are done by the window operator.
type Window struct {
	Name    string
	Aliases []string
	Doc     string
	Bind    func(args []Arg) (WindowBound, error)
}

// TableBound is a table function bound to argument types.
type TableBound struct {
	Casts   []arrow.DataType
	Columns []arrow.Field // names and types of the rows it makes
	// Eval returns the rows made of n input rows: row[j] is the input row that output row j came from
	// (ascending), cols one array per column. The caller releases cols.
	Eval func(c *Ctx, args []Vec, n int) (row []int32, cols []arrow.Array, err error)
}

// Table is a function that makes rows of one row: explode, json_tuple, … (Hive's UDTF).
type Table struct {
	Name    string
	Aliases []string
	Doc     string
	Bind    func(args []Arg) (TableBound, error)
}
