package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

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
		Timeout:   10 * time.Second,
	}}
}

// Status returns the director's state. The error matches [ErrNotRunning] when
// nobody listens and [os.ErrPermission] when the socket may not be opened.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var st Status
	err := c.get(ctx, "/api/v1/status", &st)
	return st, err
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://ldirector"+path, nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("ask %s: %w", c.socket, ErrNotRunning)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("ask %s: run as root or as a member of the socket's group: %w", c.socket, os.ErrPermission)
	case err != nil:
		return fmt.Errorf("ask %s: %w", c.socket, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s for %s: %s", c.socket, path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.socket, err)
	}
	return nil
}
