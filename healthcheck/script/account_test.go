package script

import (
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindAccountOfThisProcess(t *testing.T) {
	acc, err := FindAccount("", "")
	if err != nil {
		t.Fatal(err)
	}
	if acc.credential != nil {
		t.Errorf("credential %+v, want none", acc.credential)
	}
	if uid, gid := acc.Owner(); uid != -1 || gid != -1 {
		t.Errorf("files belong to %d:%d, want nobody else", uid, gid)
	}
	if !slices.Contains(acc.env, "PATH="+SearchPath) {
		t.Errorf("environment %q lacks PATH", acc.env)
	}
	if want := os.Geteuid() == 0 || os.Getegid() == 0; acc.root() != want {
		t.Errorf("root is %v, want %v", acc.root(), want)
	}
}

func TestFindAccountByName(t *testing.T) {
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("needs the user nobody")
	}
	acc, err := FindAccount("nobody", "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PATH=" + SearchPath, "HOME=" + u.HomeDir, "USER=nobody", "LOGNAME=nobody"}
	if diff := cmp.Diff(want, acc.env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if os.Geteuid() != 0 {
		return
	}
	if acc.credential == nil {
		t.Fatal("no credential")
	}
	if uid, gid := acc.Owner(); strconv.Itoa(uid) != u.Uid || strconv.Itoa(gid) != u.Gid {
		t.Errorf("files belong to %d:%d, want %s:%s", uid, gid, u.Uid, u.Gid)
	}
	if acc.root() {
		t.Error("nobody has rights of root")
	}
}

func TestFindAccountUnknown(t *testing.T) {
	for _, tt := range []struct{ user, group string }{{"no-such-user", ""}, {"root", "no-such-group"}} {
		_, err := FindAccount(tt.user, tt.group)
		if err == nil || !strings.Contains(err.Error(), "no-such-") {
			t.Errorf("%+v: got error %v, want one that names what is unknown", tt, err)
		}
	}
}

func TestGroupReplacesThoseOfTheUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: others have no right to change groups")
	}
	acc, err := FindAccount("root", "nogroup")
	if err != nil {
		t.Skipf("needs the group nogroup: %v", err)
	}
	if acc.credential.Uid != 0 || acc.credential.Gid == 0 || len(acc.credential.Groups) != 0 {
		t.Errorf("got %+v, want root with nogroup alone", acc.credential)
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
