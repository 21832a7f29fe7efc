package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Command prepares a process that runs argv as the account. A program without
// a slash is looked for in [SearchPath]. env is added to the account's
// environment.
func (a Account) Command(argv, env []string) (*exec.Cmd, error) {
	path, err := Find(argv[0])
	if err != nil {
		return nil, err
	}
	return &exec.Cmd{
		Path:        path,
		Args:        argv,
		Dir:         "/",
		Env:         slices.Concat(a.env, env),
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Credential: a.credential},
	}, nil
}

// Find returns the path of a program, which it looks for as execvp(3) would
// with the PATH of programs.
func Find(program string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil
	}
	for _, dir := range filepath.SplitList(SearchPath) {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("find %s in %s: %w", program, SearchPath, exec.ErrNotFound)
}

// Start starts cmd, which comes from [Account.Command], with standard output
// and error to a pipe. Whoever started it calls [Output.Collect].
func Start(cmd *exec.Cmd) (*Output, error) {
	// A pipe of our own: the one that cmd would make has to be at its end
	// before Wait returns, or breaks under what the program has left behind.
	pipe, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(startError(cmd.Path, err), pipe.Close())
	}
	return newOutput(pipe), nil
}

// startError says why a program could not be started. The kernel's word for a
// missing interpreter is that the script is missing.
func startError(path string, err error) error {
	if cause, ok := errors.AsType[syscall.Errno](err); ok {
		err = cause
	}
	hint := ""
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		hint = ": a script's first line must name its interpreter, such as #!/bin/sh"
	case errors.Is(err, fs.ErrNotExist):
		if _, statErr := os.Stat(path); statErr == nil {
			hint = ": its interpreter is missing"
		}
	}
	return fmt.Errorf("start %s: %w%s", path, err, hint)
}
