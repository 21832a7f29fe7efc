package script

import (
	"bytes"
	"os"
	"strconv"
)

// lives reports whether a process group has a process that is no zombie. It
// looks at all processes, so it is for rare occasions.
func lives(group int) bool {
	proc, err := os.Open("/proc")
	if err != nil {
		return false
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return false
	}
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err == nil && isLiveMember(stat, group) {
			return true
		}
	}
	return false
}

// isLiveMember reports whether the content of a file /proc/PID/stat, see
// proc_pid_stat(5), is that of a process in the group that is no zombie.
func isLiveMember(stat []byte, group int) bool {
	// The name of the program, in brackets, may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // state, parent, group, …
	if len(fields) < 3 {
		return false
	}
	state, member := fields[0][0], string(fields[2]) == strconv.Itoa(group)
	return member && state != 'Z' && state != 'X'
}
