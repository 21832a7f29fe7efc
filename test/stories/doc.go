// Package stories plays examples that need no IPVS with the built program: pairs
// of hosts in network namespaces fail in all the ways that the examples are for,
// and a client says what it sees of that.
package stories
