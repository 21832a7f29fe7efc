// Package netif changes and watches this host's network interfaces, for virtual
// routers above all: what a master has in the kernel ([Host]), what is there
// always ([Devices], [Static]), what changes ([Interfaces], [Removals]) and what
// other hosts say ([Claims]). It also reads and writes sysctls.
//
// Everything acts in the network namespace of the calling thread. Sockets that
// are kept stay in the namespace in which they were opened.
package netif
