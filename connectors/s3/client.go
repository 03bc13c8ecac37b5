package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/winnowdb/winnow/connectors/sys"
	"github.com/winnowdb/winnow/proto/diag"
)

const (
	dialTimeout = 5 * time.Second
	// A machine that is not one of Amazon's has nobody at the metadata address: do not wait long for it.
	metadataTimeout    = 2 * time.Second
	credentialsTimeout = 5 * time.Second
)

// connection is the SDK's client with what it was made from.
type connection struct {
	client   *s3.Client
	endpoint string                  // "" is Amazon's own
	creds    aws.CredentialsProvider // nil: requests are not signed
	profile  string
}

// connect reads the AWS configuration. It sends nothing.
func connect(cfg Config, m *sys.Machine) (*connection, error) {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		return m.Dial(ctx, network, addr)
	}
	httpClient := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DialContext = dial
		t.TLSHandshakeTimeout = 10 * time.Second
		t.ResponseHeaderTimeout = cfg.Stall
		t.MaxIdleConnsPerHost = 128
		t.MaxIdleConns = 512
		// An object with Content-Encoding gzip is read as the bytes that are stored.
		t.DisableCompression = true
		// Several HTTP/1.1 connections carry more than one of HTTP/2.
		t.ForceAttemptHTTP2 = false
	})
	awsCfg, err := config.LoadDefaultConfig(context.Background(),
		config.WithRegion(cfg.Region),
		config.WithSharedConfigProfile(cfg.Profile),
		config.WithHTTPClient(httpClient),
		config.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) {
			o.Client = imds.New(imds.Options{
				HTTPClient: &http.Client{Timeout: metadataTimeout, Transport: &http.Transport{DialContext: dial}},
				Retryer:    aws.NopRetryer{},
			})
		}),
	)
	if err != nil {
		return nil, diag.Errorf(diag.Config, "AWS configuration: %w", err)
	}
	if awsCfg.Region == "" {
		awsCfg.Region = defaultRegion
	}
	transport := http.RoundTripper(httpClient.GetTransport())
	if b, ok := awsCfg.HTTPClient.(*awshttp.BuildableClient); ok {
		transport = b.GetTransport() // with the certificates of AWS_CA_BUNDLE
	}
	c := &connection{profile: cfg.Profile}
	c.client = s3.NewFromConfig(awsCfg, func(o *s3.Options) {
		o.Retryer = aws.NopRetryer{}
		o.Logger = logging.Nop{} // it would warn on stderr of each connection that a retry heals
		// A redirect to another host would be handed the request and believed in its answer.
		o.HTTPClient = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(strings.TrimSuffix(cfg.Endpoint, "/"))
		}
		if o.BaseEndpoint != nil {
			c.endpoint = *o.BaseEndpoint
			// Other servers know neither bucket host names nor Amazon's newer checksums in every version.
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		}
		o.UsePathStyle = cfg.PathStyle || o.BaseEndpoint != nil
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
		if cfg.Anonymous {
			o.Credentials = aws.AnonymousCredentials{}
		}
	})
	if !cfg.Anonymous {
		c.creds = c.client.Options().Credentials
	}
	return c, nil
}

// authorize makes sure that there are credentials, so that their lack is told from a refused request.
func (c *connection) authorize(ctx context.Context) error {
	if c.creds == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	_, err := c.creds.Retrieve(limited)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	profile := "the profile of AWS_PROFILE or \"default\""
	if c.profile != "" {
		profile = fmt.Sprintf("the profile %q", c.profile)
	}
	return diag.Errorf(diag.Auth, "no AWS credentials: %w", shortened{err}).WithHint(
		"tried AWS_ACCESS_KEY_ID in the environment, %s in the shared files, AWS_WEB_IDENTITY_TOKEN_FILE, the container's role and the machine's role (waited %v)",
		profile, metadataTimeout)
}

// shortened is an error of the SDK without the names of the SDK's layers before its reason.
type shortened struct{ error }

func (e shortened) Unwrap() error { return e.error }

func (e shortened) Error() string {
	text := e.error.Error()
	for _, mark := range []string{"api error ", "request send failed, ", "no EC2 IMDS role found, "} {
		if i := strings.LastIndex(text, mark); i >= 0 {
			return text[i+len(mark):]
		}
	}
	return text
}

// where names the endpoint for an error's text.
func (c *connection) where() string {
	if c.endpoint == "" {
		return "Amazon S3"
	}
	return c.endpoint
}
