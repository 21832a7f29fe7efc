package dialog

import (
	"errors"

	"github.com/ldirector/ldirector/healthcheck/probetls"
)

// A Security says when and how a probe speaks TLS.
type Security struct {
	// Now says that TLS is spoken from the first byte, Later that it begins
	// when the server has agreed (STARTTLS).
	Now, Later bool

	client *probetls.Client // nil for no TLS
}

// NewSecurity returns a Security, or why there cannot be one. c has a meaning
// only with now or later.
func NewSecurity(now, later bool, c probetls.Config) (Security, error) {
	switch {
	case now && later:
		return Security{}, errors.New("tls and starttls exclude each other: with starttls, TLS begins in a plain connection")
	case !now && !later:
		return Security{}, nil
	}
	client, err := probetls.New(c)
	if err != nil {
		return Security{}, err
	}
	return Security{Now: now, Later: later, client: client}, nil
}

// Prepare returns why the files that TLS needs cannot be used.
func (s Security) Prepare() error {
	if s.client == nil {
		return nil
	}
	return s.client.Prepare()
}
