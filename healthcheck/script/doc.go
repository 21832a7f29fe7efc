// Package script runs the programs that a configuration names: checks and
// notify commands.
//
// They run as the user that the configuration says, in a process group of
// their own, in the directory /, with input from /dev/null, and with an
// environment that has nothing of this process, which holds the service
// manager's sockets.
package script
