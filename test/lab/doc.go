// Package lab is the network in which the built program is tried: hosts in
// network namespaces on one or more LANs, back-ends that answer with their own
// name and can die, clients that notice. It serves the end-to-end tests and
// the demo alike.
package lab
