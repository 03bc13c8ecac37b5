package s3

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/winnowdb/winnow/connectors/sys"
)

// class is what a failed request calls for.
type class int

const (
	final     class = iota // the server has decided: say so to the user
	throttled              // "slow down"
	broken                 // lost, cut, stalled, an internal error, or not what was asked for
	refused                // nobody there
	moved                  // the bucket is in another region
)

// failure is the error of one attempt.
type failure struct {
	class class
	after time.Duration // of the Retry-After header, or 0
	stop  bool          // tried for long enough
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

var (
	errAnswer = errors.New("the answer is not what was asked for")
	errStall  = errors.New("no byte came")
	errCut    = errors.New("the answer ended early")
)

const (
	firstDelay = 50 * time.Millisecond
	slowDelay  = 250 * time.Millisecond // the first after "slow down"
	maxDelay   = 5 * time.Second
	maxAfter   = 30 * time.Second // no Retry-After above this is obeyed
	// A refused connection or an unknown name is not tried for long: the user has mistyped it.
	refusedFor = 5 * time.Second
	maxMoves   = 2
)

// retrier is the one retry loop: no other layer below it tries again.
type retrier struct {
	total    time.Duration
	executor failsafe.Executor[any]
}

func newRetrier(total time.Duration, m *sys.Machine) *retrier {
	policy := retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool {
			var f *failure
			return errors.As(err, &f) && f.class != final && !f.stop
		}).
		WithMaxRetries(-1).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[any]) time.Duration {
			var f *failure
			first := firstDelay
			if errors.As(exec.LastError(), &f) {
				switch {
				case f.class == moved:
					return 0
				case f.after > 0:
					return f.after
				case f.class == throttled:
					first = slowDelay
				}
			}
			return backoff(first, exec.Attempts(), m.Rand())
		}).
		ReturnLastFailure().
		Build()
	return &retrier{total: total, executor: failsafe.With[any](policy)}
}

// backoff is the time before attempt n+1: doubling from first, capped, and between half and the whole
// of that by the dice, so that callers who failed together do not come back together.
func backoff(first time.Duration, n int, dice uint64) time.Duration {
	d := min(maxDelay, first<<min(n-1, 10))
	return d/2 + time.Duration(dice%uint64(d/2+1))
}

// do calls call until it succeeds, is told no, or time is up. point is the fault point that it
// passes first. limit is the time of one attempt, 0 for none. Its error is the last attempt's, still
// of the SDK's kinds; explain makes it the user's.
func (b *bucket) do(ctx context.Context, point string, limit time.Duration, call func(ctx context.Context, o func(*s3.Options)) error) error {
	moves := 0
	err := b.retry.executor.WithContext(ctx).RunWithExecution(func(exec failsafe.Execution[any]) error {
		if err := b.conn.authorize(ctx); err != nil {
			return err
		}
		if err := b.rate.wait(ctx); err != nil {
			return err
		}
		err := b.s.machine.Fault(point)
		if err != nil {
			err = &failure{class: broken, err: err}
		} else {
			one, cancel := ctx, context.CancelFunc(func() {})
			if limit > 0 {
				one, cancel = context.WithTimeout(ctx, limit)
			}
			err = call(one, b.inRegion)
			cancel()
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := classify(err)
		b.rate.answered(f != nil && f.class == throttled)
		if f == nil {
			return nil
		}
		if f.class == moved {
			if moves++; moves > maxMoves || !b.moveTo(f.err) {
				f.class = final
			}
		}
		f.stop = exec.ElapsedTime() > b.retry.total || f.class == refused && exec.ElapsedTime() > refusedFor
		return f
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// inRegion sets the region that the bucket is known to be in.
func (b *bucket) inRegion(o *s3.Options) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.region != "" {
		o.Region = b.region
	}
}

// expecting is how a server names the right region in a message.
var expecting = regexp.MustCompile(`expecting '([a-z0-9-]+)'`)

// moveTo takes the bucket's region from the answer to a request that went to another.
func (b *bucket) moveTo(err error) bool {
	region := ""
	if re := response(err); re != nil {
		region = re.Header.Get("X-Amz-Bucket-Region")
	}
	if m := expecting.FindStringSubmatch(err.Error()); region == "" && m != nil {
		region = m[1]
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if region == "" || region == b.region {
		return false
	}
	b.region = region
	return true
}

// response returns the HTTP answer that err was made of, or nil.
func response(err error) *http.Response {
	var re *awshttp.ResponseError
	if errors.As(err, &re) && re.Response != nil {
		return re.Response.Response
	}
	return nil
}

// apiCode returns the code of an error document, such as "SlowDown", or "".
func apiCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// classify says what an attempt's error calls for; nil for no error.
func classify(err error) *failure {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return f
	}
	f = &failure{err: err}
	re := response(err)
	if re != nil {
		f.class = classOfAnswer(re.StatusCode, apiCode(err))
		if f.class == throttled || f.class == broken {
			f.after = retryAfter(re.Header.Get("Retry-After"))
		}
		if f.class != final || re.StatusCode >= 300 {
			return f
		}
	}
	var dial *net.OpError
	var dns *net.DNSError
	var decode *smithy.DeserializationError
	var netErr net.Error
	switch {
	case errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial":
		f.class = refused
	case errors.Is(err, errAnswer), errors.Is(err, errStall), errors.Is(err, errCut),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), // of the attempt, not of the caller
		errors.As(err, &decode), errors.As(err, &netErr), isTransport(err):
		f.class = broken
	}
	return f
}

// isTransport reports whether the request or its answer was lost on the way.
func isTransport(err error) bool {
	var op *net.OpError
	var send interface{ ConnectionError() bool }
	return errors.As(err, &op) || errors.As(err, &send) && send.ConnectionError()
}

func classOfAnswer(status int, code string) class {
	switch code {
	case "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "BandwidthLimitExceeded", "ServiceUnavailable":
		return throttled
	case "InternalError", "RequestTimeout", "OperationAborted":
		return broken
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return moved
	}
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return throttled
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return broken
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return moved
	}
	return final
}

// retryAfter reads the header's seconds; its other form, a date, is not used by stores.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(seconds, maxAfter.Seconds()) * float64(time.Second))
}
