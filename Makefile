# ldirector's common tasks. "make help" lists them.

GO      ?= go
VERSION  = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LINT     = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SCRIPTS  = .ci/run packaging/build packaging/scripts/*.sh test/all test/docs/boot test/deps test/install/play test/install/traffic test/kernel test/vm/run test/demo/run test/bench/run

.DEFAULT_GOAL := help
.PHONY: help build cross test demo bench package lint fuzz clean deps go

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

build: go ## the programs, into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/ ./cmd/...

cross: go ## check that it builds for every supported platform
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 $(GO) build ./...
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 $(GO) build ./...

test: deps build cross ## all tests: pure, in namespaces (root), and on a kernel with IPVS
	$(GO) vet ./...
	GO='$(GO)' test/all

demo: deps build ## two directors, three back-ends and a client on a real kernel, with failures
	test/demo/run

bench: deps build ## measure it beside keepalived and beside the least that the kernel needs
	GO='$(GO)' test/bench/run

package: go ## .deb, .rpm, tarballs and lists of modules (SBOM) for amd64 and arm64, into dist/
	GO='$(GO)' packaging/build

lint: go ## formatting, vet, golangci-lint and shellcheck
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt -w $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(LINT) run
	shellcheck $(SCRIPTS)

fuzz: go ## ten seconds for each fuzz test
	@grep -rn --include='*_test.go' '^func Fuzz' . | sed -E 's/^(.*)\/[^/]*:func (Fuzz[A-Za-z0-9_]*).*/\1 \2/' | \
	while read -r dir name; do \
		echo "$$dir $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime 10s -fuzzminimizetime 10x "$$dir" </dev/null || exit 1; \
	done

clean: ## remove what was built (the guest's kernel stays in the user's cache)
	rm -rf bin dist

deps: go ## install the Debian packages that tests and demo use, if any is missing
	@test/deps

go:
	@$(GO) list -m >/dev/null || { echo "Go 1.26 or newer is needed: https://go.dev/doc/install"; exit 1; }
