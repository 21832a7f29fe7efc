package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

const statusTimeout = 10 * time.Second

// ErrNotRunning reports that no daemon answers on the socket.
var ErrNotRunning = errors.New("no ldirector answers there; start it (ldirector run), or name its socket with --socket")

// Client asks a running director over its unix socket.
type Client struct {
	socket string
	http   http.Client
}

// NewClient returns a Client for the socket at path; nothing is opened yet.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{socket: path, http: http.Client{
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
	}}
}

// Status returns the director's state. The error matches [ErrNotRunning] when
// nobody listens and [os.ErrPermission] when the socket may not be opened.
func (c *Client) Status(ctx context.Context) (Status, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	var st Status
	err := c.do(ctx, http.MethodGet, "/api/v1/status", nil, &st)
	return st, err
}

// Reload makes the director read its configuration again. The error is a
// [*ConfigError] if there is something wrong with that, else as for Status.
func (c *Client) Reload(ctx context.Context) (Reload, error) {
	ctx, cancel := context.WithTimeout(ctx, reloadTimeout)
	defer cancel()
	var done Reload
	err := c.do(ctx, http.MethodPost, "/api/v1/reload", nil, &done)
	return done, err
}

// do makes a request, with body as JSON unless it is nil, and decodes the answer.
func (c *Client) do(ctx context.Context, method, path string, body, into any) error {
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return c.failure(path, resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.socket, err)
	}
	return nil
}

// send makes a request.
func (c *Client) send(ctx context.Context, method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://ldirector"+path, content)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("ask %s: %w", c.socket, ErrNotRunning)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("ask %s: run as root or as a member of the socket's group: %w", c.socket, os.ErrPermission)
	case err != nil:
		return nil, fmt.Errorf("ask %s: %w", c.socket, err)
	}
	return resp, nil
}

// failure returns the error that an answer tells of.
func (c *Client) failure(path string, resp *http.Response) error {
	var p problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || p.Error == "" {
		return fmt.Errorf("ask %s for %s: %s", c.socket, path, resp.Status)
	}
	switch resp.StatusCode {
	case http.StatusUnprocessableEntity:
		return &ConfigError{Text: p.Error}
	case http.StatusNotFound:
		return &NotFoundError{Text: p.Error}
	case http.StatusConflict:
		return errors.New(p.Error)
	default:
		return fmt.Errorf("%s: %s", path, p.Error)
	}
}
