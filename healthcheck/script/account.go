package script

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// SearchPath is the PATH of programs.
const SearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// An Account is what programs get from the user they run as. The zero value is
// the user of this process without a name, a home or a PATH.
type Account struct {
	env        []string
	credential *syscall.Credential // nil: that of this process
}

// FindAccount looks a user up. Programs run with all groups of the user, or
// with the named group alone (keepalived: script_user, "user U G"). The user
// "" is that of this process, who need not have an entry in the user database.
func FindAccount(name, group string) (Account, error) {
	if name == "" {
		u, err := user.LookupId(strconv.Itoa(os.Geteuid()))
		if err != nil {
			return Account{env: environment("/", "")}, nil
		}
		return Account{env: environment(u.HomeDir, u.Username)}, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return Account{}, fmt.Errorf("look up script user: %w", err)
	}
	credential, err := credentialOf(u)
	if err != nil {
		return Account{}, fmt.Errorf("look up script user %s: %w", name, err)
	}
	if group != "" {
		credential.Groups = nil
		if credential.Gid, err = groupID(group); err != nil {
			return Account{}, fmt.Errorf("look up script group: %w", err)
		}
	}
	if int(credential.Uid) == os.Geteuid() && os.Geteuid() != 0 {
		credential = nil // nothing to change, and no right to
	}
	return Account{env: environment(u.HomeDir, u.Username), credential: credential}, nil
}

// credentialOf returns the user's ids with all groups.
func credentialOf(u *user.User) (*syscall.Credential, error) {
	groups, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	ids := make([]uint32, 0, 2+len(groups))
	for _, text := range append([]string{u.Uid, u.Gid}, groups...) {
		id, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, err
		}
		ids = append(ids, uint32(id))
	}
	return &syscall.Credential{Uid: ids[0], Gid: ids[1], Groups: ids[2:]}, nil
}

func groupID(name string) (uint32, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, err
	}
	id, err := strconv.ParseUint(g.Gid, 10, 32)
	return uint32(id), err
}

// Owner returns the user and group that files of the account belong to, each -1
// if that is the one of this process.
func (a Account) Owner() (uid, gid int) {
	if a.credential == nil {
		return -1, -1
	}
	return int(a.credential.Uid), int(a.credential.Gid)
}

// root reports whether programs run with a right of root.
func (a Account) root() bool {
	if a.credential == nil {
		return os.Geteuid() == 0 || os.Getegid() == 0
	}
	return a.credential.Uid == 0 || a.credential.Gid == 0 || slices.Contains(a.credential.Groups, 0)
}

// environment returns the variables of every program.
func environment(home, name string) []string {
	env := []string{"PATH=" + SearchPath, "HOME=" + home}
	if name != "" {
		env = append(env, "USER="+name, "LOGNAME="+name)
	}
	return env
}
