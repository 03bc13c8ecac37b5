package bind

import (
	"errors"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/exec/expr"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/diag"
)

// table binds a name in FROM: a name of WITH, a virtual table, a view or a table.
func (b *binder) table(t *ast.Table, c fromCtx) (relation, error) {
	if err := b.count(t.Span()); err != nil {
		return relation{}, err
	}
	rel, isScan, err := b.named(t, c)
	if err != nil {
		return relation{}, err
	}
	if err := b.rename(rel.cols, t.Columns, t.Span()); err != nil {
		return relation{}, err
	}
	if !isScan {
		return b.sampled(rel, t.Sample, c)
	}
	if t.Sample != nil {
		scan := rel.node.(*logical.Scan)
		if scan.Sample, err = b.sample(t.Sample, rel, c); err != nil {
			return relation{}, err
		}
		if s := scan.Sample; s.Buckets > 0 && len(t.Sample.On) == 0 {
			s.On = bucketColumns(scan.Table, rel.cols)
		}
	}
	return rel, nil
}

// named finds what t names and binds it; isScan tells that the node is a Scan.
func (b *binder) named(t *ast.Table, c fromCtx) (rel relation, isScan bool, err error) {
	alias := t.Alias.Name
	if alias == "" {
		alias = t.Name.Name()
	}
	if len(t.Name.Parts) == 1 {
		if w := c.with.find(t.Name.Name()); w != nil {
			rel, err = b.readCTE(w, alias)
			return rel, false, err
		}
	}
	db := b.databaseOf(t.Name)
	if b.env.Virtual != nil {
		v, err := b.env.Virtual(db, t.Name.Name())
		if err != nil {
			return relation{}, false, placed(err, t.Name.Span())
		}
		if v != nil {
			return b.virtual(v, alias), false, nil
		}
	}
	tab, err := b.lookup(t.Name)
	if err != nil {
		if w := c.with.later(t.Name.Name()); w != nil && len(t.Name.Parts) == 1 {
			rel, err = b.readCTE(w, alias)
			return rel, false, err
		}
		return relation{}, false, err
	}
	if tab.Kind == catalog.View {
		rel, err = b.view(tab, alias, t.Span())
	} else {
		rel, isScan = b.scan(tab, alias, t.Span()), true
	}
	if t.Alias.Name == "" {
		for i := range rel.cols {
			rel.cols[i].db = tab.Database
		}
	}
	return rel, isScan, err
}

func (b *binder) databaseOf(name ast.QName) string {
	if db := name.Database(); db != "" {
		return db
	}
	return b.db
}

// lookup returns the table or view called name.
func (b *binder) lookup(name ast.QName) (*catalog.Table, error) {
	if len(name.Parts) > 2 {
		return nil, diag.At(name.Span(), diag.Unknown, "%q has more parts than database and table", name)
	}
	db := b.databaseOf(name)
	snap := b.env.Snapshot
	if t := snap.Table(db, name.Name()); t != nil {
		return t, nil
	}
	d := snap.Database(db)
	if d == nil {
		err := diag.At(name.Span(), diag.Unknown, "no database %q", db)
		err.Hint = diag.DidYouMean(db, keys(snap.Databases))
		return nil, err
	}
	err := diag.At(name.Span(), diag.Unknown, "no table %q in database %q", name.Name(), db)
	if err.Hint = diag.DidYouMean(name.Name(), keys(d.Tables)); err.Hint == "" {
		for _, other := range keys(snap.Databases) {
			if snap.Table(other, name.Name()) != nil {
				return nil, err.WithHint("there is %s.%s", other, name.Name())
			}
		}
	}
	return nil, err
}

// keys returns the keys of m, sorted.
func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// hiddenColumns are the virtual columns of every table of files.
var hiddenColumns = [...]struct {
	name   string
	source logical.ColumnSource
	t      arrow.DataType
}{
	{"input__file__name", logical.FileName, datatype.String},
	{"block__offset__inside__file", logical.BlockOffset, datatype.BigInt},
	{"$path", logical.FileName, datatype.String},
	{"$file_size", logical.FileSize, datatype.BigInt},
	{"$file_modified_time", logical.FileModified, datatype.Timestamp},
	{"$partition", logical.PartitionName, datatype.String},
	{"$line", logical.Line, datatype.String},
}

// scan reads table t: its data columns, its partition columns and, hidden, the virtual ones.
func (b *binder) scan(t *catalog.Table, alias string, at diag.Span) relation {
	n := &logical.Scan{Table: t, Alias: alias, ID: b.id(), At: at, Recursive: b.recursive(t)}
	add := func(name string, typ arrow.DataType, source logical.ColumnSource, index int) {
		f := b.field(alias, name, typ)
		f.Hidden = source > logical.PartitionKey
		n.Columns = append(n.Columns, logical.ScanColumn{Field: f, Source: source, Index: index})
	}
	own := map[string]bool{}
	for i, c := range t.Columns {
		own[c.Name] = true
		add(c.Name, c.Type, logical.Data, i)
	}
	for i, c := range t.Partition {
		own[c.Name] = true
		add(c.Name, c.Type, logical.PartitionKey, i)
	}
	if t.Handler == "" {
		for _, h := range hiddenColumns {
			if !own[h.name] {
				add(h.name, h.t, h.source, 0)
			}
		}
	}
	return relation{node: n, cols: columnsOf(n, alias)}
}

// recursive reports whether folders below the table's are read: it, or the session, says so.
func (b *binder) recursive(t *catalog.Table) bool {
	return strings.EqualFold(t.Props["recursive"], "true") ||
		b.setting("mapred.input.dir.recursive", b.setting("mapreduce.input.fileinputformat.input.dir.recursive", "false")) == "true"
}

// bucketColumns are the columns that t is CLUSTERED BY; none if it is not.
func bucketColumns(t *catalog.Table, cols []column) []expr.Expr {
	var on []expr.Expr
	for _, name := range t.Bucketing.Columns {
		for _, c := range cols {
			if c.Name == strings.ToLower(name) {
				on = append(on, c.Column(diag.Span{}))
			}
		}
	}
	return on
}

// virtual gives the rows of a virtual table columns of this statement.
func (b *binder) virtual(v *logical.Values, alias string) relation {
	n := &logical.Values{Rows: v.Rows, Out: make([]logical.Field, len(v.Out))}
	for i, f := range v.Out {
		f.ID, f.Qualifier = b.id(), alias
		n.Out[i] = f
	}
	return relation{node: n, cols: columnsOf(n, alias)}
}

// maxViews is how deep views may lie in views.
const maxViews = 32

// view binds the text of view t where it was written: in its own database, without the names of WITH that
// are known here. The view keeps the names and types of its columns.
func (b *binder) view(t *catalog.Table, alias string, at diag.Span) (relation, error) {
	name := t.FullName()
	if slices.Contains(b.views, name) {
		return relation{}, diag.At(at, diag.Config, "view %s reads itself: %s", name, strings.Join(append(b.views, name), " > "))
	}
	if len(b.views) == maxViews {
		return relation{}, diag.At(at, diag.Limit, "views lie more than %d deep in views: %s", maxViews, strings.Join(b.views, " > "))
	}
	n, err := b.viewQuery(t)
	if err != nil {
		return relation{}, invalidView(name, at, err)
	}
	fields := n.Fields()
	if len(fields) != len(t.AllColumns()) {
		return relation{}, diag.At(at, diag.Config, "view %s is not valid: it has %d columns, and its query now gives %d", name, len(t.AllColumns()), len(fields)).
			WithHint("alter view %s as …", name)
	}
	p := &logical.Project{Input: n}
	for i, c := range t.AllColumns() {
		e, err := expr.NewCast(fields[i].Column(diag.Span{}), c.Type, diag.Span{})
		if err != nil {
			return relation{}, invalidView(name, at, err)
		}
		p.Exprs = append(p.Exprs, e)
		p.Out = append(p.Out, b.field(alias, c.Name, c.Type))
	}
	return relation{node: p, cols: columnsOf(p, alias)}, nil
}

func (b *binder) viewQuery(t *catalog.Table) (logical.Node, error) {
	stmt, err := b.env.Parse(t.View.Text)
	if err != nil {
		return nil, err
	}
	q, ok := stmt.(*ast.Query)
	if !ok {
		return nil, diag.Errorf(diag.Config, "its text is no query")
	}
	db, views := b.db, b.views
	defer func() { b.db, b.views = db, views }()
	b.views = append(slices.Clip(views), t.FullName())
	if b.db = strings.ToLower(t.View.Database); b.db == "" {
		b.db = t.Database
	}
	return b.query(q, queryCtx{})
}

// invalidView tells which view err comes from. The place in err is one in the view's text, so the error
// points at the view's name instead.
func invalidView(name string, at diag.Span, err error) error {
	var d *diag.Error
	if !errors.As(err, &d) {
		return diag.At(at, diag.KindOf(err), "view %s is not valid: %w", name, err)
	}
	if strings.HasPrefix(d.Msg, "view ") || d.Kind == diag.Limit {
		c := *d
		c.Span = at
		return &c
	}
	out := diag.At(at, d.Kind, "view %s is not valid: %s", name, d.Msg)
	out.Hint, out.Err = d.Hint, d
	return out
}
