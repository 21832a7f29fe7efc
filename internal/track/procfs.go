package track

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A procfs is where proc(5) is mounted.
type procfs string

// all returns the running processes by their number.
func (p procfs) all(arguments bool) (map[int]program, error) {
	dir, err := os.Open(string(p))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	running := make(map[int]program, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if is, ok := p.one(pid, arguments); ok {
			running[pid] = is
		}
	}
	return running, nil
}

// one returns what a process is. ok is false if it has ended.
func (p procfs) one(pid int, arguments bool) (is program, ok bool) {
	dir := filepath.Join(string(p), strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return program{}, false
	}
	name, running := parseStat(stat)
	if !running {
		return program{}, false
	}
	is.name = name
	if arguments {
		cmdline, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil {
			return program{}, false
		}
		is.args = parseCmdline(cmdline)
	}
	return is, true
}

// parseStat returns the name from a file /proc/PID/stat, see proc_pid_stat(5).
// running is false for a zombie, and if there is none.
func parseStat(stat []byte) (name string, running bool) {
	// The name, in brackets, may hold anything.
	begin, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if begin < 0 || end < begin || len(stat) < end+3 {
		return "", false
	}
	state := stat[end+2]
	return string(stat[begin+1 : end]), state != 'Z' && state != 'X'
}

// parseCmdline returns the arguments from a file /proc/PID/cmdline. Empty ones at
// the end are left out: a program that writes a title over its arguments leaves
// such behind.
func parseCmdline(cmdline []byte) []string {
	text := strings.TrimRight(string(cmdline), "\x00")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}
