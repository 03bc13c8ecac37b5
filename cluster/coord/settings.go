package coord

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/winnowdb/winnow/cluster/splits"
	"github.com/winnowdb/winnow/exec/funcs"
	"github.com/winnowdb/winnow/exec/op"
	"github.com/winnowdb/winnow/planner/ast"
	"github.com/winnowdb/winnow/proto/diag"
)

// knownSettings are winnow's own keys, and one of Hive's, with their defaults. Hive's keys are all accepted.
var knownSettings = map[string]string{
	"winnow.rules.off":                "",
	"winnow.max.plan.nodes":           "1000",
	"winnow.require.partition.filter": "false",
	"winnow.strict":                   "false",
	"winnow.force.overwrite":          "false",
	attemptsSetting:                   strconv.Itoa(defaultAttempts),
	splitSetting:                      strconv.FormatInt(splits.DefaultConfig.TargetBytes, 10),
	op.MaxScanBytes:                   "0",
	readSetting:                       "0",
	funcs.GeoDatabase:                 "",
	answersSetting:                    "true",
}

// leastNumber are the settings with a number as value, and the least that it may be.
var leastNumber = map[string]int64{attemptsSetting: 1, splitSetting: 1, op.MaxScanBytes: 0, readSetting: 0}

const (
	// attemptsSetting is how often a task is run when the workers that run it are lost; 1 turns retries off.
	attemptsSetting = "winnow.task.attempts"
	defaultAttempts = 50
	// splitSetting is how many bytes of files a task reads.
	splitSetting = "winnow.split.bytes"
	// partitionsSetting is how many dynamic partitions a task may make.
	partitionsSetting = "hive.exec.max.dynamic.partitions"
	// answersSetting is whether an answer is kept for the statements that ask the same of the same files, and taken from there.
	answersSetting = "hive.query.results.cache.nontransactional.tables.enabled"
	// readSetting is of how many partitions a query may read a table; 0 for any number.
	readSetting = "winnow.max.partitions"
)

// number returns the value of one of the settings above, def if it is not set.
func (n *Conn) number(key string, def int64) int64 {
	v, err := strconv.ParseInt(n.setting(key, ""), 10, 64)
	if err != nil {
		return def
	}
	return v
}

// set carries out SET in its forms; hive.* and other engines' keys are kept and mean nothing unless
// they are read somewhere, winnow's own must exist.
func (s *statement) set(st *ast.Set) (*Result, error) {
	if st.Key == "" {
		return s.listSettings(), nil
	}
	key := strings.ToLower(st.Key)
	if st.Value == nil {
		return s.showSetting(st, key)
	}
	if st.Space == "env" || st.Space == "system" {
		return nil, diag.At(st.Span(), diag.Denied, "%s:%s belongs to the process and cannot be set", st.Space, st.Key)
	}
	if _, known := knownSettings[key]; strings.HasPrefix(key, "winnow.") && !known && st.Space != "hivevar" {
		err := diag.At(st.Span(), diag.Config, "no setting %q", st.Key)
		err.Hint = diag.DidYouMean(key, slices.Collect(maps.Keys(knownSettings)))
		return nil, err
	}
	if least, ok := leastNumber[key]; ok {
		if n, err := strconv.ParseInt(*st.Value, 10, 64); err != nil || n < least {
			return nil, diag.At(st.Span(), diag.Config, "%s wants a number from %d up, not %q", st.Key, least, *st.Value)
		}
	}
	if key == "hive.local.time.zone" && st.Space != "hivevar" {
		if _, err := s.setZone(*st.Value, st); err != nil {
			return nil, err
		}
	}
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if st.Space == "hivevar" {
		s.conn.vars[st.Key] = *st.Value
	} else {
		s.conn.settings[key] = *st.Value
	}
	return s.c.done(), nil
}

func (s *statement) showSetting(st *ast.Set, key string) (*Result, error) {
	s.conn.mu.Lock()
	v, ok := s.conn.settings[key]
	if st.Space == "hivevar" {
		v, ok = s.conn.vars[st.Key]
	}
	s.conn.mu.Unlock()
	if !ok {
		v, ok = knownSettings[key]
	}
	if !ok {
		return s.c.lines("set", message("%s is undefined", st.Key)), nil
	}
	return s.c.lines("set", message("%s=%s", st.Key, v)), nil
}

func (s *statement) listSettings() *Result {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	all := maps.Clone(knownSettings)
	maps.Copy(all, s.conn.settings)
	all["time.zone"] = s.conn.zone.String()
	var lines []string
	for k, v := range all {
		lines = append(lines, k+"="+v)
	}
	for k, v := range s.conn.vars {
		lines = append(lines, "hivevar:"+k+"="+v)
	}
	slices.Sort(lines)
	return s.c.lines("set", lines)
}

func (s *statement) setTimeZone(st *ast.SetTimeZone) (*Result, error) { return s.setZone(st.Zone, st) }

func (s *statement) setZone(name string, at ast.Node) (*Result, error) {
	zone := s.c.cfg.Zone
	if !strings.EqualFold(name, "local") {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			return nil, diag.At(at.Span(), diag.Config, "no time zone %q", name).WithHint("write a region such as Europe/Berlin, or UTC")
		}
	}
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	s.conn.zone = zone
	return s.c.done(), nil
}

func (s *statement) reset(st *ast.Reset) (*Result, error) {
	s.conn.mu.Lock()
	defer s.conn.mu.Unlock()
	if st.Key == "" {
		clear(s.conn.settings)
		s.conn.zone = s.c.cfg.Zone
	}
	delete(s.conn.settings, strings.ToLower(st.Key))
	return s.c.done(), nil
}

// splitList splits a comma list, without blanks and empty items.
func splitList(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
