package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ldirector/ldirector/internal/api"
	"github.com/ldirector/ldirector/internal/config"
	"github.com/ldirector/ldirector/internal/page"
)

// Back-off between attempts to open the listener.
const (
	minWebRetry = time.Second
	maxWebRetry = 30 * time.Second
)

// A webListener serves those who may look and change nothing, if the
// configuration wants it. Trouble with it hurts nothing else: it is tried again.
type webListener struct {
	handler     http.Handler
	log         *slog.Logger
	wishes      chan *config.HTTP
	certificate atomic.Pointer[tls.Certificate]
	trouble     atomic.Pointer[string]

	// These belong to the goroutine in run.
	wanted *config.HTTP
	stop   func() // closes what is open, and waits for it; nil: nothing is
}

func newWebListener(handler http.Handler, log *slog.Logger) *webListener {
	return &webListener{handler: handler, log: log, wishes: make(chan *config.HTTP, 1)}
}

// set says what is wanted from now on. One goroutine calls it. It does not block.
func (l *webListener) set(cfg *config.HTTP) {
	select {
	case <-l.wishes: // not taken yet
	default:
	}
	l.wishes <- cfg
}

// err says why the listener is not as wanted, "" if it is.
func (l *webListener) err() string {
	if text := l.trouble.Load(); text != nil {
		return *text
	}
	return ""
}

// run listens as wanted until ctx is done.
func (l *webListener) run(ctx context.Context) error {
	var again <-chan time.Time
	wait := minWebRetry
	for {
		select {
		case cfg := <-l.wishes:
			if !sameListener(l.wanted, cfg) {
				l.close()
			}
			l.wanted, wait = cfg, minWebRetry
		case <-again:
		case <-ctx.Done():
			l.close()
			return nil
		}
		again = nil
		if err := l.open(ctx); err != nil {
			text := err.Error()
			if before := l.trouble.Swap(&text); before == nil || *before != text {
				l.log.Error("HTTP listener not as configured", "err", err)
			}
			again = time.After(wait)
			wait = min(2*wait, maxWebRetry)
		} else {
			l.trouble.Store(nil)
		}
	}
}

// sameListener reports whether what is open for a may stay for b.
func sameListener(a, b *config.HTTP) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Listen == b.Listen && (a.Certificate == "") == (b.Certificate == "") && a.Token == b.Token
}

// open makes the listener as wanted.
func (l *webListener) open(ctx context.Context) error {
	if l.wanted == nil {
		return nil
	}
	pair, err := l.wanted.LoadCertificate()
	if err != nil {
		return err
	}
	l.certificate.Store(pair)
	if l.stop != nil {
		return nil
	}
	listener, err := net.Listen("tcp", l.wanted.Listen.String())
	if err != nil {
		return err
	}
	handler := api.Protect(l.handler, l.wanted.Token, page.Paths()...)
	ctx, cancel := context.WithCancel(ctx)
	var served sync.WaitGroup
	served.Go(func() {
		if err := api.Serve(ctx, listener, handler, l.tls(pair), l.log); err != nil {
			l.log.Error("HTTP listener ended", "err", err)
		}
	})
	l.stop = func() {
		cancel()
		served.Wait()
	}
	l.log.Info("HTTP listener open", "address", listener.Addr(), "tls", pair != nil, "token", l.wanted.Token != "")
	return nil
}

// tls is how the listener speaks, nil without a certificate.
func (l *webListener) tls(pair *tls.Certificate) *tls.Config {
	if pair == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return l.certificate.Load(), nil },
	}
}

func (l *webListener) close() {
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
}
