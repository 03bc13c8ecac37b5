package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/winnowdb/winnow/cluster/coord"
	"github.com/winnowdb/winnow/cluster/member"
	"github.com/winnowdb/winnow/cmd/internal/shell"
	"github.com/winnowdb/winnow/proto/diag"
)

func demoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "see it work: an archive, a small cluster and six questions",
		Long: "winnow demo writes a deterministic archive of 30 days of web events (about 100 MB; once, then reused),\n" +
			"starts a coordinator and two workers on loopback, which find each other by gossip, and asks six questions.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				cache, err := os.UserCacheDir()
				if err != nil {
					return diag.Errorf(diag.Config, "no cache folder: %w", err).WithHint("name one with --dir")
				}
				dir = filepath.Join(cache, "winnow", "demo")
			}
			return demo(cmd.Context(), cmd.OutOrStdout(), dir)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder of the archive (default: the user's cache folder)")
	return cmd
}

// demoTables are the DDL of the archive; %s is its folder.
var demoTables = []string{
	`create external table if not exists events (ts string, ip string, user_id bigint, url string, status int, bytes bigint, d map<string,string>)
  partitioned by (year string, month string, day string, hour string)
  row format delimited fields terminated by '\004' collection items terminated by '\001' map keys terminated by '\002'
  stored as textfile location '%s/events/'`,
	`alter table events recover partitions`,
	`create external table if not exists users (user_id bigint, country string, plan string)
  row format delimited fields terminated by '\t' stored as textfile location '%s/users'`,
	`create external table if not exists signups (id bigint, at string, who struct<name:string,tags:array<string>>, plan string)
  row format serde 'org.apache.hive.hcatalog.data.JsonSerDe' stored as textfile location '%s/signups'`,
	`create external table if not exists access (ip string, time string, request string, status int, size bigint, agent string)
  row format serde 'org.apache.hadoop.hive.serde2.RegexSerDe'
  with serdeproperties ('input.regex' = '^(\\S+) \\S+ \\S+ \\[([^\\]]+)\\] "([^"]*)" (\\d{3}) (\\d+) "[^"]*" "([^"]*)"$')
  stored as textfile location '%s/access'`,
}

// demoQuestion is one question and what it shows.
type demoQuestion struct{ what, sql string }

var demoQuestions = []demoQuestion{
	{"partitions: one morning of one day", `select hour, count(*) as hits, sum(bytes) as bytes from events
where year = '2011' and month = '12' and day = '06' and cast(hour as int) between 6 and 9
group by hour order by hour`},
	{"a map column: campaigns", `select d['campaign'] as campaign, count(*) as hits from events
where day between '01' and '07' and d['campaign'] is not null
group by d['campaign'] order by hits desc, campaign limit 5`},
	{"a join: who is served what", `select u.country, count(*) as hits, sum(e.bytes) as bytes
from events e join users u on e.user_id = u.user_id
where e.day = '13' group by u.country order by hits desc limit 5`},
	{"a window: the best page of each of five days", `select day, url, hits from (
  select day, url, hits, row_number() over (partition by day order by hits desc, url) as place from (
    select day, url, count(*) as hits from events where day <= '05' group by day, url) a) b
where place = 1 order by day`},
	{"JSON lines: tags of sign-ups", `select tag, count(*) as signups from signups lateral view explode(who.tags) t as tag
group by tag order by signups desc, tag limit 5`},
	{"a log by regular expression: errors by hour", `select substr(time, 13, 2) as hour, count(*) as errors, max(size) as largest from access
where status >= 500 group by substr(time, 13, 2) order by errors desc, hour limit 5`},
}

func demo(ctx context.Context, out io.Writer, dir string) error {
	made, err := writeArchive(ctx, dir)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(out, "wrote the archive to %s\n", dir)
	} else {
		fmt.Fprintf(out, "the archive is at %s\n", dir)
	}
	nodes, err := demoCluster(dir)
	defer func() {
		for _, n := range nodes {
			n.close()
		}
	}()
	if err != nil {
		return err
	}
	c := nodes[0].engine.coord
	if err := waitForWorkers(ctx, c, 2); err != nil {
		return err
	}
	for _, w := range c.Workers() {
		fmt.Fprintf(out, "worker %s at %s, %d slots\n", w.Name, w.Address, w.Slots)
	}
	conn := nodes[0].engine.connect()
	defer closeConn(conn)
	for _, ddl := range demoTables {
		sql := ddl
		if n := countVerbs(ddl); n > 0 {
			sql = fmt.Sprintf(ddl, dir)
		}
		if err := demoRun(ctx, conn, sql, nil); err != nil {
			return err
		}
	}
	for i, q := range demoQuestions {
		fmt.Fprintf(out, "\n%d. %s\n%s;\n\n", i+1, q.what, q.sql)
		if err := demoRun(ctx, conn, q.sql, out); err != nil {
			return err
		}
	}
	return nil
}

func countVerbs(s string) int {
	n := 0
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '%' && s[i+1] == 's' {
			n++
		}
	}
	return n
}

// demoRun carries out a statement and shows its rows and what it took; out nil shows nothing.
func demoRun(ctx context.Context, conn *coord.Conn, sql string, out io.Writer) error {
	res, err := conn.Query(ctx, sql)
	if err != nil {
		return fmt.Errorf("%w\nin: %s", err, sql)
	}
	defer res.Close()
	if out == nil {
		for {
			rec, err := res.Next(ctx)
			if errors.Is(err, io.EOF) {
				return res.Close()
			}
			if err != nil {
				return err
			}
			rec.Release()
		}
	}
	if err := shell.WriteTable(ctx, out, res.Schema, time.UTC, res.Next); err != nil {
		return err
	}
	if err := res.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, coord.Describe(res.Summary()))
	return err
}

// demoCluster starts a coordinator and two workers in this process, each with ports and gossip of its own.
func demoCluster(dir string) ([]*node, error) {
	var nodes []*node
	for i, role := range []string{member.RoleCoordinator, member.RoleWorker, member.RoleWorker} {
		f := &serveFlags{role: role, name: fmt.Sprintf("demo-%d", i), flight: "127.0.0.1:0", http: "127.0.0.1:0", gossip: "127.0.0.1:0", rpc: "127.0.0.1:0", drain: time.Second}
		f.engine = engineFlags{warehouse: filepath.Join(dir, "warehouse"), memory: "1GiB", slots: 1}
		if i > 0 {
			f.join = []string{nodes[0].ready.Gossip}
		}
		n := &node{flags: f, log: slog.New(slog.DiscardHandler), failures: make(chan error, 4)}
		nodes = append(nodes, n)
		if err := n.start(); err != nil {
			return nodes, err
		}
	}
	return nodes, nil
}

// waitForWorkers waits until gossip has told c of n workers.
func waitForWorkers(ctx context.Context, c *coord.Coordinator, n int) error {
	deadline := time.After(15 * time.Second)
	for {
		changed := c.MembersChanged()
		if len(c.Workers()) >= n {
			return nil
		}
		select {
		case <-changed:
		case <-deadline:
			return diag.Errorf(diag.Unavailable, "only %d of %d workers were found by gossip", len(c.Workers()), n)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
