package funcs

import (
	"strings"

	"github.com/winnowdb/winnow/proto/diag"
)

// NoFunction returns the error for a name that is no function of the wanted kind, without a place. known are the
// names that there are. The hint is how the name of another engine is written here, else the nearest of known.
func NoFunction(what, name string, known []string) *diag.Error {
	err := diag.Errorf(diag.Unknown, "no %s %q", what, name)
	name = strings.ToLower(name)
	if reason, ok := internalNames[name]; ok {
		err.Hint = reason
		return err
	}
	for _, s := range spellings {
		if s.has(name) {
			err.Hint = "here it is " + s.here
			return err
		}
	}
	err.Hint = diag.DidYouMean(name, known)
	return err
}

// internalNames are functions of Hive that no query needs, and what to do instead.
var internalNames = map[string]string{
	"tomap": "write map(k, v, …)", "toarray": "write array(a, …)", "tostruct": "write struct(a, …)",
	"internal_interval":      "write INTERVAL '1' DAY",
	"surrogate_key":          "write uuid(), or row_number() over (order by …)",
	"$sum0":                  "write coalesce(sum(x), 0)",
	"compute_stats":          "write approx_distinct(x), min(x), max(x) and count(x)",
	"compute_bit_vector_hll": sketchReason, "compute_bit_vector_fm": sketchReason, "ndv_compute_bit_vector": sketchReason,
	"get_splits": "winnow cuts files by itself: EXPLAIN ANALYZE shows the splits", "get_llap_splits": "winnow cuts files by itself: EXPLAIN ANALYZE shows the splits",
	"assert_true_oom": "write assert_true(condition)", "bucket_number": "write pmod(murmur_hash(…), n)",
	"enforce_constraint": hiveOnly, "split_map_privs": hiveOnly, "validate_acid_sort_order": hiveOnly, "restrict_information_schema": hiveOnly,
	"current_authorizer": hiveOnly, "cardinality_violation": hiveOnly, "exception_in_vertex_udf": hiveOnly, "exception_in_vertex_udaf": hiveOnly,
	"noop": hiveOnly, "noopwithmap": hiveOnly, "noopstreaming": hiveOnly, "noopwithmapstreaming": hiveOnly, "windowingtablefunction": hiveOnly,
}

const (
	sketchReason = "write approx_distinct(x)"
	hiveOnly     = "it serves Hive's own workings and has no meaning here"
)

// spelling is how other engines call what is written otherwise here.
type spelling struct {
	there string // names, separated by blanks
	here  string
}

func (s spelling) has(name string) bool {
	return strings.Contains(" "+s.there+" ", " "+name+" ")
}

// spellings are names of Trino and Athena, DuckDB, Spark and ClickHouse that are no names here.
var spellings = []spelling{
	{"to_timestamp parsedatetimebesteffort parsedatetime", "try_strptime(s, format, …), from_iso8601_timestamp(s) or cast(s as timestamp)"},
	{"formatdatetime to_char", "date_format(x, pattern)"},
	{"epoch tounixtimestamp unix_seconds", "unix_timestamp(x)"},
	{"epoch_ms unix_millis tounixtimestamp64milli", "to_epoch_milli(x)"},
	{"make_timestamp timestamp_seconds", "from_unixtime(n)"},
	{"timestamp_millis fromunixtimestamp64milli", "from_unixtime_ms(n)"},
	{"at_timezone totimezone convert_timezone", "from_utc_timestamp(x, zone) or to_utc_timestamp(x, zone)"},
	{"getdate sysdate", "current_timestamp"},
	{"today curdate", "current_date"},
	{"timestampdiff datesub date_part datepart", "datediff(a, b), or extract(unit from x)"},
	{"dateadd timestampadd", "date_add(d, n), or x + interval 'n' day"},
	{"day_of_week dow todayofweek isodow", "dayofweek(d), with 1 for Sunday"},
	{"todayofmonth", "day(d)"},
	{"toisoweek toweek", "weekofyear(d)"},
	{"toyear", "year(d)"}, {"tomonth", "month(d)"}, {"tohour", "hour(x)"}, {"tominute", "minute(x)"}, {"tosecond", "second(x)"},
	{"datetrunc tostartofhour tostartofday tostartofmonth tostartofminute tostartofweek tostartofyear tostartofsecond", "date_trunc('hour', x)"},
	{"tostartofinterval tostartoffiveminutes tostartoffifteenminutes date_bin", "time_bucket(interval '5' minute, x)"},
	{"todate", "to_date(x)"}, {"todatetime", "cast(x as timestamp)"},
	{"tostring to_varchar", "cast(x as string)"},
	{"toint8 toint16 toint32 toint64 touint8 touint16 touint32 touint64 to_number", "cast(x as bigint)"},
	{"tofloat32 tofloat64 to_double", "cast(x as double)"},
	{"strlen lengthutf8", "length(s)"},
	{"string_split str_split splitbychar splitbystring splitbyregexp regexp_split regexp_split_to_array string_to_array", "split(s, regex)"},
	{"regexp_matches match regexp_full_match", "s RLIKE regex"},
	{"regexp_substr extractgroups", "regexp_extract(s, regex, group)"},
	{"replaceregexpall replaceregexpone", "regexp_replace(s, regex, text)"},
	{"prefix", "starts_with(s, prefix)"}, {"suffix", "ends_with(s, suffix)"},
	{"charindex positioncaseinsensitive", "locate(sub, s)"},
	{"lowerutf8", "lower(s)"}, {"upperutf8", "upper(s)"},
	{"codepoint ord unicode", "ascii(s)"},
	{"hamming_distance editdistance", "levenshtein(a, b)"},
	{"to_utf8", "encode(s, 'UTF-8')"}, {"from_utf8", "decode(b, 'UTF-8')"},
	{"to_hex", "hex(x)"}, {"from_hex", "unhex(s)"}, {"to_base64", "base64(b)"}, {"from_base64", "unbase64(s)"},
	{"ifnull", "nvl(a, b)"}, {"nvl2 iff iif", "if(a, b, c)"}, {"multiif decode_oracle", "CASE WHEN … THEN … END"},
	{"bitwise_and bitand", "a & b"}, {"bitwise_or bitor", "a | b"}, {"bitwise_xor xor bitxor", "a ^ b"}, {"bitwise_not bitnot", "~a"},
	{"truncate", "trunc(x, n)"}, {"rint", "bround(x)"}, {"is_nan isnan", "x = cast('NaN' as double)"},
	{"list_value make_array", "array(a, …)"}, {"struct_pack row", "named_struct('name', value, …)"},
	{"list_contains array_has has", "array_contains(a, x)"}, {"array_length array_size list_length", "size(a)"},
	{"array_sort list_sort arraysort", "sort_array(a)"}, {"list_distinct arraydistinct", "array_distinct(a)"},
	{"list_aggregate array_reduce list_reduce arrayreduce arrayfold", "reduce(a, start, (s, x) -> …)"},
	{"array_transform list_apply arraymap apply", "transform(a, x -> …)"}, {"array_filter arrayfilter", "filter(a, x -> …)"},
	{"arrayexists list_any_value", "any_match(a, x -> …)"}, {"forall arrayall", "all_match(a, x -> …)"},
	{"arraystringconcat array_to_string list_to_string", "array_join(a, sep)"},
	{"arrayzip list_zip", "zip(a, b)"}, {"generate_series range", "sequence(a, b)"},
	{"arrayjoin flatten_table explode_outer posexplode_outer", "LATERAL VIEW [OUTER] explode(a) t AS x"},
	{"map_extract get try_element_at", "m[key], or element_at(x, key)"},
	{"json_value json_query jsonextractstring jsonextractraw jsonextractint jsonextractfloat visitparamextractstring simplejsonextractstring json_array_get", "get_json_object(s, '$.key')"},
	{"json_size jsonlength", "json_array_length(s)"}, {"from_json json_transform", "json_read(s, 'type')"}, {"json_valid isvalidjson", "json_parse(s) IS NOT NULL"},
	{"domain", "url_extract_host(url)"}, {"path", "url_extract_path(url)"}, {"extracturlparameter", "url_extract_parameter(url, key)"}, {"decodeurlcomponent", "url_decode(s)"},
	{"ipv4stringtonum ipv4_string_to_num inet_aton", "ip_to_int(ip)"}, {"ipv4numtostring inet_ntoa", "int_to_ip(n)"}, {"isipaddressinrange", "ip_in_cidr(ip, network)"},
	{"formatreadablesize format_readable_size pg_size_pretty", "format_bytes(n)"}, {"formatreadabletimedelta", "human_readable_seconds(x)"},
	{"uniq uniqcombined uniqhll12 approx_set approx_distinct_count", "approx_distinct(x)"}, {"uniqexact", "count(DISTINCT x)"},
	{"countif", "count_if(c)"}, {"sumif avgif minif maxif", "sum(x) FILTER (WHERE c)"},
	{"grouparray list list_agg", "collect_list(x)"}, {"groupuniqarray set_agg", "collect_set(x)"},
	{"quantile quantiles quantileexact quantile_cont approx_quantile quantiletdigest", "percentile_approx(x, p)"}, {"quantile_disc", "percentile_disc(x, p)"},
	{"topk approx_most_frequent", "approx_top_k(x, k)"}, {"argmax", "max_by(x, y)"}, {"argmin", "min_by(x, y)"}, {"any first", "any_value(x), or first_value(x) over (order by …)"},
	{"logical_and booland_agg", "bool_and(c)"}, {"logical_or boolor_agg", "bool_or(c)"},
	{"input_file_name", "the column INPUT__FILE__NAME"},
	{"tuplelement", "s.field"}, {"cityhash64 xxhash64 farm_fingerprint siphash64", "murmur_hash(x)"},
}
