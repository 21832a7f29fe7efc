package notify

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// searchPath is the PATH of commands.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// account is what commands get from the user they run as.
type account struct {
	env        []string
	credential *syscall.Credential // nil: that of this process
}

// findAccount looks a user up; "" is the user of this process, who need not
// have an entry in the user database.
func findAccount(name string) (account, error) {
	if name == "" {
		u, err := user.LookupId(strconv.Itoa(os.Geteuid()))
		if err != nil {
			return account{env: environment("/", "")}, nil
		}
		return account{env: environment(u.HomeDir, u.Username)}, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, fmt.Errorf("look up script user: %w", err)
	}
	credential, err := credentialOf(u)
	if err != nil {
		return account{}, fmt.Errorf("look up script user %s: %w", name, err)
	}
	if int(credential.Uid) == os.Geteuid() && os.Geteuid() != 0 {
		credential = nil // nothing to change, and no right to
	}
	return account{env: environment(u.HomeDir, u.Username), credential: credential}, nil
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

// environment returns the variables of every command. Nothing comes from the
// environment of this process: it has the service manager's sockets.
func environment(home, name string) []string {
	env := []string{"PATH=" + searchPath, "HOME=" + home}
	if name != "" {
		env = append(env, "USER="+name, "LOGNAME="+name)
	}
	return env
}
