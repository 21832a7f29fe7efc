package notify

import (
	"os"
	"os/user"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindAccountOfThisProcess(t *testing.T) {
	acc, err := findAccount("")
	if err != nil {
		t.Fatal(err)
	}
	if acc.credential != nil {
		t.Errorf("credential %+v, want none", acc.credential)
	}
	if !slices.Contains(acc.env, "PATH="+searchPath) {
		t.Errorf("environment %q lacks PATH", acc.env)
	}
}

func TestFindAccountByName(t *testing.T) {
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("needs the user nobody")
	}
	acc, err := findAccount("nobody")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PATH=" + searchPath, "HOME=" + u.HomeDir, "USER=nobody", "LOGNAME=nobody"}
	if diff := cmp.Diff(want, acc.env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if os.Geteuid() == 0 && acc.credential == nil {
		t.Error("no credential")
	}
}

func TestFindAccountUnknown(t *testing.T) {
	_, err := findAccount("no-such-user")
	if err == nil || !strings.Contains(err.Error(), "no-such-user") {
		t.Errorf("got error %v, want one that names the user", err)
	}
}

func TestCredential(t *testing.T) {
	root, err := user.Lookup("root")
	if err != nil {
		t.Skip("needs the user root")
	}
	groups, err := root.GroupIds()
	if err != nil {
		t.Fatal(err)
	}
	got, err := credentialOf(root)
	if err != nil {
		t.Fatal(err)
	}
	if got.Uid != 0 || got.Gid != 0 || len(got.Groups) != len(groups) || got.NoSetGroups {
		t.Errorf("got %+v, want root with groups %v", got, groups)
	}
	_, err = credentialOf(&user.User{Username: "root", Uid: "S-1-5", Gid: "0"})
	if err == nil {
		t.Error("no error for an id that is no number")
	}
}
