// Package parse turns the text of HiveQL into planner/ast. The grammar is Hive 4's, written as a
// recursive descent by hand, with the few forms of Athena, Spark and Trino that do no harm.
// It knows no catalog: names are not looked up and types are not checked.
//
// Tokens come from the Tokenizer of github.com/xwb1989/sqlparser, which speaks MySQL: lex.go
// takes from it where tokens stand and reads their meaning from the text.
//
// All errors are *diag.Error: of kind Syntax with the place, Unsupported for statements that
// Hive has and winnow refuses, or Limit for texts that are too long or nest too deep.
//
// Read Parse first, then parser in parser.go.
package parse
