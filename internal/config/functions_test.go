package config

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestFunctions calls each function once, as users would.
func TestFunctions(t *testing.T) {
	calls := map[string]string{
		`abs(-2)`:                  "2",
		`ceil(1.2)`:                "2",
		`floor(1.8)`:               "1",
		`max(1, 3, 2)`:             "3",
		`min(2, 1, 3)`:             "1",
		`format("%s:%d", "a", 80)`: "a:80",
		`join(",", formatlist("%s:80", ["a", "b"]))`: "a:80,b:80",
		`lower("A")`:                              "a",
		`upper("a")`:                              "A",
		`replace("a.b", ".", "-")`:                "a-b",
		`strlen("abc")`:                           "3",
		`substr("abc", 1, 2)`:                     "bc",
		`trimprefix("web1", "web")`:               "1",
		`trimspace(" a ")`:                        "a",
		`trimsuffix("web.", ".")`:                 "web",
		`join("-", split(",", "a,b"))`:            "a-b",
		`regex("[0-9]+", "web12")`:                "12",
		`join("-", regexall("[0-9]", "1a2"))`:     "1-2",
		`coalesce(null, "a")`:                     "a",
		`join("-", compact(["a", "", "b"]))`:      "a-b",
		`join("-", concat(["a"], ["b"]))`:         "a-b",
		`contains(["a"], "a")`:                    "true",
		`join("-", distinct(["a", "b", "a"]))`:    "a-b",
		`element(["a", "b"], 3)`:                  "b",
		`join("-", flatten([["a"], ["b"]]))`:      "a-b",
		`join("-", keys({ b = 1, a = 2 }))`:       "a-b",
		`length(["a", "b"])`:                      "2",
		`lookup({ a = 1 }, "b", 3)`:               "3",
		`merge({ a = 1 }, { a = 2 }).a`:           "2",
		`join("-", range(1, 4))`:                  "1-2-3",
		`join("-", reverse(["a", "b"]))`:          "b-a",
		`length(setproduct(["a", "b"], ["c"]))`:   "2",
		`join("-", slice(["a", "b", "c"], 1, 3))`: "b-c",
		`join("-", sort(["b", "a"]))`:             "a-b",
		`join("-", values({ b = 1, a = 2 }))`:     "2-1",
		`zipmap(["a"], [4]).a`:                    "4",
		`tobool("true") ? "y" : "n"`:              "y",
		`tolist(["a"])[0]`:                        "a",
		`tomap({ a = "b" })["a"]`:                 "b",
		`tonumber("1") + 1`:                       "2",
		`length(toset(["a", "a"]))`:               "1",
		`tostring(1)`:                             "1",
		`cidrhost("10.0.0.0/24", 31)`:             "10.0.0.31",
		`cidrsubnet("10.1.0.0/16", 8, 25)`:        "10.1.25.0/24",
		`header("X-Weight").header`:               "X-Weight",
		`body("a").pattern`:                       "a",
	}
	all := strings.Join(slices.Collect(maps.Keys(calls)), " ")
	for name := range functions() {
		if !strings.Contains(all, name+"(") {
			t.Errorf("%s is not tried", name)
		}
	}
	for call, want := range calls {
		cfg, diags := loadText(t, nil, nil, "a.hcl", "global { router_id = tostring("+call+") }\n")
		if len(diags) > 0 || cfg.Global.RouterID != want {
			t.Errorf("%s = %q, want %q\n%s", call, cfg.Global.RouterID, want, messages(t, cfg, diags))
		}
	}
}
