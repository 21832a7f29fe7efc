// Package api is the one way into a running director: HTTP and JSON over a
// unix socket, and the client that the command line uses.
//
//	GET  /healthz                                200, or 503 while the table is not as configured
//	GET  /api/v1/openapi.json                    all of this in detail
//	GET  /api/v1/status                          the whole state as one Status document
//	GET  /api/v1/virtual_servers/NAME            parts of it
//	GET  /api/v1/virtual_servers/NAME/real_servers/ADDRESS
//	GET  /api/v1/virtual_servers/NAME/real_servers/ADDRESS/probes
//	GET  /api/v1/vrrp_instances/NAME
//	GET  /api/v1/events                          what has happened lately
//	GET  /api/v1/events/stream                   the same as it happens
//
//	POST /api/v1/reload                          read the configuration again
//	POST /api/v1/virtual_servers/NAME/real_servers/ADDRESS/drain    {"timeout_seconds": 600}
//	POST /api/v1/virtual_servers/NAME/real_servers/ADDRESS/disable  out of the table
//	POST /api/v1/virtual_servers/NAME/real_servers/ADDRESS/enable   back to the configuration
//	PUT  /api/v1/virtual_servers/NAME/real_servers/ADDRESS/weight   {"weight": 5}
//	POST /api/v1/virtual_servers/NAME/real_servers/ADDRESS/probe    ask it now
//	POST /api/v1/vrrp_instances/NAME/release     hand over to a backup and do not preempt it
//	POST /api/v1/vrrp_instances/NAME/preempt     take that back
//	PUT  /api/v1/vrrp_instances/NAME/priority    {"priority": 90}; 0 for the configured one
//	GET  /metrics                                for Prometheus, see package metrics
//
// The commands are for the unix socket alone; what only reads may be served to
// others, too. All works on snapshots; asking never delays a probe, an
// advertisement or a change of the kernel's table.
package api
