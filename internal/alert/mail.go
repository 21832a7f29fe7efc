package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// maxAnswers is how much a mail server may say in one session.
const maxAnswers = 1 << 20

// A mailer sends a batch as one mail.
type mailer struct {
	email    Email
	router   string
	services func() []Service
}

// deliver is done when the server has taken the mail for one recipient at
// least.
func (m *mailer) deliver(ctx context.Context, b batch) error {
	mail, err := m.compose(b)
	if err != nil {
		return &refusal{err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes the connection, however far it has come
	session, err := m.open(ctx)
	if err != nil {
		return err
	}
	if err := session.UpdateDeadline(m.email.ConnectTimeout); err != nil {
		return err
	}
	return m.hand(session, mail)
}

// compose writes the mail. Whatever names and reasons hold, they stay in their
// line: the text is encoded where it has to be.
func (m *mailer) compose(b batch) (*mail.Msg, error) {
	message := newMessage(m.router, b)
	out := mail.NewMsg(mail.WithNoDefaultUserAgent())
	from, err := m.email.sender()
	if err != nil {
		return nil, err
	}
	if err := out.From(from); err != nil {
		return nil, err
	}
	if err := out.To(m.email.To...); err != nil {
		return nil, err
	}
	out.Subject(message.Subject)
	out.SetDate()
	out.SetMessageID()
	out.SetGenHeader(mail.HeaderXMailer, "ldirector")
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834, section 5
	out.SetGenHeader("X-Auto-Response-Suppress", "All")
	out.SetBodyString(mail.TypeTextPlain, body(message, m.services()))
	return out, nil
}

// sender is the address that mail comes from.
func (e Email) sender() (string, error) {
	if e.From != "" {
		return e.From, nil
	}
	host, err := os.Hostname()
	return "ldirector@" + host, err
}

// open begins a session: connection, TLS and login.
func (m *mailer) open(ctx context.Context) (*smtp.Client, error) {
	host, port, err := net.SplitHostPort(m.email.Server)
	if err != nil {
		return nil, err
	}
	config, err := m.email.Trust.config(host)
	if err != nil {
		return nil, err
	}
	policy := mail.TLSOpportunistic // also for Implicit: what has TLS is not offered it
	switch m.email.Security {
	case StartTLS:
		policy = mail.TLSMandatory
	case Clear:
		policy = mail.NoTLS
	case Offered, Implicit:
	}
	options := []mail.Option{
		mail.WithTimeout(m.email.ConnectTimeout), mail.WithTLSConfig(config), mail.WithTLSPolicy(policy),
		mail.WithDialContextFunc(func(dialing context.Context, network, _ string) (net.Conn, error) {
			return m.dial(ctx, dialing, network, net.JoinHostPort(host, port), config)
		}),
	}
	if m.email.HeloName != "" {
		options = append(options, mail.WithHELO(m.email.HeloName))
	}
	if m.email.User != "" {
		password, err := secret(m.email.Password)
		if err != nil {
			return nil, fmt.Errorf("read password: %w", err)
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.email.User), mail.WithPassword(password))
	}
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

// dial connects. The connection ends with ctx, while dialing bounds how long it
// takes to make it.
func (m *mailer) dial(ctx, dialing context.Context, network, address string, config *tls.Config) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(dialing, network, address)
	if err != nil {
		return nil, err
	}
	bound := &bounded{Conn: conn, left: maxAnswers}
	bound.forget = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if m.email.Security != Implicit {
		return bound, nil
	}
	secure := tls.Client(bound, config)
	if err := secure.HandshakeContext(dialing); err != nil {
		return nil, errors.Join(err, bound.Close())
	}
	return secure, nil
}

// hand gives the mail to the server. Recipients that it does not want do not
// keep it from the others.
func (m *mailer) hand(session *smtp.Client, out *mail.Msg) error {
	from, err := out.GetSender(false)
	if err != nil {
		return &refusal{err}
	}
	recipients, err := out.GetRecipients()
	if err != nil {
		return &refusal{err}
	}
	if err := session.Mail(from); err != nil {
		return answer("MAIL FROM "+from, err)
	}
	var refused []error
	for _, to := range recipients {
		if err := session.Rcpt(to); err != nil {
			refused = append(refused, answer("RCPT TO "+to, err))
		}
	}
	if len(refused) == len(recipients) {
		return worthATry(refused)
	}
	w, err := session.Data()
	if err != nil {
		return answer("DATA", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return answer("the mail", err)
	}
	_ = session.Quit() // it has been taken
	if len(refused) > 0 {
		return &partly{errors.Join(refused...)}
	}
	return nil
}

// worthATry is the first error that is not final, or else the first.
func worthATry(errs []error) error {
	for _, err := range errs {
		if _, final := errors.AsType[*refusal](err); !final {
			return err
		}
	}
	return errs[0]
}

// answer says what the server thinks of a command. What begins with 5 is its
// last word (RFC 5321, section 4.2.1).
func answer(to string, err error) error {
	said, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", to, err)
	}
	err = fmt.Errorf("%s: the server says %d %s", to, said.Code, shorten(line(strings.TrimSpace(said.Msg)), 200))
	if said.Code >= 500 {
		return &refusal{err}
	}
	return err
}

// bounded is a connection whose other side may say so much and no more.
type bounded struct {
	net.Conn
	left   int
	forget func() bool // the context that would close it
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errFlood
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func (b *bounded) Close() error {
	b.forget()
	return b.Conn.Close()
}

// errFlood ends a session with a server that does not stop.
var errFlood = errors.New("the server says too much")

// mailBackoff is how long mail waits that could not be sent: a server that comes
// back has it soon, and one that is gone for days is not bothered much.
func mailBackoff() backoff { return backoff{5 * time.Second, 5 * time.Minute} }
