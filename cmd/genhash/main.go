// Command genhash prints the digest of a page as http_get and ssl_get compute
// it. It takes the options of keepalived's genhash and prints what that prints.
//
// It differs in what is no digest: an error goes to stderr and ends it with
// status 1, where keepalived prints "Connection failed" on stdout and returns
// 0; it does not wait for ever; and -h is no error.
package main

import (
	"context"
	"crypto/md5" // keepalived's digest
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/httpget"
	"github.com/ldirector/ldirector/healthcheck/probetls"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	if err == nil {
		err = o.print(ctx, stdout)
	}
	switch {
	case err == nil, errors.Is(err, pflag.ErrHelp):
		return 0
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("timed out after %v", o.timeout)
	}
	fmt.Fprintln(stderr, "genhash:", err)
	return 1
}

// print asks for the page and prints its digest.
func (o options) print(ctx context.Context, stdout io.Writer) error {
	p, err := httpget.New(o.config())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	digest := md5.New()
	start := time.Now()
	if !o.verbose {
		if _, err := p.Hash(ctx, o.target, digest, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(stdout, "%x\n", digest.Sum(nil))
		return err
	}
	d := &dump{out: stdout, Hash: digest}
	if _, err := p.Hash(ctx, o.target, d, head{d}); err != nil {
		return errors.Join(d.err, err)
	}
	d.end(digest.Sum(nil))
	d.printf("\nGlobal response time for [%s] = %d usecs\n", o.path, time.Since(start).Microseconds())
	return d.err
}

// config returns what asks for the page.
func (o options) config() httpget.Config {
	c := httpget.Config{
		URLs:        []httpget.URL{{Path: o.path}},
		VirtualHost: o.virtualHost,
		Protocol:    o.protocol,
		BodyLimit:   math.MaxInt64,
		SSL:         o.ssl,
	}
	if o.sni {
		c.TLS = probetls.Config{SNI: true}
	}
	return c
}

// target returns whom to ask.
func target(server string, port uint16, mark uint32) (healthcheck.Target, error) {
	addr, err := netip.ParseAddr(server)
	if err != nil {
		return healthcheck.Target{}, fmt.Errorf("server %q is no IP address", server)
	}
	return healthcheck.Target{Addr: netip.AddrPortFrom(addr, port), Mark: mark}, nil
}
