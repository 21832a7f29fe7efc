package healthcheck

// A way is how an engine asks the question of a check. It decides what a probe
// in flight costs, and which lane bounds it.
type way uint8

const (
	byAsk  way = iota // a socket of its own, no goroutine
	byEcho            // a socket for all, no goroutine
	byTalk            // a socket of its own, and a goroutine once it is connected
	byWork            // a goroutine
	byFork            // a goroutine and a process
)

// wayOf returns how p is asked.
func wayOf(p Prober) way {
	switch p.(type) {
	case asker:
		return byAsk
	case Ping:
		return byEcho
	case Forker:
		return byFork
	case Talker:
		return byTalk
	default:
		return byWork
	}
}

// An asker is a Prober that puts its question through a socket of its own and
// never waits: an engine does that for all of them at once.
type asker interface {
	Prober

	// ask returns a socket on which the question is on its way. An error is the
	// answer of the probe: some are known at once. scratch is for use meanwhile.
	ask(t Target, scratch []byte) (fd int, err error)

	// events are those of epoll(7) that fd has to be watched for.
	events() uint32

	// answer takes what has happened to fd, as flags of epoll(7) say. If done is
	// false, that was nothing yet.
	answer(fd int, flags uint32, scratch []byte) (done bool, err error)

	// silence is the answer if there has been none until the deadline.
	silence() error
}

// asker returns what puts the question of en on its way, or for a Talker only
// the connection.
func (en *entry) asker() asker {
	if a, ok := en.check.Spec().Prober.(asker); ok {
		return a
	}
	return TCP{}
}
