package fragment

import (
	"maps"
	"strings"

	"github.com/winnowdb/winnow/catalog"
	"github.com/winnowdb/winnow/exec/datatype"
	"github.com/winnowdb/winnow/planner/logical"
	"github.com/winnowdb/winnow/proto/winnowpb"
)

// scan reads files as splits; a storage handler's rows are read by one task.
func (c *cutter) scan(n *logical.Scan) (*piece, error) {
	if n.Table.Handler != "" {
		return c.handlerScan(n)
	}
	fields := n.Fields()
	filters, err := placeAll(n.Filters, fields)
	if err != nil {
		return nil, err
	}
	s := &winnowpb.Scan{
		ScanId: n.ID, Format: n.Table.Format.Reader(), Properties: properties(n.Table), Table: n.Table.FullName(),
		DataColumns: catalogFields(n.Table.Columns), PartitionColumns: catalogFields(n.Table.Partition),
		Filters: filters, Limit: n.Limit, Strict: strings.EqualFold(n.Table.Props["strict"], "true"),
	}
	for _, col := range n.Columns {
		s.Columns = append(s.Columns, &winnowpb.ScanColumn{
			Source: winnowpb.ScanColumn_Source(col.Source), Index: uint32(col.Index), Path: col.Path,
		})
	}
	node := c.node(fields)
	node.Op = &winnowpb.Node_Scan{Scan: s}
	p := &piece{root: node, fields: fields, spread: splits, scans: []*winnowpb.ScanSource{source(n)}}
	for _, id := range n.Together {
		p.by = append(p.by, []uint32{id})
	}
	if n.Sample != nil && n.Sample.Bytes == 0 { // bytes are counted where splits are made
		return c.sample(p, n.Sample)
	}
	return p, nil
}

func source(n *logical.Scan) *winnowpb.ScanSource {
	src := &winnowpb.ScanSource{
		ScanId: n.ID, Table: n.Table.FullName(), Splittable: true,
		Recursive: n.Recursive, Links: n.Table.Format.Links(),
	}
	if n.Sample != nil {
		src.SampleBytes = n.Sample.Bytes
	}
	if n.Pruned == nil {
		return src
	}
	src.PartitionsTotal = uint64(max(0, n.Pruned.Total))
	for _, part := range n.Pruned.Partitions {
		dir := &winnowpb.PartitionDir{Location: part.Location, Name: part.Name, Group: uint32(part.Group)}
		for _, v := range part.Values {
			dir.Values = append(dir.Values, &winnowpb.PartitionValue{Text: v.Text, Null: v.Null})
		}
		src.Partitions = append(src.Partitions, dir)
	}
	return src
}

func (c *cutter) handlerScan(n *logical.Scan) (*piece, error) {
	fields := n.Fields()
	node := c.node(fields)
	h := &winnowpb.HandlerScan{Handler: n.Table.Handler, Properties: handlerProperties(n.Table)}
	for _, col := range n.Columns {
		h.Columns = append(h.Columns, uint32(col.Index))
	}
	node.Op = &winnowpb.Node_HandlerScan{HandlerScan: h}
	p := &piece{root: node, fields: fields, spread: single}
	cond, err := and(n.Filters)
	if err != nil || cond == nil {
		return p, err
	}
	e, err := place(cond, fields)
	if err != nil {
		return nil, err
	}
	p, node = c.on(p, fields)
	node.Op = &winnowpb.Node_Filter{Filter: &winnowpb.Filter{Predicate: e}}
	return p, nil
}

// write keeps the spread of its input: every task writes files of its own. A handler has one writer.
func (c *cutter) write(n *logical.Write) (*piece, error) {
	in, err := c.cut(n.Input)
	if err != nil {
		return nil, err
	}
	w := &winnowpb.Write{
		Format: n.Format, Properties: n.Properties, Columns: catalogFields(n.Table.Columns), Staging: n.Staging, Location: n.Location,
		MaxPartitions: n.MaxPartitions,
	}
	for _, col := range n.Table.Partition[len(n.Table.Partition)-n.Dynamic:] {
		w.PartitionColumns = append(w.PartitionColumns, col.Name)
	}
	if n.Table.Handler != "" {
		in = c.one(in)
		w.Handler, w.HandlerProperties = n.Table.Handler, handlerProperties(n.Table)
	}
	p, node := c.on(in, n.Out)
	node.Op = &winnowpb.Node_Write{Write: w}
	return p, nil
}

// properties are table properties and, over them, SerDe properties.
func properties(t *catalog.Table) map[string]string {
	out := map[string]string{}
	for k, v := range t.Props {
		out[strings.ToLower(k)] = v
	}
	maps.Copy(out, t.Format.Props)
	return out
}

// handlerProperties adds location and the columns, in Hive's form: names by comma, types by colon.
func handlerProperties(t *catalog.Table) map[string]string {
	out := properties(t)
	out["location"] = t.Location
	var names, types []string
	for _, col := range t.Columns {
		names = append(names, col.Name)
		types = append(types, datatype.Name(col.Type))
	}
	out["columns"], out["columns.types"] = strings.Join(names, ","), strings.Join(types, ":")
	return out
}

func catalogFields(cols []catalog.Column) []*winnowpb.Field {
	out := make([]*winnowpb.Field, len(cols))
	for i, col := range cols {
		out[i] = &winnowpb.Field{Name: col.Name, Type: datatype.Name(col.Type)}
	}
	return out
}
