// Package api is the one way into a running director: HTTP and JSON over a
// unix socket, and the client that the command line uses.
//
//	GET  /api/v1/status                          the whole state as one Status document
//	POST /api/v1/reload                          read the configuration again
//	POST /api/v1/vrrp_instances/NAME/release     hand over to a backup and do not preempt it
//	POST /api/v1/vrrp_instances/NAME/preempt     take that back
//	PUT  /api/v1/vrrp_instances/NAME/priority    {"priority": 90}; 0 for the configured one
//	GET  /metrics                                for Prometheus, see package metrics
//
// It works on snapshots alone; asking never delays a probe, an advertisement
// or a change of the kernel's table.
package api
