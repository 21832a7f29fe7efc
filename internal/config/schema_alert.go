package config

import (
	"time"

	"github.com/ldirector/ldirector/internal/alert"
)

// emailBlock says how mail is sent.
func emailBlock() *block {
	return &block{name: "email", once: true, args: append([]argument{
		{name: "smtp_server", kind: kindText, required: true, example: `"mail.example.com:25"`, form: `"HOST[:PORT]"`, keeps: []string{"smtp_server"}},
		{name: "to", kind: kindList, required: true, example: `["ops@example.com"]`, form: "an address", keeps: []string{"notification_email"}},
		{name: "from", kind: kindText, inherits: "ldirector@ the host's name", keeps: []string{"notification_email_from"}},
		{name: "helo_name", kind: kindText, inherits: "the host's name", keeps: []string{"smtp_helo_name"}},
		{name: "connect_timeout", kind: kindDuration, def: `"30s"`, low: int64(time.Second), high: int64(time.Hour), keeps: []string{"smtp_connect_timeout"}},
		{name: "tls", kind: kindWord, inherits: `"opportunistic", with user "starttls"`, words: []string{"opportunistic", "starttls", "implicit", "none"}},
		{name: "user", kind: kindText},
		{name: "password", kind: kindText, form: `"file:/PATH" or the password itself`},
		{name: "digest", kind: kindDuration, def: `"10s"`, low: 0, high: int64(time.Hour)},
		{name: "max_per_hour", kind: kindNumber, def: "30", low: 0, high: 3600},
		{name: "smtp_alert", kind: kindBool, inherits: "false, for real servers true", keeps: []string{"smtp_alert"}},
		{name: "smtp_alert_vrrp", kind: kindBool, inherits: "smtp_alert", keeps: []string{"smtp_alert_vrrp"}},
		{name: "smtp_alert_checker", kind: kindBool, inherits: "smtp_alert", keeps: []string{"smtp_alert_checker"}},
		{name: "no_email_faults", kind: kindBool, def: "false", keeps: []string{"no_email_faults"}},
	}, trustArguments(fallback{inherits: `true, with "opportunistic" and without ca false`})...), lacks: map[string]string{
		"no_checker_emails": "It is not needed: there is mail about real servers, and none about a check that does not change them. Remove it.",
	}}
}

// webhookBlock is an HTTP request for events.
func webhookBlock() *block {
	return &block{name: "webhook", label: "name", args: append([]argument{
		{name: "url", kind: kindText, required: true, example: `"https://hooks.example.com/lvs"`, form: `"file:/PATH" or the address itself`},
		{name: "method", kind: kindWord, def: `"POST"`, words: []string{"POST", "PUT", "PATCH"}},
		{name: "headers", kind: kindTexts, def: "{}"},
		{name: "body", kind: kindData, inherits: "all of the message as JSON"},
		{name: "token", kind: kindText, form: `"file:/PATH" or the token itself`},
		{name: "timeout", kind: kindDuration, def: `"10s"`, low: int64(time.Second), high: int64(5 * time.Minute)},
		{name: "digest", kind: kindDuration, def: `"1s"`, low: 0, high: int64(time.Hour)},
		eventsArgument(),
	}, trustArguments(fallback{def: "true"})...)}
}

// alertCommandBlock is a program for events.
func alertCommandBlock() *block {
	return &block{name: "alert_command", label: "name", args: []argument{
		{name: "command", kind: kindCommand, required: true, example: `["/etc/ldirector/alert.sh"]`},
		{name: "timeout", kind: kindDuration, def: `"30s"`, low: int64(time.Second), high: int64(time.Hour)},
		eventsArgument(),
	}}
}

// eventsArgument selects events.
func eventsArgument() argument {
	return argument{name: "events", kind: kindWords, def: `["warnings"]`, words: append([]string{alert.Warnings, alert.All}, alert.Kinds()...)}
}

// trustArguments say which certificates of a server are good.
func trustArguments(verify fallback) []argument {
	return withDefaults(map[string]fallback{"tls_verify": verify, "ca": {inherits: "the system's"}}, []argument{
		{name: "tls_verify", kind: kindBool},
		{name: "ca", kind: kindText, form: `"/PATH"`},
	})
}

// smtpAlertArgument says whether mail is sent for an object.
func smtpAlertArgument(from string) argument {
	return argument{name: "smtp_alert", kind: kindBool, inherits: from, keeps: []string{"smtp_alert"}}
}
