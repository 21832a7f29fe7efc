package alert

import "time"

// A Config says where alerts go.
type Config struct {
	RouterID string // the name of this director; "": the host's
	Email    *Email // nil: there is no mail
	Webhooks []Webhook
	Commands []Command
}

// An Email says how mail is sent. Its words are keepalived's.
type Email struct {
	Server         string        // host and port (keepalived: smtp_server)
	From           string        // "": ldirector at this host (keepalived: notification_email_from)
	To             []string      // keepalived: notification_email
	HeloName       string        // "": this host's name (keepalived: smtp_helo_name)
	ConnectTimeout time.Duration // for the way to a session and for the mail itself (keepalived: smtp_connect_timeout)
	User           string        // "": the server needs no login
	Password       string        // or "file:" and the path of the file that it is in
	Security       Security
	Trust          Trust
	Digest         time.Duration // what happens within that time after a first event is one mail
	MaxPerHour     int           // mails; what is more waits and becomes one mail later
	Choice         Choice
}

// A Security says when a connection to a mail server becomes secure.
type Security uint8

// Ways to speak TLS with a mail server.
const (
	Offered  Security = iota // by STARTTLS if the server offers it
	StartTLS                 // by STARTTLS, or there is no mail
	Implicit                 // from the beginning
	Clear                    // never
)

// A Trust says which certificates of servers are good.
type Trust struct {
	Any bool   // all are
	CA  string // PEM file with the authorities that count; "": the system's
}

// A Webhook is an HTTP request for each batch of events.
type Webhook struct {
	Name     string
	URL      string // or "file:" and the path of the file that it is in
	Method   string
	Headers  map[string]string
	Body     string // template; "": [Message] as JSON
	Token    string // bearer token, or "file:" and a path; "": none
	Timeout  time.Duration
	Trust    Trust
	Digest   time.Duration
	Selected Selection
}

// A Command is a program that runs for each event.
type Command struct {
	Name     string
	Command  []string // program and arguments
	User     string   // that it runs as; "": this process's
	Timeout  time.Duration
	Selected Selection
}
