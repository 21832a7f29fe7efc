// Package e2e tries the built program from outside: directors, back-ends and
// clients in network namespaces, on a kernel with IPVS. The stories are those
// of examples/, checked at the client and in the table that ipvsadm prints.
package e2e
