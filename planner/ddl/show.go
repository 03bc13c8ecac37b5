package ddl

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/bind"
	"github.com/winnowdb/winnow/proto/diag"
)

// Show answers the forms of SHOW that the catalog knows.
func (e *Env) Show(ctx context.Context, st *ast.Show) (*Rows, error) {
	switch st.Kind {
	case ast.ShowDatabases:
		return e.named("database_name", slices.Collect(maps.Keys(e.snapshot().Databases)), st.Pattern)
	case ast.ShowTables, ast.ShowViews, ast.ShowTableExtended:
		return e.showTables(st)
	case ast.ShowColumns:
		return e.showColumns(st)
	case ast.ShowFunctions:
		return e.showFunctions(st)
	case ast.ShowProps:
		return e.showProps(st)
	case ast.ShowCreateTable:
		t, err := e.Table(*st.Table)
		if err != nil {
			return nil, err
		}
		r := &Rows{Columns: []string{"createtab_stmt"}}
		for line := range strings.SplitSeq(CreateStatement(t), "\n") {
			r.add(line)
		}
		return r, nil
	case ast.ShowCreateDB:
		return e.showCreateDatabase(st)
	case ast.ShowPartitions:
		return e.showPartitions(ctx, st)
	case ast.ShowMacros:
		return e.showMacros(st)
	case ast.ShowLocks, ast.ShowTransactions, ast.ShowCompactions, ast.ShowRoles, ast.ShowSchedules, ast.ShowMaterializedViews:
		return &Rows{Columns: []string{"name"}}, nil
	case ast.ShowConf:
		r := &Rows{Columns: []string{"default", "type", "desc"}}
		r.add(e.Bind.Session.Settings[strings.ToLower(st.Key)], "STRING", "")
		return r, nil
	}
	return nil, diag.At(st.Span(), diag.Unsupported, "show %s", st.Kind)
}

// Pattern compiles Hive's SHOW pattern: * and % stand for any text, _ for itself, | for alternatives; case
// does not count. nil matches all.
func Pattern(p *string) (func(string) bool, error) {
	if p == nil || *p == "" {
		return func(string) bool { return true }, nil
	}
	alternatives := strings.Split(*p, "|")
	for i, a := range alternatives {
		a = regexp.QuoteMeta(strings.TrimSpace(a))
		a = strings.ReplaceAll(a, `\*`, ".*")
		alternatives[i] = strings.ReplaceAll(a, "%", ".*")
	}
	re, err := regexp.Compile("(?is)^(" + strings.Join(alternatives, "|") + ")$")
	if err != nil {
		return nil, diag.Errorf(diag.Syntax, "pattern %q: %w", *p, err)
	}
	return re.MatchString, nil
}

func (e *Env) named(column string, names []string, pattern *string) (*Rows, error) {
	match, err := Pattern(pattern)
	if err != nil {
		return nil, err
	}
	r := &Rows{Columns: []string{column}}
	slices.Sort(names)
	for _, n := range names {
		if match(n) {
			r.add(n)
		}
	}
	return r, nil
}

func (e *Env) showDatabase(st *ast.Show) (*catalog.Database, error) {
	name := st.Database.Name
	if !st.Database.Given() {
		name = e.Bind.Session.Database
	}
	if db := e.snapshot().Database(name); db != nil {
		return db, nil
	}
	err := e.snapshot().NoDatabase(name)
	err.Span = st.Database.Span()
	return nil, err
}

func (e *Env) showTables(st *ast.Show) (*Rows, error) {
	db, err := e.showDatabase(st)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, t := range db.Tables {
		if (st.Kind != ast.ShowViews || t.Kind == catalog.View) && whereKind(st.Where, t.Kind) {
			names = append(names, name)
		}
	}
	return e.named("tab_name", names, st.Pattern)
}

// whereKind evaluates WHERE table_type = 'X', the only condition that SHOW TABLES takes.
func whereKind(where ast.Expr, kind catalog.Kind) bool {
	b, ok := where.(*ast.Binary)
	if !ok {
		return true
	}
	lit, ok := b.R.(*ast.Literal)
	return !ok || strings.EqualFold(lit.Text, string(kind))
}

func (e *Env) showColumns(st *ast.Show) (*Rows, error) {
	name := *st.Table
	if st.Database.Given() && name.Database() == "" {
		name.Parts = []ast.Ident{st.Database, name.Parts[0]}
	}
	t, err := e.Table(name)
	if err != nil {
		return nil, err
	}
	match, err := Pattern(st.Pattern)
	if err != nil {
		return nil, err
	}
	r := &Rows{Columns: []string{"field"}}
	for _, c := range t.AllColumns() {
		if match(c.Name) {
			r.add(c.Name)
		}
	}
	if st.Sorted {
		slices.SortFunc(r.Cells, func(a, b []*string) int { return strings.Compare(*a[0], *b[0]) })
	}
	return r, nil
}

func (e *Env) showFunctions(st *ast.Show) (*Rows, error) {
	var names []string
	for d := range funcs.Docs() {
		names = append(append(names, d.Name), d.Aliases...)
	}
	for _, db := range e.snapshot().Databases {
		names = slices.AppendSeq(names, maps.Keys(db.Macros))
	}
	slices.Sort(names)
	return e.named("tab_name", slices.Compact(names), st.Pattern)
}

func (e *Env) showMacros(st *ast.Show) (*Rows, error) {
	var names []string
	for _, db := range e.snapshot().Databases {
		names = slices.AppendSeq(names, maps.Keys(db.Macros))
	}
	return e.named("macro", names, st.Pattern)
}

func (e *Env) showProps(st *ast.Show) (*Rows, error) {
	t, err := e.Table(*st.Table)
	if err != nil {
		return nil, err
	}
	r := &Rows{Columns: []string{"prpt_name", "prpt_value"}}
	if st.Key != "" {
		if v, ok := t.Props[st.Key]; ok {
			r.add(st.Key, shown(st.Key, v))
		} else {
			r.add("Table " + t.FullName() + " does not have property: " + st.Key)
		}
		return r, nil
	}
	for _, k := range slices.Sorted(maps.Keys(t.Props)) {
		r.add(k, shown(k, t.Props[k]))
	}
	return r, nil
}

func (e *Env) showPartitions(ctx context.Context, st *ast.Show) (*Rows, error) {
	t, err := e.DataTable(*st.Table)
	if err != nil {
		return nil, err
	}
	if !t.IsPartitioned() {
		return nil, diag.At(st.Table.Span(), diag.Type, "table %s is not partitioned", t.FullName())
	}
	var parts []catalog.PartitionSpec
	if parts, err = e.Where(ctx, t, st.Where); err != nil {
		return nil, err
	}
	if st.Partition != nil {
		if parts, err = e.Among(ctx, t, parts, *st.Partition); err != nil {
			return nil, err
		}
	}
	if err := e.orderPartitions(t, parts, st.OrderBy); err != nil {
		return nil, err
	}
	if parts, err = e.cutPartitions(parts, st.Limit); err != nil {
		return nil, err
	}
	r := &Rows{Columns: []string{"partition"}}
	for _, p := range parts {
		values := slices.Clone(p.Values)
		for i, key := range t.Partition {
			if datatype.IsNumeric(key.Type) && !values[i].Null {
				values[i].Text = plainNumber(values[i].Text)
			}
		}
		r.add(t.PartitionName(values))
	}
	return r, nil
}

// plainNumber leaves out the zeros of a number that say nothing, as Hive does of the values of numeric keys:
// hour=06 is hour=6. What is no number is left as it is.
func plainNumber(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return text
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if negative && whole != "0" {
		whole = "-" + whole
	}
	return whole
}

func (e *Env) cutPartitions(parts []catalog.PartitionSpec, limit ast.Expr) ([]catalog.PartitionSpec, error) {
	if limit == nil {
		return parts, nil
	}
	x, err := bind.Expr(e.Bind, limit)
	if err != nil {
		return nil, err
	}
	lit, ok := x.(*expr.Literal)
	n := 0
	if ok {
		for _, c := range literalText(lit) {
			if c < '0' || c > '9' || n > 1<<40 {
				ok = false
				break
			}
			n = n*10 + int(c-'0')
		}
	}
	if !ok {
		return nil, diag.At(limit.Span(), diag.Syntax, "limit takes a whole number")
	}
	return parts[:min(n, len(parts))], nil
}

// orderPartitions orders by partition columns: integers as numbers, else by text, NULL last.
func (e *Env) orderPartitions(t *catalog.Table, parts []catalog.PartitionSpec, by []ast.OrderItem) error {
	type key struct {
		index int
		desc  bool
	}
	var keys []key
	for _, item := range by {
		name, ok := item.Expr.(*ast.Name)
		if !ok {
			return diag.At(item.Span(), diag.Unsupported, "show partitions orders by partition columns")
		}
		i, err := keyIndex(t, name.Parts[len(name.Parts)-1])
		if err != nil {
			return err
		}
		keys = append(keys, key{i, item.Desc})
	}
	slices.SortStableFunc(parts, func(a, b catalog.PartitionSpec) int {
		for _, k := range keys {
			c := compareKey(a.Values[k.index], b.Values[k.index], t.Partition[k.index])
			if k.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	return nil
}

func compareKey(a, b catalog.Value, col catalog.Column) int {
	if a.Null || b.Null {
		return cmp.Compare(btoi(a.Null), btoi(b.Null))
	}
	if isInteger(col) && len(a.Text) != len(b.Text) {
		return cmp.Compare(len(a.Text), len(b.Text))
	}
	return strings.Compare(a.Text, b.Text)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
