// Package s3 is the Store of S3 buckets, at Amazon or at any endpoint that speaks its protocol:
// s3://bucket/key, s3a:// and s3n://.
//
// The SDK signs, encodes and uploads; what is done when a request fails is ours: one retry loop for
// each bucket, with a shared rate (retry.go, rate.go), and readers that go on from the last good byte
// of the very version that was listed (read.go, ahead.go). A key is used as it is given, and decoded once.
//
// Read Store first.
package s3

import (
	"strings"
	"sync"
	"time"

	"github.com/winnowdb/winnow/connectors"
	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

// Config says how to reach the buckets. The zero value takes everything from the environment and
// the shared files that the AWS tools read.
type Config struct {
	Endpoint  string // URL of the server; "" is AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, then Amazon
	Region    string // "" is the environment's, then us-east-1; a bucket elsewhere is found by itself
	Profile   string // of the shared files; "" is AWS_PROFILE, then "default"
	PathStyle bool   // endpoint/bucket/key for bucket.endpoint/key; always so when an endpoint is set
	Anonymous bool   // send unsigned requests: public buckets need no credentials

	RetryFor time.Duration // how long one request is tried again; 0 is 2 minutes
	Stall    time.Duration // an answer without a byte for so long is broken; 0 is 20 s
}

const (
	defaultRetryFor = 2 * time.Minute
	defaultStall    = 20 * time.Second
	defaultRegion   = "us-east-1"
)

// Store reads and writes S3 objects. It is also a connectors.DirLister and Remover; it cannot move.
// Its fault points are "s3.list", "s3.get", "s3.body" and "s3.put".
type Store struct {
	cfg     Config
	machine *sys.Machine
	connect func() (*connection, error)

	mu      sync.Mutex
	buckets map[string]*bucket
}

// New returns a Store that connects at the first use, with m's dialler.
func New(cfg Config, m *sys.Machine) *Store {
	if cfg.RetryFor == 0 {
		cfg.RetryFor = defaultRetryFor
	}
	if cfg.Stall == 0 {
		cfg.Stall = defaultStall
	}
	s := &Store{cfg: cfg, machine: m, buckets: map[string]*bucket{}}
	s.connect = sync.OnceValues(func() (*connection, error) { return connect(cfg, m) })
	return s
}

// bucket is one bucket with what is known of it: its region and how fast it lets us go.
type bucket struct {
	name  string
	s     *Store
	conn  *connection
	rate  *rate
	retry *retrier

	mu     sync.Mutex
	region string // "" until the bucket has said that it is elsewhere
}

// isBucketName is wide: old buckets have capitals and underscores.
func isBucketName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z':
		case i == 0 || c != '.' && c != '_' && c != '-':
			return false
		}
	}
	return len(name) > 0 && len(name) <= 255 && !strings.Contains(name, "..")
}

// locate returns the bucket of path, the key, and the text of path before the key.
func (s *Store) locate(path string) (b *bucket, key, base string, err error) {
	name, key, err := connectors.SplitBucket(path)
	if strings.Contains(name, "@") {
		// The text is not shown: what stands before the @ is a secret.
		return nil, "", "", diag.Errorf(diag.Denied, "an S3 location holds credentials").
			WithHint("take them out; winnow uses the AWS environment, shared files or role")
	}
	if err != nil || !isBucketName(name) {
		return nil, "", "", diag.Errorf(diag.Denied, "%q is not the name of a bucket in %q", name, path).WithHint("write s3://bucket/key")
	}
	conn, err := s.connect()
	if err != nil {
		return nil, "", "", err
	}
	base = strings.TrimSuffix(path[:len(path)-len(key)], "/") + "/"
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets[name]
	if !ok {
		b = &bucket{name: name, s: s, conn: conn, rate: newRate(s.machine)}
		b.retry = newRetrier(s.cfg.RetryFor, s.machine)
		s.buckets[name] = b
	}
	return b, key, base, nil
}

// object returns the bucket and key of path, which must name an object.
func (s *Store) object(path string) (*bucket, string, error) {
	b, key, _, err := s.locate(path)
	if err == nil && (key == "" || strings.HasSuffix(key, "/")) {
		err = diag.Errorf(diag.NotFound, "%q names a folder, not an object", path)
	}
	return b, key, err
}
