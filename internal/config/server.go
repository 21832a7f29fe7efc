package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A server is a real server or sorry server as it is written, not yet bound to
// a virtual server: one in a pool belongs to several.
type server struct {
	what string // "real server" or "sorry server", for messages
	at   hcl.Range
	end  endpoint
	pool *pool // where it is written; nil: in the virtual server

	settings   settings
	forwarding forwarding
	up, down   []string // commands
	mail       *bool    // nil: it does not say
	timing     timing
	probes     []*probe
	own        bool // probes are its own

	noAddress bool // end is not to be relied on
	invalid   bool // something of it is wrong, and has been reported
}

// decodeRealServer reads one real_server block.
func (l *loader) decodeRealServer(b *hcl.Block, spec *block) *server {
	c := l.open(b, spec)
	srv := &server{
		what:       "real server",
		settings:   c.settings(),
		forwarding: c.forwarding("lvs_method"),
		up:         c.command("notify_up"),
		down:       c.command("notify_down"),
		mail:       c.smtpAlert(),
		timing:     c.writtenTiming(),
	}
	srv.probes = c.probes()
	srv.own = len(srv.probes) > 0
	l.decodeServerAddress(srv, b)
	srv.invalid = srv.noAddress || c.anyWrong()
	return srv
}

// decodeSorryServer reads a block sorry_server.
func (l *loader) decodeSorryServer(b *hcl.Block, spec *block) *server {
	c := l.open(b, spec)
	srv := &server{what: "sorry server", forwarding: c.forwarding("lvs_method")}
	l.decodeServerAddress(srv, b)
	srv.invalid = srv.noAddress || c.anyWrong()
	return srv
}

// decodeServerAddress reads the label of a server's block.
func (l *loader) decodeServerAddress(srv *server, b *hcl.Block) {
	var text string
	text, srv.at = label(b)
	var err error
	if srv.end, err = parseServer(text); err != nil {
		l.errorAt(srv.at, "Invalid address", "%s: %s.", srv.what, err)
		srv.noAddress = true
	}
}

func parseServer(text string) (endpoint, error) {
	e, err := parseEndpoint(text)
	if err != nil {
		return e, err
	}
	return e, checkHost(e.addr)
}

// decodeServers reads the real_server blocks and the list real_servers of a
// virtual server or pool. ok is false if they are not all known.
func (l *loader) decodeServers(c *content) (servers []*server, ok bool) {
	for b := range c.all("real_server") {
		servers = append(servers, l.decodeRealServer(b, c.spec.child("real_server")))
	}
	list, ok := c.list("real_servers")
	for _, e := range list {
		srv, err := parseShortServer(e.text)
		if err != nil {
			c.badElement("real_servers", e, err.summary, "%s", err.detail)
			ok = false
			continue
		}
		srv.at = e.at
		srv.settings.locate(&srv.at)
		servers = append(servers, srv)
	}
	return servers, ok && c.complete
}

// locate says where the settings of an element of a list have been said.
func (s *settings) locate(at *hcl.Range) {
	for _, v := range []*said[int]{&s.weight, &s.upper, &s.lower} {
		if v.ok {
			v.where = at
		}
	}
}

// A formError is what is wrong with an element of a list.
type formError struct{ summary, detail string }

// parseShortServer reads an element of real_servers.
func parseShortServer(text string) (*server, *formError) {
	srv := &server{what: "real server"}
	fields := strings.Fields(text)
	if len(fields)%2 != 1 {
		return nil, badShortForm(text)
	}
	for i := 1; i < len(fields); i += 2 {
		name, number := fields[i], fields[i+1]
		var value *said[int]
		limit := int64(1)<<32 - 1
		switch name {
		case "weight":
			value, limit = &srv.settings.weight, 1<<31-1
		case "uthreshold":
			value = &srv.settings.upper
		case "lthreshold":
			value = &srv.settings.lower
		default:
			return nil, badShortForm(text)
		}
		n, err := strconv.ParseInt(number, 10, 64)
		switch {
		case err != nil || n < 0 || n > limit:
			return nil, &formError{"Number out of range", fmt.Sprintf("%s: %q is not a whole number from 0 to %d.", name, number, limit)}
		case value.ok:
			return nil, &formError{"Invalid real server", fmt.Sprintf("%q has two times %s. Remove one of them.", text, name)}
		}
		*value = said[int]{value: int(n), ok: true}
	}
	var err error
	if srv.end, err = parseServer(fields[0]); err != nil {
		return nil, &formError{"Invalid address", fmt.Sprintf("real server: %s.", err)}
	}
	return srv, nil
}

func badShortForm(text string) *formError {
	return &formError{"Invalid real server", fmt.Sprintf("%q: write \"192.0.2.31:80\" or \"192.0.2.31:80 weight 2\", also with uthreshold and lthreshold; everything else needs a block real_server.", text)}
}
