package parse

import (
	"maps"
	"slices"

	"github.com/winnowdb/winnow/planner/ast"
)

// softReserved are reserved words that winnow takes as column names where nothing else can be
// meant: columns of logs are called so.
var softReserved = set(`date timestamp user`)

// notAlias are words that may be names in Hive but do not name a table or a column just behind it,
// because a clause begins with them; those of beforeBy only in front of BY.
var (
	notAlias = set(`qualify window fetch natural minus except intersect anti limit offset tablesample for pivot match_recognize`)
	beforeBy = set(`cluster distribute sort`)
)

// unreserved are the words of the grammar that are names too.
var unreserved = set(`add after analyze archive asc ast bucket buckets cascade cbo change cluster clustered
	collection columns comment compact compute concatenate cron data databases day dbproperties
	deallocate defined delimited dependency desc dfs directories directory disabled distribute enabled
	escape escaped every execute executed explain fields file fileformat filter first format formatted
	functions hour ignore ilike inpath inputformat items jar keys kill last lines list load location
	locks logical macros managed minute month msck nulls offset ordinality outputformat overwrite owner
	partitioned partitions plan prepare properties purge quarter query recordreader recordwriter recover
	refresh reload rename repair replace reset respect restrict schedule scheduled schema schemas second
	semi serde serdeproperties sets show skewed sort sorted source statistics stored string struct sync
	tables tblproperties temporary terminated textfile time tinyint touch try_cast undrop uniontype unknown
	unload unnest unset use view views week within year zone limit`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for i := 0; i < len(words); {
		i = skipBlanks(words, i)
		n := wordEnd(words, i)
		m[words[i:n]] = true
		i = n
	}
	return m
}

// Keywords returns the words of the grammar in lower case and order, for completion.
func Keywords() []string {
	all := append(ast.ReservedWords(), slices.Collect(maps.Keys(unreserved))...)
	slices.Sort(all)
	return slices.Compact(all)
}
