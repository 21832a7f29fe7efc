package lookup

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lstat is the plainest look.
func lstat(dir, name string) (fs.FileInfo, error) { return os.Lstat(filepath.Join(dir, name)) }

// tree makes a directory with files and links and returns its real path.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		os.MkdirAll(dir+"/a/b", 0o755),
		os.WriteFile(dir+"/a/b/file", nil, 0o644),
		os.Symlink("a/b", dir+"/relative"),
		os.Symlink(dir+"/a", dir+"/absolute"),
		os.Symlink("../../relative/file", dir+"/a/b/up"),
		os.Symlink("loop", dir+"/loop"),
		os.Symlink("nowhere", dir+"/dangling"),
	)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPath(t *testing.T) {
	dir := tree(t)
	tests := []struct{ path, want string }{
		{"/a/b/file", "/a/b/file"},
		{"/a//./b/../b/file", "/a/b/file"},
		{"/a/b/", "/a/b"},
		{"/relative/file", "/a/b/file"},
		{"/absolute/b/file", "/a/b/file"},
		{"/a/b/up", "/a/b/file"},
		{"/relative/../b/file", "/a/b/file"}, // the parent of where the link leads
	}
	for _, tt := range tests {
		got, err := Path(dir+tt.path, lstat)
		if err != nil || got != dir+tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.path, got, err, dir+tt.want)
		}
		if same, err := filepath.EvalSymlinks(dir + tt.path); err != nil || same != got {
			t.Errorf("%s: EvalSymlinks has %q, %v", tt.path, same, err)
		}
	}
	if got, err := Path("/", lstat); got != "/" || err != nil {
		t.Errorf("/: got %q, %v", got, err)
	}
}

func TestPathEndsWithTheErrorOfLook(t *testing.T) {
	dir := tree(t)
	tests := []struct {
		path string
		want error
	}{
		{"/none/file", fs.ErrNotExist},
		{"/dangling", fs.ErrNotExist},
		{"/a/b/file/more", syscall.ENOTDIR},
		{"/loop", syscall.ELOOP},
	}
	for _, tt := range tests {
		if got, err := Path(dir+tt.path, lstat); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %q, %v, want %v", tt.path, got, err, tt.want)
		}
	}
}

func TestPathShowsEveryNameOnTheWay(t *testing.T) {
	dir := tree(t)
	var got []string
	_, err := Path(dir+"/absolute/b/up", func(parent, name string) (fs.FileInfo, error) {
		if full := filepath.Join(parent, name); strings.HasPrefix(full, dir+"/") {
			got = append(got, strings.TrimPrefix(full, dir))
		}
		return lstat(parent, name)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/absolute", "/a", "/a/b", "/a/b/up", "/relative", "/a", "/a/b", "/a/b/file"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
