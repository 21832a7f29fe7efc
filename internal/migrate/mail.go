package migrate

import "strings"

// MailAddress returns an address that ldirector takes. A name alone, such as
// root, is one of the mail server's own host; local says that this was so.
func MailAddress(text string) (address string, local bool) {
	if text == "" || strings.ContainsAny(text, "@ <>") {
		return text, false
	}
	return text + "@localhost", true
}

// LocalMail is what a report says then, with the name and the address.
const LocalMail = "%s is a user of the mail server's host; it is written as %s."
