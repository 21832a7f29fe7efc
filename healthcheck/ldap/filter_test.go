package ldap

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// show writes an element for people.
func show(t testing.TB, b []byte) string {
	t.Helper()
	var out strings.Builder
	for len(b) > 0 {
		tag, contents, rest, err := next(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if tag&constructed != 0 {
			fmt.Fprintf(&out, "%02x[%s]", tag, show(t, contents))
		} else {
			fmt.Fprintf(&out, "%02x%q", tag, contents)
		}
		b = rest
	}
	return out.String()
}

func TestFilter(t *testing.T) {
	for text, want := range map[string]string{
		"(objectClass=*)":                        `87"objectClass"`,
		"(cn=Babs Jensen)":                       `a3[04"cn"04"Babs Jensen"]`,
		"(!(cn=Tim Howes))":                      `a2[a3[04"cn"04"Tim Howes"]]`,
		"(&(objectClass=Person)(|(sn=J)(o>=a)))": `a0[a3[04"objectClass"04"Person"]a1[a3[04"sn"04"J"]a5[04"o"04"a"]]]`,
		"(o=univ*of*mich*)":                      `a4[04"o"30[80"univ"81"of"81"mich"]]`,
		"(o=*mich)":                              `a4[04"o"30[82"mich"]]`,
		"(o<=a)":                                 `a6[04"o"04"a"]`,
		"(o~=a)":                                 `a8[04"o"04"a"]`,
		"(seeAlso=)":                             `a3[04"seeAlso"04""]`,
		"(&)":                                    `a0[]`,
		"(cn:caseExactMatch:=Fred)":              `a9[81"caseExactMatch"82"cn"83"Fred"]`,
		"(cn:=Betty)":                            `a9[82"cn"83"Betty"]`,
		"(sn:dn:2.4.6.8.10:=Barney)":             `a9[81"2.4.6.8.10"82"sn"83"Barney"84"\xff"]`,
		"(o:dn:=Ace)":                            `a9[82"o"83"Ace"84"\xff"]`,
		"(:1.2.3:=Wilma)":                        `a9[81"1.2.3"83"Wilma"]`,
		"(:DN:2.4.6:=Dino)":                      `a9[81"2.4.6"83"Dino"84"\xff"]`,
		`(o=Parens R Us \28for all\29)`:          `a3[04"o"04"Parens R Us (for all)"]`,
		`(cn=*\2A*)`:                             `a4[04"cn"30[81"*"]]`,
		`(bin=\00\00\00\04)`:                     `a3[04"bin"04"\x00\x00\x00\x04"]`,
		"(cn;lang-de=a=b)":                       `a3[04"cn;lang-de"04"a=b"]`,
	} {
		got, err := parseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if shown := show(t, got); shown != want {
			t.Errorf("%s: got %s, want %s", text, shown, want)
		}
	}
}

func TestFilterRefuses(t *testing.T) {
	for _, text := range []string{"", "cn=a", "(cn=a", "(cn=a))", "((cn=a))", "()", "(cn)", "(=a)", "(c n=a)", "(!)", "(!(cn=a)(cn=b))", "(&x)",
		"(cn=**)", `(cn=\2)`, `(cn=\zz)`, "(cn>=a*)", "(cn<>=a)", "(:=a)", "(cn:a:b:=c)", "(cn:dn:a:b:=c)", "(c n:=a)", "(cn:r r:=a)",
		strings.Repeat("(!", 100) + "(cn=a)" + strings.Repeat(")", 100)} {
		if got, err := parseFilter(text); err == nil || !strings.HasPrefix(err.Error(), "request must be a filter") {
			t.Errorf("%s: got %x %v", text, got, err)
		}
	}
}

func TestElements(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 300)
	for encoded, want := range map[string]string{
		"0401":             "",
		"04":               "",
		"0480":             "",
		"0485000000000161": "",
		"04847fffffff61":   "",
		"0484ffffffff61":   "",
		"048161":           "",
		"040161":           "a",
		"04810161":         "a",
		"04840000000161ff": "a",
		hex.EncodeToString(newElement(tagString, long)): string(long),
	} {
		b, err := hex.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		contents, _, err := expect(tagString, b)
		if (err == nil) != (want != "") || string(contents) != want {
			t.Errorf("%.40s: got %q %v, want %q", encoded, contents, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("(&(objectClass=Person)(|(sn=J*n)(!(cn:dn:2.4:=a\\2a))))")
	f.Fuzz(func(t *testing.T, text string) {
		if filter, err := parseFilter(text); err == nil {
			show(t, filter)
		}
	})
}
