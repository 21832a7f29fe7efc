package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxEventLine bounds a line of an event stream.
const maxEventLine = 1 << 20

// VirtualServer returns one virtual server, by its name or one of its addresses.
func (c *Client) VirtualServer(ctx context.Context, name string) (VirtualServer, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	var v VirtualServer
	err := c.do(ctx, http.MethodGet, "/api/v1/virtual_servers/"+url.PathEscape(name), nil, &v)
	return v, err
}

// RealServer returns one real server.
func (c *Client) RealServer(ctx context.Context, virtual, real string) (RealServer, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	var r RealServer
	err := c.do(ctx, http.MethodGet, "/api/v1/virtual_servers/"+url.PathEscape(virtual)+"/real_servers/"+url.PathEscape(real), nil, &r)
	return r, err
}

// Probes returns what the probes of a real server said last.
func (c *Client) Probes(ctx context.Context, virtual, real string) ([]Probe, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	var p Probes
	err := c.do(ctx, http.MethodGet, "/api/v1/virtual_servers/"+url.PathEscape(virtual)+"/real_servers/"+url.PathEscape(real)+"/probes", nil, &p)
	return p.Probes, err
}

// Events returns the latest events, so many at most.
func (c *Client) Events(ctx context.Context, most uint) (Events, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	var e Events
	err := c.do(ctx, http.MethodGet, "/api/v1/events?limit="+strconv.FormatUint(uint64(most), 10), nil, &e)
	return e, err
}

// FollowEvents calls take for each event after one with a number, as they come,
// until ctx is done, take has an error, or the daemon is gone. It always returns
// an error. An event "missed" without a number stands for those that are not
// kept any more.
func (c *Client) FollowEvents(ctx context.Context, after uint64, take func(Event) error) error {
	path := "/api/v1/events/stream?after=" + strconv.FormatUint(after, 10)
	resp, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return c.failure(path, resp)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEventLine)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return fmt.Errorf("read the events of %s: %w", c.socket, err)
		}
		if e.Seq == 0 {
			e = Event{Kind: "missed", Warning: true, Time: time.Now(), Text: "events before this one are not kept any more"}
		}
		if err := take(e); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the events of %s: %w", c.socket, err)
	}
	return fmt.Errorf("read the events of %s: %w", c.socket, ErrNotRunning)
}
