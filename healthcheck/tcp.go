package healthcheck

import "context"

// TCP is keepalived's TCP_CHECK: a target that accepts a connection is
// healthy. Nothing is sent or read. The connection ends with a reset, so that
// no socket stays behind in TIME_WAIT, neither here nor on the target.
type TCP struct{}

// Kind returns "tcp_check".
func (TCP) Kind() string { return "tcp_check" }

// Probe connects to the target and closes the connection. An Engine does not
// call it: it connects without a goroutine per probe.
func (TCP) Probe(ctx context.Context, t Target, _ State) (Result, error) {
	c, err := Dial(ctx, t)
	if err != nil {
		return Result{}, err
	}
	_ = c.Close() // see closeSocket
	return Result{}, nil
}
