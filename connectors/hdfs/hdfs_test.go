package hdfs

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

func TestNamenodes(t *testing.T) {
	dir := t.TempDir()
	conf := `<configuration>
<property><name>fs.defaultFS</name><value>hdfs://prod</value></property>
<property><name>dfs.nameservices</name><value>prod,other</value></property>
<property><name>dfs.ha.namenodes.prod</name><value>nn2, nn1</value></property>
<property><name>dfs.namenode.rpc-address.prod.nn1</name><value>one:9000</value></property>
<property><name>dfs.namenode.rpc-address.prod.nn2</name><value>two:9000</value></property>
<property><name>dfs.ha.namenodes.other</name><value>a</value></property>
<property><name>dfs.namenode.rpc-address.other.a</name><value>three:9000</value></property>
</configuration>`
	if err := os.WriteFile(filepath.Join(dir, "hdfs-site.xml"), []byte(conf), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HADOOP_CONF_DIR", "")
	t.Setenv("HADOOP_HOME", "")
	for _, c := range []struct {
		dir, location, name, base string
		addresses                 []string
		kind                      diag.Kind
	}{
		{dir, "hdfs://prod/a/b", "/a/b", "hdfs://prod", []string{"two:9000", "one:9000"}, ""},
		{dir, "hdfs:///a", "/a", "hdfs://", []string{"two:9000", "one:9000"}, ""},
		{dir, "hdfs:/a", "/a", "hdfs:", []string{"two:9000", "one:9000"}, ""},
		{dir, "HDFS://other", "/", "HDFS://other", []string{"three:9000"}, ""},
		{dir, "hdfs://host/a//b/", "/a/b", "hdfs://host", []string{"host:8020"}, ""},
		{"", "hdfs://host:1/a%20b", "/a%20b", "hdfs://host:1", []string{"host:1"}, ""},
		{"", "hdfs://[::1]/a", "/a", "hdfs://[::1]", []string{"[::1]:8020"}, ""},
		{"", "hdfs:///a", "", "", nil, diag.Config},
		{"", "hdfs://me:hush@host/a", "", "", nil, diag.Denied},
		{"", "hdfs://host/a/../b", "", "", nil, diag.Denied},
		{"", "s3://host/a", "", "", nil, diag.Denied},
	} {
		s := New(Config{ConfDir: c.dir, User: "me"}, sys.Host(""))
		got, name, base, err := s.locate(c.location)
		if diag.KindOf(err) != c.kind || name != c.name || base != c.base {
			t.Errorf("%s: %q, %q, %v", c.location, name, base, err)
			continue
		}
		if err == nil && !slices.Equal(got.addresses, c.addresses) {
			t.Errorf("%s: %q, want %q", c.location, got.addresses, c.addresses)
		}
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("%v", err)
		}
	}
}

func TestUser(t *testing.T) {
	t.Setenv("HADOOP_USER_NAME", "env")
	for _, c := range []struct{ user, want string }{{"", "env"}, {"given", "given"}} {
		at, err := readSite(Config{User: c.user})
		if err != nil || at.user != c.want {
			t.Errorf("%q: %q, %v", c.user, at.user, err)
		}
	}
}

// TestNobodyThere is T11: told within 10 s, with the address.
func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	s := New(Config{RetryFor: 300 * time.Millisecond}, sys.Host(""))
	start := time.Now()
	for _, err := range s.List(t.Context(), "hdfs://"+addr+"/x") {
		if diag.KindOf(err) != diag.Unavailable || !strings.Contains(err.Error(), addr) {
			t.Errorf("got %v", err)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestSilent is a name node that takes the connection and says nothing, one that answers with garbage,
// and one that hangs up.
func TestSilent(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"silent":   func(c net.Conn) { io.Copy(io.Discard, c) },
		"garbage":  func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); io.Copy(io.Discard, c) },
		"hangs up": func(c net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() { defer c.Close(); serve(c) }()
				}
			}()
			s := New(Config{RetryFor: 200 * time.Millisecond, Stall: 200 * time.Millisecond}, sys.Host(""))
			for _, err := range s.List(t.Context(), "hdfs://"+l.Addr().String()+"/x") {
				if diag.KindOf(err) != diag.Unavailable {
					t.Errorf("got %v", err)
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			s = New(Config{}, sys.Host(""))
			start := time.Now()
			for _, err := range s.List(ctx, "hdfs://"+l.Addr().String()+"/x") {
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("cancelled after %v", took)
			}
		})
	}
}
