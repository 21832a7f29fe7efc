package script

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestCheckRefusesWhatOthersCanChange(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // root
	root, err := FindAccount("", "")
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := FindAccount("nobody", "")
	if err != nil {
		t.Skip("needs the user nobody")
	}
	const others = 65534
	tests := []struct {
		name   string
		change func(dir string) error
		want   string // in the error, "" for none
	}{
		{"sound", func(string) error { return nil }, ""},
		{"link", func(dir string) error {
			return errors.Join(os.Rename(dir+"/bin", dir+"/sbin"), os.Symlink("sbin", dir+"/bin"))
		}, ""},
		{"file writable by others", func(dir string) error { return os.Chmod(dir+"/bin/check", 0o757) }, "/bin/check can be changed by others"},
		{"file writable by root's group", func(dir string) error { return os.Chmod(dir+"/bin/check", 0o775) }, ""},
		{"file writable by a group", func(dir string) error {
			return errors.Join(os.Chown(dir+"/bin/check", 0, others), os.Chmod(dir+"/bin/check", 0o775))
		}, "/bin/check can be changed by others"},
		{"file of another", func(dir string) error { return os.Chown(dir+"/bin/check", others, 0) }, "/bin/check can be changed by others"},
		{"directory writable by others", func(dir string) error { return os.Chmod(dir+"/bin", 0o777) }, "/bin can be changed by others"},
		{"directory with the sticky bit", func(dir string) error { return os.Chmod(dir+"/bin", 0o777|fs.ModeSticky) }, ""},
		{"directory of another", func(dir string) error { return os.Chown(dir+"/bin", others, 0) }, "/bin can be changed by others"},
		{"target of a link in such a directory", func(dir string) error {
			return errors.Join(os.Mkdir(dir+"/open", 0), os.Chmod(dir+"/open", 0o777),
				os.Rename(dir+"/bin/check", dir+"/open/check"), os.Symlink("../open/check", dir+"/bin/check"))
		}, "/open can be changed by others"},
		{"link of another", func(dir string) error {
			return errors.Join(os.Rename(dir+"/bin", dir+"/sbin"), os.Symlink("sbin", dir+"/bin"), os.Lchown(dir+"/bin", others, 0))
		}, "/bin can be changed by others"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(dir+"/bin", 0o755),
				os.WriteFile(dir+"/bin/check", []byte("#!/bin/sh\n"), 0o755), tt.change(dir))
			if err != nil {
				t.Fatal(err)
			}
			err = root.Check(dir + "/bin/check")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("as root: got error %v, want %q", err, tt.want)
			}
			if err := nobody.Check(dir + "/bin/check"); err != nil {
				t.Errorf("as nobody: got error %v, want none", err)
			}
		})
	}
}

func TestCheckRefusesWhatCannotRun(t *testing.T) {
	dir := t.TempDir()
	own, err := FindAccount("", "")
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "none"), "no such file or directory"},
		{dir, "is not a file"},
		{plain, "is not executable"},
	}
	for _, tt := range tests {
		if err := own.Check(tt.path); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want %q", tt.path, err, tt.want)
		}
	}
}

func TestMayExecuteByMode(t *testing.T) {
	nettest.Require(t, nettest.NetNS) // root
	nobody, err := FindAccount("nobody", "")
	if err != nil {
		t.Skip("needs the user nobody")
	}
	other, owner, member := nobody, nobody.credential.Uid, nobody.credential.Gid
	tests := []struct {
		mode     fs.FileMode
		uid, gid uint32
		want     bool
	}{
		{0o700, owner, 0, true},
		{0o077, owner, member, false}, // the owner is no other
		{0o070, 0, member, true},
		{0o707, 0, member, false},
		{0o001, 0, 0, true},
		{0o770, 0, 0, false},
	}
	for _, tt := range tests {
		path := program(t, "")
		if err := errors.Join(os.Chown(path, int(tt.uid), int(tt.gid)), os.Chmod(path, tt.mode)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := other.mayExecute(info); got != tt.want {
			t.Errorf("%v of %d:%d: got %v, want %v", tt.mode, tt.uid, tt.gid, got, tt.want)
		}
	}
}
