package script

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandGetsArgumentsAndASaneEnvironment(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	out := filepath.Join(t.TempDir(), "out")
	path := program(t, `
		for a in "$0" "$@"; do echo "arg <$a>"; done >`+out+`
		env | grep -v -e ^_= -e ^SHLVL= -e ^PWD= | sort >>`+out+`
		echo "dir $(pwd), input $(readlink /proc/self/fd/0), group $(($(cut -d" " -f5 /proc/$$/stat) - $$))" >>`+out)
	cmd, err := Account{env: environment("/home/u", "u")}.Command(
		[]string{path, "two words", "", "$HOME;*"}, []string{"LDIRECTOR_STATE=MASTER"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	want := "arg <" + path + ">\narg <two words>\narg <>\narg <$HOME;*>\n" +
		"HOME=/home/u\nLDIRECTOR_STATE=MASTER\nLOGNAME=u\nPATH=" + SearchPath + "\nUSER=u\n" +
		"dir /, input /dev/null, group 0\n"
	if diff := cmp.Diff(want, read(t, out)); diff != "" {
		t.Errorf("what the script saw (-want +got):\n%s", diff)
	}
}

func TestCommandIsLookedForInItsPath(t *testing.T) {
	t.Setenv("PATH", "/nowhere")
	cmd, err := Account{}.Command([]string{"true"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Run(); err != nil {
		t.Errorf("true: %v", err)
	}
	_, err = Account{}.Command([]string{"no-such-program"}, nil)
	if !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got error %v, want %v", err, exec.ErrNotFound)
	}
}

func TestStartSaysWhyItCannot(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "none"), "no such file or directory"},
		{dir, "permission denied"},
		{write("plain", "#!/bin/sh\n", 0o644), "permission denied"},
		{write("text", "hello\n", 0o755), "exec format error: a script's first line must name its interpreter, such as #!/bin/sh"},
		{write("orphan", "#!/no/such/shell\n", 0o755), "no such file or directory: its interpreter is missing"},
	}
	for _, tt := range tests {
		cmd, err := Account{}.Command([]string{tt.path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Start(cmd)
		if want := "start " + tt.path + ": " + tt.want; out != nil || err == nil || err.Error() != want {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}

// program writes an executable shell script.
func program(t testing.TB, text string) string {
	t.Helper()
	// A child of another test would hold the file open for writing until it
	// becomes another program; a program that is being written cannot run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a shell script with Run.
func run(ctx context.Context, t testing.TB, text string) (Outcome, error) {
	t.Helper()
	cmd, err := Account{env: environment("/", "")}.Command([]string{program(t, text)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Run(ctx, cmd)
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
