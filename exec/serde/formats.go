package serde

import (
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// Formats returns all formats.
func Formats() []*Format {
	return []*Format{
		{
			Name: "delimited",
			Classes: []string{
				"org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
				"org.apache.hadoop.hive.serde2.MetadataTypedColumnsetSerDe",
				"org.apache.hadoop.hive.serde2.DelimitedJSONSerDe",
			},
			check: checkDelimited, decoder: newDelimited, encoder: newDelimitedEncoder, where: true,
		},
		{
			Name:    "multidelimit",
			Classes: []string{"org.apache.hadoop.hive.serde2.MultiDelimitSerDe", "org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe"},
			check:   checkMultiDelimit, decoder: newMultiDelimit, encoder: newMultiDelimitEncoder, where: true,
		},
		{
			Name:    "csv",
			Classes: []string{"org.apache.hadoop.hive.serde2.OpenCSVSerde", "com.bizo.hive.serde.csv.CSVSerde"},
			check:   checkCSV, types: csvTypes, decoder: newCSV, encoder: newCSVEncoder, framing: csvFraming, where: true,
		},
		{
			Name:    "regex",
			Classes: []string{"org.apache.hadoop.hive.serde2.RegexSerDe", "org.apache.hadoop.hive.contrib.serde2.RegexSerDe"},
			check:   checkRegex, decoder: newRegex, where: true,
		},
		{
			Name: "json",
			Classes: []string{
				"org.apache.hadoop.hive.serde2.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe",
				"org.openx.data.jsonserde.JsonSerDe", "com.amazon.elasticmapreduce.JsonSerde", "com.amazon.emr.hive.serde.JsonSerde",
			},
			check: checkJSON, decoder: newJSON, encoder: newJSONEncoder, where: true, fields: true,
		},
		{
			Name:    "cloudtrail",
			Classes: []string{"com.amazon.emr.hive.serde.CloudTrailSerde"},
			check:   checkJSON, decoder: newJSON, where: true, fields: true, unwrap: newEventLines,
		},
		{
			Name:    "grok",
			Classes: []string{"com.amazonaws.glue.serde.GrokSerDe"},
			check:   checkGrok, decoder: newGrok, where: true,
		},
		{
			Name:  "lines",
			check: checkLines, decoder: newLines, encoder: newLinesEncoder,
		},
	}
}

// Lookup returns the format of a SerDe class or short name; "" is delimited. The error is of kind
// UNSUPPORTED and lists what is known.
func Lookup(name string) (*Format, error) {
	if name == "" {
		name = "delimited"
	}
	var known []string
	for _, f := range Formats() {
		if strings.EqualFold(name, f.Name) {
			return f, nil
		}
		for _, c := range f.Classes {
			if strings.EqualFold(name, c) {
				return f, nil
			}
		}
		known = append(known, f.Name)
		known = append(known, f.Classes...)
	}
	err := diag.Errorf(diag.Unsupported, "no SerDe %q", name)
	if hint := diag.DidYouMean(name, known); hint != "" {
		return nil, err.WithHint("%s; known are %s", hint, strings.Join(known, ", "))
	}
	return nil, err.WithHint("known are %s", strings.Join(known, ", "))
}

func writable() (names []string) {
	for _, f := range Formats() {
		if f.encoder != nil {
			names = append(names, f.Name)
		}
	}
	return names
}
