// Package api is the one way into a running director: HTTP and JSON over a
// unix socket, and the client that the command line uses.
//
//	GET /api/v1/status    the whole state as one Status document
//
// It works on snapshots alone; asking never delays a probe, an advertisement
// or a change of the kernel's table.
package api
