package ipvs

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestChangeError(t *testing.T) {
	k, v4, v6 := key("192.0.2.1:80"), addrPort("192.0.2.10:80"), addrPort("[2001:db8::10]:80")
	for _, tt := range []struct {
		change Change
		errno  syscall.Errno
		want   string
	}{
		{
			AddService{Service{Key: k, Scheduler: "abc"}}, unix.ENOENT,
			`add virtual server TCP 192.0.2.1:80 abc: the kernel has no scheduler "abc" and no module ip_vs_abc for it (ENOENT)`,
		},
		{
			UpdateService{Service{Key: k, Scheduler: "much-too-long-name"}}, unix.EINVAL,
			`change virtual server TCP 192.0.2.1:80 much-too-long-name: "much-too-long-name" is too long for the name of a scheduler (EINVAL)`,
		},
		{
			AddService{Service{Key: key("[2001:db8::1]:80"), Scheduler: "rr"}}, unix.EAFNOSUPPORT,
			`add virtual server TCP [2001:db8::1]:80 rr: the kernel's IPVS has no IPv6 (EAFNOSUPPORT)`,
		},
		{
			UpdateService{Service{Key: k, Scheduler: "rr"}}, unix.ESRCH,
			`change virtual server TCP 192.0.2.1:80 rr: the virtual server is not in the kernel (ESRCH)`,
		},
		{
			AddDestination{k, Destination{Addr: v4, Weight: 1 << 31}}, unix.ERANGE,
			`add real server 192.0.2.10:80 NAT 2147483648 to TCP 192.0.2.1:80: the weight is over 2147483647 (ERANGE)`,
		},
		{
			UpdateDestination{k, Destination{Addr: v6, Forward: DR}}, unix.EINVAL,
			`change real server [2001:db8::10]:80 DR 0 of TCP 192.0.2.1:80: ` +
				`a real server of the other address family is reached by TUN only (EINVAL)`,
		},
		{
			AddDestination{k, Destination{Addr: v6, Forward: Tunnel}}, unix.EINVAL,
			`add real server [2001:db8::10]:80 TUN 0 to TCP 192.0.2.1:80: the address is not unicast, or a sync daemon runs, ` +
				`which does not allow real servers of the other address family (EINVAL)`,
		},
		{
			AddDestination{k, Destination{Addr: v4}}, unix.EINVAL,
			`add real server 192.0.2.10:80 NAT 0 to TCP 192.0.2.1:80: ` +
				`the address is not unicast, or this network namespace has no routes yet (is lo up?) (EINVAL)`,
		},
		{
			AddDestination{k, Destination{Addr: v4, UpperThreshold: 5, LowerThreshold: 6}}, unix.ERANGE,
			`add real server 192.0.2.10:80 NAT 0 uthreshold 5 lthreshold 6 to TCP 192.0.2.1:80: lthreshold 6 is over uthreshold 5 (ERANGE)`,
		},
		{
			AddDestination{k, Destination{Addr: v4, UpperThreshold: 1 << 31}}, unix.EINVAL,
			`add real server 192.0.2.10:80 NAT 0 uthreshold 2147483648 to TCP 192.0.2.1:80: uthreshold is over 2147483647 (EINVAL)`,
		},
		{
			AddDestination{k, Destination{Addr: v4, Forward: Tunnel, Tunnel: Encapsulation{Type: GUE}}}, unix.EINVAL,
			`add real server 192.0.2.10:80 TUN 0 tun_type gue to TCP 192.0.2.1:80: tun_type gue needs a tun_port (EINVAL)`,
		},
		{
			AddService{Service{Key: k, Scheduler: SchedulerNone, PersistenceEngine: "abc"}}, unix.ENOENT,
			`add virtual server TCP 192.0.2.1:80 none pe abc: ` +
				`the kernel has no persistence engine "abc" and no module ip_vs_pe_abc for it (ENOENT)`,
		},
		{
			UpdateService{Service{Key: k, Scheduler: "rr", PersistenceEngine: "sip"}}, unix.ENOENT,
			`change virtual server TCP 192.0.2.1:80 rr pe sip: the kernel has no scheduler "rr" and no module ip_vs_rr for it, ` +
				`or the kernel has no persistence engine "sip" and no module ip_vs_pe_sip for it (ENOENT)`,
		},
		{
			UpdateService{Service{Key: k, Scheduler: "rr", PersistenceEngine: "much-too-long-name"}}, unix.EINVAL,
			`change virtual server TCP 192.0.2.1:80 rr pe much-too-long-name: ` +
				`"much-too-long-name" is too long for the name of a persistence engine (EINVAL)`,
		},
		{
			UpdateService{Service{Key: k, Scheduler: "mh"}}, unix.EINVAL,
			`change virtual server TCP 192.0.2.1:80 mh: the virtual server has more real servers than the table of mh has slots ` +
				`(4,093 unless CONFIG_IP_VS_MH_TAB_INDEX says otherwise) (EINVAL)`,
		},
		{DeleteService{k}, unix.ENOMEM, `delete virtual server TCP 192.0.2.1:80: the kernel has no memory for it (ENOMEM)`},
		{DeleteDestination{k, v4}, unix.EINVAL, `delete real server 192.0.2.10:80 from TCP 192.0.2.1:80: invalid argument`},
	} {
		err := &ChangeError{tt.change, explainChange(tt.change, tt.errno)}
		if err.Error() != tt.want {
			t.Errorf("error\n%s\nwant\n%s", err, tt.want)
		}
		if !errors.Is(err, tt.errno) {
			t.Errorf("%q does not match %v", err, tt.errno)
		}
	}
}

func TestExplainPermission(t *testing.T) {
	if err := explain(unix.EPERM); !errors.Is(err, os.ErrPermission) {
		t.Errorf("%v does not match os.ErrPermission", err)
	}
}
