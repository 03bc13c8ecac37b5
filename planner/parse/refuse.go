package parse

import (
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// refusal is a statement that Hive has and winnow has not.
type refusal struct {
	words string // how it begins; | between alternatives of one word
	why   string
	hint  string
}

const (
	appendOnly = "text tables are append-only"
	noRights   = "winnow keeps no roles and no rights of its own"
	noTrans    = "there are no transactions: each statement stands alone"
	noLocks    = "there are no locks: readers see the files of one moment"

	notSupported = "is not supported"
)

// refusals are tried from the top.
var refusals = []refusal{
	{"update", appendOnly, "write the changed rows with INSERT OVERWRITE"},
	{"delete", appendOnly, "keep the other rows with INSERT OVERWRITE, or drop the partition"},
	{"merge", appendOnly, "write the merged rows with INSERT OVERWRITE"},
	{"replace into", appendOnly, "write INSERT OVERWRITE"},
	{"grant|revoke", noRights, "rights are those of the files"},
	{"create|drop|show role|roles|grant|principals", noRights, "rights are those of the files"},
	{"show current roles", noRights, "rights are those of the files"},
	{"start transaction", noTrans, ""},
	{"begin|commit|rollback", noTrans, ""},
	{"abort", noTrans, ""},
	{"lock|unlock", noLocks, ""},
	{"export|import", "EXPORT and IMPORT are not supported", "copy the folder, or use UNLOAD"},
	{"repl", "replication is not supported", ""},
	{"call", "there are no procedures", ""},
	{"comment on", "COMMENT ON is not in HiveQL", "write ALTER TABLE t SET TBLPROPERTIES ('comment' = '…')"},
	{"create|drop|alter materialized", "materialized views are not supported", "use CREATE VIEW, or CREATE TABLE … AS SELECT in a scheduled query"},
	{"create|drop|alter|show index|indexes|connector|connectors|resource|pool|workload|mapping|trigger|dataconnector",
		notSupported, ""},
	{"create remote", "remote databases are not supported", ""},
	{"create transactional", "there are no transactional tables", "leave out TRANSACTIONAL"},
	{"cache|uncache", "CACHE TABLE is not in HiveQL", "answers are kept by themselves"},
}

// refused fails if the statement that is next is one of refusals.
func (p *parser) refused() bool {
	for _, r := range refusals {
		words := strings.Fields(r.words)
		if !p.begins(words) {
			continue
		}
		t := p.peek()
		span := t.span().Join(p.ahead(len(words) - 1).span())
		name := strings.ToUpper(strings.Join(strings.Fields(p.src[span.Start:span.End]), " "))
		msg := name + " is refused: " + r.why
		switch {
		case r.why == notSupported:
			msg = name + " " + r.why
		case strings.HasSuffix(r.why, "not supported"), strings.HasSuffix(r.why, "not in HiveQL"):
			msg = r.why
		}
		e := p.failAt(span, diag.Unsupported, "%s", msg)
		e.Hint = r.hint
		return true
	}
	return false
}

// begins reports whether the next tokens are words, each of which may be alternatives with | between.
func (p *parser) begins(words []string) bool {
	for n, w := range words {
		ok := false
		for a := range strings.SplitSeq(w, "|") {
			ok = ok || p.ahead(n).is(a)
		}
		if !ok {
			return false
		}
	}
	return true
}
