package ipvs

import "time"

// Timeouts are how long the kernel remembers idle connections, in whole
// seconds (ipvsadm --set). They hold for all services of the network namespace.
type Timeouts struct {
	TCP    time.Duration // established
	TCPFin time.Duration // after a FIN
	UDP    time.Duration
}
