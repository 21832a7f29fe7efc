package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// services writes n virtual servers from number first on, each with ten real
// servers, as blocks or as lists.
func services(first, n int, short bool) string {
	var b strings.Builder
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "virtual_server \"service-%d\" {\n  address    = \"10.%d.%d.1:80\"\n  lb_algo    = \"wrr\"\n  lb_kind    = \"DR\"\n  delay_loop = \"6s\"\n", i, i/250, i%250)
		if short {
			fmt.Fprintf(&b, "  tcp_check {}\n  real_servers = [\n")
		}
		for r := range 10 {
			if short {
				fmt.Fprintf(&b, "    \"172.16.%d.%d:80 weight 2\",\n", i%250, r+1)
			} else {
				fmt.Fprintf(&b, "  real_server \"172.16.%d.%d:80\" {\n    weight = 2\n    tcp_check { connect_timeout = \"3s\" }\n  }\n", i%250, r+1)
			}
		}
		if short {
			b.WriteString("  ]\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func BenchmarkLoad(b *testing.B) {
	for _, short := range []bool{false, true} {
		for _, files := range []int{1, 10} {
			name := fmt.Sprintf("blocks/files=%d", files)
			if short {
				name = fmt.Sprintf("lists/files=%d", files)
			}
			b.Run(name, func(b *testing.B) {
				dir := b.TempDir()
				size := 0
				for i := range files {
					text := services(i*1000/files, 1000/files, short)
					size += len(text)
					if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.hcl", i)), []byte(text), 0o644); err != nil {
						b.Fatal(err)
					}
				}
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					cfg, diags := Load(dir, nil, nil)
					if diags.HasErrors() || len(cfg.Director.VirtualServers) != 1000 {
						b.Fatal(diags)
					}
				}
			})
		}
	}
}
