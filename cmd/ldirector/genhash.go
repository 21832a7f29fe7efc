package main

import (
	"context"
	"crypto/md5" // keepalived's digest
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"math"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/httpget"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A pageHash is what the flags of genhash say.
type pageHash struct {
	digest, protocol, connect, ca string
	insecure                      bool
	timeout                       time.Duration
}

func newGenhashCommand(o *options) *cobra.Command {
	var p pageHash
	cmd := &cobra.Command{
		Use:   "genhash URL",
		Short: "Print the digest of a page for http_get or ssl_get",
		Long: `genhash asks for a page as http_get (http://) or ssl_get (https://) does, and
prints the digest for the url block: "digest" with --digest md5, else "sha256".
The name in the URL is sent as the virtual host; --connect asks a real server.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sum, status, err := p.sum(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if status < 200 || status > 299 {
				fmt.Fprintf(o.stderr, "ldirector: the answer has status %d\n", status)
			}
			_, err = fmt.Fprintf(o.stdout, "%x\n", sum)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&p.digest, "digest", "sha256", "md5 (keepalived's) or sha256")
	f.StringVar(&p.protocol, "protocol", "1.0", "http_protocol: 1.0, 1.0C, 1.1 or 2")
	f.StringVar(&p.connect, "connect", "", "ask this `address`, or address:port, in place of the URL's host")
	f.StringVar(&p.ca, "ca", "", "PEM `file` with the authorities to trust (default: the system's)")
	f.BoolVar(&p.insecure, "insecure", false, "accept any certificate (tls_verify = false)")
	f.DurationVar(&p.timeout, "timeout", 30*time.Second, "give up after this time")
	return cmd
}

// sum returns the digest of a page, and the status of the answer.
func (p pageHash) sum(ctx context.Context, page string) (sum []byte, status int, err error) {
	var h hash.Hash
	switch p.digest {
	case "md5":
		h = md5.New()
	case "sha256":
		h = sha256.New()
	default:
		return nil, 0, fmt.Errorf("--digest %s: use md5 or sha256", p.digest)
	}
	u, err := url.Parse(page)
	if err != nil {
		return nil, 0, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, 0, fmt.Errorf("%s: write a URL such as http://192.0.2.1/health", page)
	}
	prober, err := httpget.New(p.config(u))
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	addr, err := p.address(ctx, u)
	if err != nil {
		return nil, 0, err
	}
	status, err = prober.Hash(ctx, healthcheck.Target{Addr: addr}, h, nil)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%s: timed out after %v", page, p.timeout)
	}
	return h.Sum(nil), status, err
}

// config returns what asks for the page. An address in the URL is no virtual
// host: the probe of a real server has none either.
func (p pageHash) config(u *url.URL) httpget.Config {
	c := httpget.Config{
		SSL:       u.Scheme == "https",
		Protocol:  p.protocol,
		URLs:      []httpget.URL{{Path: u.RequestURI()}},
		BodyLimit: math.MaxInt64,
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil {
		c.VirtualHost = u.Host
	}
	c.TLS = probetls.Config{Verify: !p.insecure, SNI: true, CA: p.ca}
	return c
}

// address returns whom to ask.
func (p pageHash) address(ctx context.Context, u *url.URL) (netip.AddrPort, error) {
	port := uint16(80)
	if u.Scheme == "https" {
		port = 443
	}
	if u.Port() != "" {
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("port %s: write a number from 1 to 65535", u.Port())
		}
		port = uint16(n)
	}
	host := u.Hostname()
	if p.connect != "" {
		if addr, err := netip.ParseAddrPort(p.connect); err == nil {
			return addr, nil
		}
		host = p.connect
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(addr, port), nil
	}
	if p.connect != "" {
		return netip.AddrPort{}, fmt.Errorf("--connect %s: write an address, or address:port", p.connect)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if len(addrs) == 0 {
		return netip.AddrPort{}, errors.New(host + " has no address")
	}
	return netip.AddrPortFrom(addrs[0], port), nil
}
