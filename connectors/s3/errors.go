package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"

	"github.com/winnowdb/winnow/proto/diag"
)

// explain makes err, the last error of do about path, the user's.
func (b *bucket) explain(err error, path string) error {
	var d *diag.Error
	if errors.As(err, &d) {
		return d
	}
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	f := classify(err)
	reason := reasonOf(f.err)
	switch f.class {
	case throttled:
		return diag.Errorf(diag.Throttled, "%s: %s asks to slow down: %w", path, b.conn.where(), reason)
	case broken:
		return diag.Errorf(diag.Unavailable, "%s: %s does not answer properly: %w", path, b.conn.where(), reason)
	case refused:
		return diag.Errorf(diag.Unavailable, "%s: cannot reach %s: %w", path, b.conn.where(), reason).WithHint("check the endpoint and the network")
	}
	status := 0
	re := response(err)
	if re != nil {
		status = re.StatusCode
	}
	switch code := apiCode(f.err); {
	case code == "NoSuchBucket":
		return diag.Errorf(diag.NotFound, "no bucket %q at %s", b.name, b.conn.where())
	case code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch", code == "ExpiredToken", code == "InvalidToken",
		code == "TokenRefreshRequired", code == "ExpiredTokenException", status == http.StatusUnauthorized:
		return diag.Errorf(diag.Auth, "%s: the AWS credentials are not accepted: %w", path, reason)
	case code == "RequestTimeTooSkewed":
		return diag.Errorf(diag.Auth, "%s: %w", path, reason).WithHint("set this machine's clock")
	case status == http.StatusForbidden, code == "AllAccessDisabled", code == "InvalidObjectState":
		return diag.Errorf(diag.Denied, "%s: %w", path, reason)
	case status >= 300 && status < 400:
		return diag.Errorf(diag.Denied, "%s: %s redirects to %q, which is not followed", path, b.conn.where(), re.Header.Get("Location")).
			WithHint("set the endpoint and region of the bucket")
	case status == http.StatusNotFound:
		return diag.Errorf(diag.NotFound, "%s: %w", path, reason)
	}
	if re != nil {
		return diag.Errorf(diag.Protocol, "%s: %w", path, reason)
	}
	return fmt.Errorf("%s: %w", path, reason)
}

// reasonOf returns err with a text that names the server's code and message without the SDK's layers.
func reasonOf(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		text := api.ErrorCode()
		if api.ErrorMessage() != "" && api.ErrorMessage() != text {
			text += ": " + api.ErrorMessage()
		}
		return told{err, text}
	}
	return shortened{err}
}

// told is an error with another text.
type told struct {
	error
	text string
}

func (e told) Error() string { return e.text }
func (e told) Unwrap() error { return e.error }
