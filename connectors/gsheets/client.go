package gsheets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/sheets/v4"
	transport "google.golang.org/api/transport/http"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

const (
	driveURL       = "https://www.googleapis.com"
	driveScope     = "https://www.googleapis.com/auth/drive.metadata.readonly"
	dialTimeout    = 5 * time.Second
	requestTimeout = time.Minute
	firstDelay     = 500 * time.Millisecond
	maxDelay       = 30 * time.Second
	// A refused connection is not tried for long: the machine is not on the network.
	refusedFor = 5 * time.Second
)

// client talks to the service with one set of credentials.
type client struct {
	machine  *sys.Machine
	service  *sheets.Service
	http     *http.Client
	drive    string
	executor failsafe.Executor[any]
	retryFor time.Duration
}

// client returns the client with the credentials of file, or of the configuration or the environment.
func (h *Handler) client(ctx context.Context, file string) (*client, error) {
	if file == "" {
		file = h.cfg.Credentials
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if c, ok := h.clients[file]; ok {
		return c, nil
	}
	c, err := h.connect(context.WithoutCancel(ctx), file)
	if err == nil {
		h.clients[file] = c
	}
	return c, err
}

// connect makes a client. It sends nothing.
func (h *Handler) connect(ctx context.Context, file string) (*client, error) {
	endpoint := h.cfg.Endpoint
	if endpoint == "" {
		endpoint = os.Getenv("WINNOW_GSHEETS_ENDPOINT")
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		return h.machine.Dial(ctx, network, addr)
	}
	var round http.RoundTripper = base
	if !loopback(endpoint) {
		options := []option.ClientOption{option.WithScopes(sheets.SpreadsheetsScope, driveScope)}
		if file != "" {
			options = append(options, option.WithAuthCredentialsFile(option.ServiceAccount, file))
		}
		var err error
		if round, err = transport.NewTransport(ctx, base, options...); err != nil {
			return nil, diag.Errorf(diag.Auth, "no Google credentials: %w", err).
				WithHint("set %q or GOOGLE_APPLICATION_CREDENTIALS to the file of a service account, and share the spreadsheet with it", CredentialsProperty)
		}
	}
	c := &client{machine: h.machine, drive: driveURL, retryFor: h.cfg.RetryFor, executor: newExecutor(h.machine)}
	c.http = &http.Client{Transport: round, Timeout: requestTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // credentials go to no other host
	}}
	options := []option.ClientOption{option.WithHTTPClient(c.http)}
	if endpoint != "" {
		c.drive = strings.TrimSuffix(endpoint, "/")
		options = append(options, option.WithEndpoint(c.drive+"/"))
	}
	var err error
	c.service, err = sheets.NewService(ctx, options...)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "google sheets: %w", err)
	}
	return c, nil
}

// loopback reports whether endpoint is on this machine.
func loopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback() || u.Hostname() == "localhost"
}

// failure is an error that may be gone when the request is sent again.
type failure struct {
	err       error
	throttled bool
	refused   bool
	after     time.Duration
	stop      bool // tried for long enough
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func newExecutor(m *sys.Machine) failsafe.Executor[any] {
	return failsafe.With[any](retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool {
			var f *failure
			return errors.As(err, &f) && !f.stop
		}).
		WithMaxRetries(-1).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[any]) time.Duration {
			var f *failure
			if errors.As(exec.LastError(), &f) && f.after > 0 {
				return f.after
			}
			d := min(maxDelay, firstDelay<<min(exec.Attempts()-1, 10))
			return d/2 + time.Duration(m.Rand()%uint64(d/2+1))
		}).
		ReturnLastFailure().
		Build())
}

// do sends what call sends until there is an answer or time is up. A call that changes something must itself find
// out whether an attempt whose answer was lost has done it. what names the object in an error.
func (c *client) do(ctx context.Context, what string, call func(ctx context.Context) error) error {
	err := c.executor.WithContext(ctx).RunWithExecution(func(exec failsafe.Execution[any]) error {
		err := c.machine.Fault("gsheets.call")
		if err != nil {
			err = &failure{err: err}
		} else {
			err = call(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		f := classify(err)
		if f == nil {
			return err
		}
		f.stop = exec.ElapsedTime() > c.retryFor || f.refused && exec.ElapsedTime() > refusedFor
		return f
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return explain(err, what)
}

// classify returns a failure if err may be gone at the next attempt, and nil if it is an answer.
func classify(err error) *failure {
	var f *failure
	var api *googleapi.Error
	var dial *net.OpError
	var dns *net.DNSError
	var d *diag.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &d), strings.Contains(err.Error(), "oauth2:"), strings.Contains(err.Error(), "auth:"):
		return nil
	case errors.As(err, &api):
		f = &failure{err: err}
		if seconds, err := strconv.Atoi(api.Header.Get("Retry-After")); err == nil && seconds > 0 {
			f.after = min(time.Duration(seconds)*time.Second, time.Minute)
		}
		switch {
		case api.Code == http.StatusTooManyRequests, api.Code == http.StatusForbidden && hasReason(api, "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"):
			f.throttled = true
			return f
		case api.Code >= 500, api.Code == http.StatusRequestTimeout:
			return f
		}
		return nil
	case errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial":
		return &failure{err: err, refused: true}
	}
	return &failure{err: err} // lost, cut, or a page that is no answer of the service
}

func hasReason(api *googleapi.Error, reasons ...string) bool {
	for _, e := range api.Errors {
		for _, r := range reasons {
			if e.Reason == r {
				return true
			}
		}
	}
	return false
}

// explain makes err, about what, the user's.
func explain(err error, what string) error {
	var d *diag.Error
	var f *failure
	var api *googleapi.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &f):
		return err
	case errors.As(err, &d):
		return d
	case errors.As(err, &f) && f.throttled:
		return diag.Errorf(diag.Throttled, "spreadsheet %s: Google's quota is used up: %w", what, short{f.err})
	case errors.As(err, &f):
		return diag.Errorf(diag.Unavailable, "spreadsheet %s: Google Sheets does not answer properly: %w", what, short{f.err})
	case errors.As(err, &api):
		switch api.Code {
		case http.StatusUnauthorized:
			return diag.Errorf(diag.Auth, "spreadsheet %s: the Google credentials are not accepted: %w", what, short{err})
		case http.StatusForbidden:
			return diag.Errorf(diag.Denied, "spreadsheet %s: %w", what, short{err}).WithHint("share the spreadsheet with the service account")
		case http.StatusNotFound:
			return diag.Errorf(diag.NotFound, "there is no spreadsheet %s, or it is not shared with these credentials", what)
		}
		return diag.Errorf(diag.Protocol, "spreadsheet %s: %w", what, short{err})
	}
	return diag.Errorf(diag.Auth, "spreadsheet %s: Google gave no token: %w", what, err)
}

// short is an error of the service without its second and further lines.
type short struct{ error }

func (e short) Unwrap() error { return e.error }

func (e short) Error() string {
	var api *googleapi.Error
	if errors.As(e.error, &api) && api.Message != "" {
		return fmt.Sprintf("%d: %s", api.Code, api.Message)
	}
	line, _, _ := strings.Cut(e.error.Error(), "\n")
	return line[:min(len(line), 300)]
}

// findByName returns the id of the spreadsheet with a title.
func (c *client) findByName(ctx context.Context, name string) (string, error) {
	escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name)
	query := url.Values{
		"q":      {"name = '" + escaped + "' and mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false"},
		"fields": {"files(id,name)"},
		// Also those on shared drives.
		"supportsAllDrives": {"true"}, "includeItemsFromAllDrives": {"true"},
	}
	var list struct{ Files []struct{ ID, Name string } }
	err := c.do(ctx, strconv.Quote(name), func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.drive+"/drive/v3/files?"+query.Encode(), nil)
		if err != nil {
			return err
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if err := googleapi.CheckResponse(resp); err != nil {
			return err
		}
		return json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&list)
	})
	if err != nil {
		return "", err
	}
	switch len(list.Files) {
	case 0:
		return "", diag.Errorf(diag.NotFound, "there is no spreadsheet called %q, or it is not shared with these credentials", name)
	case 1:
		return list.Files[0].ID, nil
	}
	ids := make([]string, len(list.Files))
	for i, f := range list.Files {
		ids[i] = f.ID
	}
	return "", diag.Errorf(diag.Conflict, "%d spreadsheets are called %q", len(ids), name).
		WithHint("set %q to one of %s", IDProperty, strings.Join(ids, ", "))
}
