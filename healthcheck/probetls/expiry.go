package probetls

import (
	"crypto/x509"
	"fmt"
	"time"
)

// expiry returns a warning if one of the certificates that a server sent
// expires within the given time from now, or has expired. Of several it tells
// of the one that expires first.
func expiry(certs []*x509.Certificate, now time.Time, within time.Duration) string {
	if within <= 0 || len(certs) == 0 {
		return ""
	}
	first := 0
	for i, cert := range certs {
		if cert.NotAfter.Before(certs[first].NotAfter) {
			first = i
		}
	}
	end := certs[first].NotAfter
	if end.Sub(now) > within {
		return ""
	}
	what := "certificate"
	if first > 0 {
		what = fmt.Sprintf("certificate of the authority %q", certs[first].Subject.CommonName)
	}
	return fmt.Sprintf("%s %s, %s", what, remaining(end.Sub(now)), end.UTC().Format(time.DateOnly))
}

// remaining says when something expires.
func remaining(d time.Duration) string {
	const day = 24 * time.Hour
	switch days := d / day; {
	case d < 0:
		return "has expired"
	case days == 0:
		return "expires in less than a day"
	case days == 1:
		return "expires in 1 day"
	default:
		return fmt.Sprintf("expires in %d days", days)
	}
}
