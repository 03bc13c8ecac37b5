// Package hdfs is the Store of HDFS clusters: hdfs://namenode:port/path, with port 8020 when none is
// given, or hdfs://nameservice/path and hdfs:///path as the Hadoop configuration says.
//
// The client library keeps one connection to a name node and neither times out nor heals it after a
// fault. So a session that has failed is thrown away as a whole (session.go), every operation
// is tried again on a new one, and each connection has an idle limit of its own.
//
// Read Store first.
package hdfs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/colinmarc/hdfs/v2/hadoopconf"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// Config says how to reach the clusters. The zero value takes everything from the environment.
type Config struct {
	User    string // "" is HADOOP_USER_NAME, then the user of this process
	ConfDir string // folder of core-site.xml and hdfs-site.xml; "" is HADOOP_CONF_DIR, then HADOOP_HOME/conf

	RetryFor time.Duration // how long an operation is tried again; 0 is 30 s
	Stall    time.Duration // a connection without a byte for so long is broken; 0 is 20 s
}

const (
	defaultRetryFor = 30 * time.Second
	defaultStall    = 20 * time.Second
	defaultPort     = "8020"
)

// Store reads and writes HDFS files. It is also a connectors.DirLister, Mover, Remover and DirMaker.
// Its fault points are "hdfs.call" (a name node's), "hdfs.read" and "hdfs.write".
type Store struct {
	cfg     Config
	machine *sys.Machine
	site    func() (site, error)

	mu       sync.Mutex
	clusters map[string]*cluster // by the host of a path
}

// site is what the environment says.
type site struct {
	conf hadoopconf.HadoopConf // nil: there is none
	user string
}

// New returns a Store that connects at the first use, with m's dialler.
func New(cfg Config, m *sys.Machine) *Store {
	if cfg.RetryFor == 0 {
		cfg.RetryFor = defaultRetryFor
	}
	if cfg.Stall == 0 {
		cfg.Stall = defaultStall
	}
	s := &Store{cfg: cfg, machine: m, clusters: map[string]*cluster{}}
	s.site = sync.OnceValues(func() (site, error) { return readSite(cfg) })
	return s
}

func readSite(cfg Config) (site, error) {
	load := hadoopconf.LoadFromEnvironment
	if cfg.ConfDir != "" {
		load = func() (hadoopconf.HadoopConf, error) { return hadoopconf.Load(cfg.ConfDir) }
	}
	conf, err := load()
	if err != nil {
		return site{}, diag.Errorf(diag.Config, "hadoop configuration: %w", err)
	}
	name := cfg.User
	if name == "" {
		name = os.Getenv("HADOOP_USER_NAME")
	}
	if name == "" {
		u, err := user.Current()
		if err != nil {
			return site{}, diag.Errorf(diag.Auth, "no user name for HDFS: %w", err).WithHint("set HADOOP_USER_NAME")
		}
		name = u.Username
	}
	return site{conf: conf, user: name}, nil
}

// namenodes returns the addresses of a path's host: itself, those of a nameservice, or of the
// default file system if the path has no host.
func (s site) namenodes(host string) ([]string, error) {
	if host == "" {
		fs := s.conf["fs.defaultFS"]
		if fs == "" {
			fs = s.conf["fs.default.name"]
		}
		if !strings.HasPrefix(fs, "hdfs://") {
			return nil, diag.Errorf(diag.Config, "the location names no name node and there is no fs.defaultFS").
				WithHint("write hdfs://host:port/path or set HADOOP_CONF_DIR")
		}
		host, _, _ = strings.Cut(fs[len("hdfs://"):], "/")
	}
	var addresses []string
	for id := range strings.SplitSeq(s.conf["dfs.ha.namenodes."+host], ",") {
		if a := s.conf["dfs.namenode.rpc-address."+host+"."+strings.TrimSpace(id)]; a != "" {
			addresses = append(addresses, a)
		}
	}
	if len(addresses) > 0 {
		return addresses, nil
	}
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(strings.Trim(host, "[]"), defaultPort)
	}
	return []string{host}, nil
}

// locate returns the cluster of a location, the file's name in it, and the text before that name.
func (s *Store) locate(location string) (c *cluster, name, base string, err error) {
	scheme := connectors.Scheme(location)
	rest := strings.TrimPrefix(location[len(scheme):], ":")
	host := ""
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		host, _, _ = strings.Cut(after, "/")
		rest = after[len(host):]
	}
	base = location[:len(location)-len(rest)]
	switch {
	case scheme != "hdfs":
		return nil, "", "", diag.Errorf(diag.Denied, "%q is not an HDFS location", location)
	case strings.Contains(host, "@"):
		return nil, "", "", diag.Errorf(diag.Denied, "an HDFS location holds a user").WithHint("set HADOOP_USER_NAME")
	case strings.Contains("/"+rest+"/", "/../"):
		return nil, "", "", diag.Errorf(diag.Denied, "%q leaves its folder", location)
	}
	at, err := s.site()
	if err != nil {
		return nil, "", "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clusters[host]
	if !ok {
		addresses, err := at.namenodes(host)
		if err != nil {
			return nil, "", "", err
		}
		c = newCluster(s, at, addresses)
		s.clusters[host] = c
	}
	return c, path.Clean("/" + rest), base, nil
}

// file is locate for a path that must name a file.
func (s *Store) file(location string) (*cluster, string, error) {
	c, name, _, err := s.locate(location)
	if err == nil && (name == "/" || strings.HasSuffix(location, "/")) {
		err = diag.Errorf(diag.NotFound, "%q names a folder, not a file", location)
	}
	return c, name, err
}

// Move renames from to to, making the folders above it; see connectors.Mover. HDFS has no rename that
// fails if to is there: between the look and the rename another client can make it.
func (s *Store) Move(ctx context.Context, from, to string) error {
	c, src, _, err := s.locate(from)
	if err != nil {
		return err
	}
	c2, dst, _, err := s.locate(to)
	if err != nil {
		return err
	}
	if c != c2 {
		return diag.Errorf(diag.Unsupported, "cannot move %s to another cluster, %s", from, to)
	}
	info, err := c.stat(ctx, src)
	if err != nil {
		return c.explain(err, from)
	}
	if _, err := c.stat(ctx, dst); err == nil {
		return fmt.Errorf("%s: %w", to, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return c.explain(err, to)
	}
	if err := c.mkdir(ctx, path.Dir(dst)); err != nil {
		return c.explain(err, to)
	}
	return c.explain(c.rename(ctx, src, dst, info), from)
}

// Remove deletes the file, or the folder and all below it; see connectors.Remover.
func (s *Store) Remove(ctx context.Context, location string) error {
	c, name, _, err := s.locate(location)
	if err != nil {
		return err
	}
	if name == "/" {
		return diag.Errorf(diag.Denied, "%q is not removed as a whole", location)
	}
	return c.explain(c.do(ctx, func(u *session) error {
		err := u.client.RemoveAll(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}), location)
}

// MakeDir makes the folder and those above it. A folder that is there already is no error.
func (s *Store) MakeDir(ctx context.Context, location string) error {
	c, name, _, err := s.locate(location)
	if err != nil {
		return err
	}
	return c.explain(c.mkdir(ctx, name), location)
}
