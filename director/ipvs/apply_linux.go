package ipvs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// batchSize is the number of messages in one send. From 64 on a batch gets no
// cheaper; 256 of the longest fit into the kernel's default send buffer and,
// if all fail, their answers into ours.
const batchSize = 256

// Apply does changes in their order, as [Diff] returns them, and goes on after
// one that fails: the error joins a [*ChangeError] for each of those. It ends
// early, with an error that says so, when ctx is done, when CAP_NET_ADMIN is
// missing (os.ErrPermission) or when an answer was lost ([ErrLostAnswer]). What
// a kernel is too old for fails with [ErrOldKernel] once a destination was read.
//
// The aim of a change counts: adding what is there changes it, changing a
// missing destination adds it, deleting what is gone is no error. What fails
// only because its service could not be created is not reported. After any
// error the table has to be read again.
func (c *Client) Apply(ctx context.Context, changes []Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := application{client: c}
	for batch := range slices.Chunk(changes, batchSize) {
		err := ctx.Err()
		if err == nil {
			err = a.apply(batch)
		}
		if err != nil {
			a.errs = append(a.errs, fmt.Errorf("write the IPVS table: %w", err))
			break
		}
	}
	return errors.Join(a.errs...)
}

// An application is one call of Apply.
type application struct {
	client  *Client
	errs    []error
	missing map[Key]bool // services that could not be created
}

// apply does a batch, and then anew, in a second one, what failed because the
// table was not as expected. An error means that it is no use to go on.
func (a *application) apply(batch []Change) error {
	batch = a.understood(batch)
	if len(batch) == 0 {
		return nil
	}
	errnos, err := a.client.write(batch)
	if err != nil {
		return err
	}
	var again, origin []Change
	for i, errno := range errnos {
		if errno == 0 {
			continue
		}
		switch substitute := amend(batch[i], errno); {
		case reached(batch[i], errno):
		case errno == unix.EPERM:
			return explain(errno)
		case substitute == nil:
			a.fail(batch[i], a.explain(batch[i], errno), errno)
		case !superseded(batch[i], batch[i+1:]):
			again, origin = append(again, substitute), append(origin, batch[i])
		}
	}
	if len(again) == 0 {
		return nil
	}
	if errnos, err = a.client.write(again); err != nil {
		return err
	}
	for i, errno := range errnos {
		if errno != 0 {
			a.fail(origin[i], a.explain(again[i], errno), errno)
		}
	}
	return nil
}

// understood returns the changes without those whose tunnels the kernel does
// not know, which fail. It would make IP in IP of them and not say so.
func (a *application) understood(batch []Change) []Change {
	have := a.client.tunnels
	if have == tunnelsUnknown || have == tunnelsAll {
		return batch
	}
	return slices.DeleteFunc(slices.Clone(batch), func(c Change) bool {
		needs := tunnelOf(c).needs()
		if needs > have {
			a.errs = append(a.errs, &ChangeError{Change: c, Err: needs.missing()})
		}
		return needs > have
	})
}

// tunnelOf returns the tunnel that a change sets up, the zero value for none.
func tunnelOf(c Change) Encapsulation {
	switch c := c.(type) {
	case AddDestination:
		return c.Destination.Tunnel.canonical(c.Destination.Forward)
	case UpdateDestination:
		return c.Destination.Tunnel.canonical(c.Destination.Forward)
	case AddService, UpdateService, DeleteService, DeleteDestination:
	}
	return Encapsulation{}
}

// fail notes that a change failed.
func (a *application) fail(c Change, err error, errno syscall.Errno) {
	key := targetOf(c).key
	if errno == unix.ESRCH && a.missing[key] {
		return
	}
	if _, ok := c.(AddService); ok {
		if a.missing == nil {
			a.missing = make(map[Key]bool)
		}
		a.missing[key] = true
	}
	a.errs = append(a.errs, &ChangeError{Change: c, Err: err})
}

// explain says why the kernel refused a change.
func (a *application) explain(c Change, errno syscall.Errno) error {
	if errno == unix.ENOENT {
		switch c := c.(type) {
		case AddService:
			return a.explainMissing(c.Service)
		case UpdateService:
			return a.explainMissing(c.Service)
		case AddDestination, UpdateDestination, DeleteService, DeleteDestination:
		}
	}
	return explainChange(c, errno)
}

// explainMissing says what a service names that the kernel has not. The answer
// is the same for a scheduler and a persistence engine, so the kernel is asked
// for the scheduler alone.
func (a *application) explainMissing(s Service) error {
	if s.PersistenceEngine != "" {
		switch a.client.askForScheduler(s.Scheduler) {
		case unix.EINVAL:
			s.Scheduler = SchedulerNone
		case unix.ENOENT:
			s.PersistenceEngine = ""
		default: // not known, because IPv6 is off
		}
	}
	return &kernelError{explainNames(s.Scheduler, s.PersistenceEngine), unix.ENOENT}
}

// reached reports whether the table is as a change wants it that failed.
func reached(c Change, errno syscall.Errno) bool {
	switch c.(type) {
	case DeleteService, DeleteDestination:
		return errno == unix.ESRCH || errno == unix.ENOENT
	case AddService, UpdateService, AddDestination, UpdateDestination:
	}
	return false
}

// amend returns the change that reaches the aim of one that failed because its
// object is there, or is not, contrary to what was expected, and the very same
// if the kernel says to try again. It is nil if there is none. A missing
// service is not made up for: it has lost its destinations, too.
func amend(c Change, errno syscall.Errno) Change {
	if errno == unix.EBUSY || errno == unix.EAGAIN {
		return c
	}
	switch c := c.(type) {
	case AddService:
		if errno == unix.EEXIST {
			return UpdateService(c)
		}
	case AddDestination:
		if errno == unix.EEXIST {
			return UpdateDestination(c)
		}
	case UpdateDestination:
		if errno == unix.ENOENT {
			return AddDestination(c)
		}
	case UpdateService, DeleteService, DeleteDestination:
	}
	return nil
}

// superseded reports whether one of the later changes touches the same object
// as c, so that doing c after them would undo them.
func superseded(c Change, later []Change) bool {
	object := targetOf(c)
	return slices.ContainsFunc(later, func(l Change) bool {
		t := targetOf(l)
		if _, ok := l.(DeleteService); ok {
			return t.key == object.key
		}
		return t == object
	})
}

// write sends up to batchSize changes at once and returns the kernel's answer
// to each; the slice is good until the next call. The kernel answers a message
// that failed, and the last in any case, which is all that is waited for.
func (c *Client) write(batch []Change) ([]syscall.Errno, error) {
	c.out.reset()
	first := c.seq + 1
	for _, change := range batch {
		c.out.change(c.family, c.next(), change)
	}
	c.out.requestAck()
	errnos := c.errnos[:len(batch)]
	clear(errnos)
	err := c.exchange(first, func(m message) (done bool, err error) {
		if m.typ != unix.NLMSG_ERROR {
			return false, nil
		}
		errnos[m.seq-first], err = m.errno()
		return m.seq == c.seq, err
	})
	return errnos, err
}

// askForScheduler returns EINVAL if the kernel has a scheduler or could load
// it, and ENOENT if not.
func (c *Client) askForScheduler(name string) syscall.Errno {
	c.out.reset()
	c.out.impossibleService(c.family, c.next(), name)
	var errno syscall.Errno
	err := c.exchange(c.seq, func(m message) (done bool, err error) {
		if m.typ != unix.NLMSG_ERROR {
			return false, nil
		}
		errno, err = m.errno()
		return true, err
	})
	if err != nil {
		return 0
	}
	return errno
}
