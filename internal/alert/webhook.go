package alert

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/template"
	"time"
)

const (
	// maxBody is how much a template may write.
	maxBody = 4 << 20

	// maxReply is how much is read of an answer.
	maxReply = 64 << 10

	// maxRetryAfter is for how long a server may ask to be left alone.
	maxRetryAfter = time.Hour

	// webhookEvents is how many events one request has.
	webhookEvents = 500
)

// A hook sends a batch as one HTTP request.
type hook struct {
	webhook Webhook
	router  string
}

// deliver is done when the server has answered with 2xx. It asks again for what
// may be over soon: no answer, 5xx, 408 and 429.
func (h *hook) deliver(ctx context.Context, b batch) error {
	ctx, cancel := context.WithTimeout(ctx, h.webhook.Timeout)
	defer cancel()
	content, err := h.webhook.content(newMessage(h.router, b))
	if err != nil {
		return &refusal{err}
	}
	request, err := h.request(ctx, content)
	if err != nil {
		return err
	}
	config, err := h.webhook.Trust.config(request.URL.Hostname())
	if err != nil {
		return err
	}
	reply, err := newClient(config).Do(request)
	if err != nil {
		return withoutURL(err)
	}
	defer reply.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(reply.Body, maxReply)) // there may be none
	return judge(reply.StatusCode, reply.Header.Get("Retry-After"), string(text), time.Now())
}

// newClient makes a client for one request. It follows no redirect, which could
// take the token elsewhere, and keeps no connection: the next request may be
// days away.
func newClient(config *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, DisableKeepAlives: true, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: maxReply,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request makes the request.
func (h *hook) request(ctx context.Context, content []byte) (*http.Request, error) {
	target, err := secret(h.webhook.URL)
	if err != nil {
		return nil, fmt.Errorf("read url: %w", err)
	}
	if err := CheckURL(target); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, h.webhook.Method, target, bytes.NewReader(content))
	if err != nil {
		return nil, withoutURL(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "ldirector")
	for name, value := range h.webhook.Headers {
		r.Header.Set(name, value)
		if http.CanonicalHeaderKey(name) == "Host" {
			r.Host = value
		}
	}
	if h.webhook.Token != "" {
		token, err := secret(h.webhook.Token)
		if err != nil {
			return nil, fmt.Errorf("read token: %w", err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r, nil
}

// CheckURL returns why a text is no address for a webhook. The error does not
// hold it: with some services it is a secret.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("url is no address that begins with http:// or https://")
	}
	return nil
}

// withoutURL is an error of package http without the address, which may be a
// secret.
func withoutURL(err error) error {
	if inner, ok := errors.AsType[*url.Error](err); ok {
		return inner.Err
	}
	return err
}

// judge says what an answer means, nil for success.
func judge(status int, retryAfter, text string, now time.Time) error {
	if status >= 200 && status < 300 {
		return nil
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	err := fmt.Errorf("the server answers %d %s", status, http.StatusText(status))
	if first = shorten(line(first), 200); first != "" {
		err = fmt.Errorf("%w: %s", err, first)
	}
	if status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests {
		return &refusal{err}
	}
	if wait := parseRetryAfter(retryAfter, now); wait > 0 {
		return &later{err, min(wait, maxRetryAfter)}
	}
	return err
}

// parseRetryAfter reads seconds or a date (RFC 9110, section 10.2.3), 0 for
// anything else.
func parseRetryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}

// content is the body of the request.
func (w Webhook) content(m Message) ([]byte, error) {
	if w.Body == "" {
		return json.Marshal(m)
	}
	t, err := template.New("body").Funcs(template.FuncMap{"json": toJSON}).Option("missingkey=error").Parse(w.Body)
	if err != nil {
		return nil, err
	}
	var out limited
	if err := t.Execute(&out, m); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// toJSON is the function json of templates.
func toJSON(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// limited takes so much of what a template writes and no more.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxBody {
		return 0, fmt.Errorf("it writes more than %d bytes", maxBody)
	}
	return l.Buffer.Write(p)
}

// Check tries the template with a sample. The error says what is wrong with it:
// it cannot be read, it asks for what a [Message] has not, or what comes out is
// not the JSON that the header Content-Type promises.
func (w Webhook) Check() error {
	content, err := w.content(sample())
	if err != nil {
		return withoutName(err)
	}
	kind := "application/json"
	for name, value := range w.Headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			kind = value
		}
	}
	if strings.Contains(kind, "json") && !json.Valid(content) {
		return errors.New("what it writes is no JSON. Write texts as {{ json .Subject }}, without quotes around them, or set the header Content-Type")
	}
	return nil
}

// withoutName is an error of a template without the name of that.
func withoutName(err error) error {
	return errors.New(strings.TrimPrefix(strings.TrimPrefix(err.Error(), "template: "), "body:"))
}

// webhookBackoff is how long a request waits that has failed.
func webhookBackoff() backoff { return backoff{2 * time.Second, 2 * time.Minute} }
