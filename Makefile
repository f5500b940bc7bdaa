# make run    build and run the daemon          make build  bin/scaipd
# make test   every test there is               make check  formatting, vet, static analysis, import rules, types of the client: under two minutes

SHELL   := /bin/sh
export CGO_ENABLED := 0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X main.release=$(VERSION)
ARGS    ?=

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
MAX_BINARY  := 47185920 # 45 MiB

.PHONY: run build test check mutants tools bench-media bench-seek test-go test-web test-e2e

run:
	go run -trimpath -ldflags '$(LDFLAGS)' ./cmd/scaipd serve $(ARGS)

build:
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/scaipd ./cmd/scaipd
	@size=$$(wc -c < bin/scaipd); echo "bin/scaipd: $$size bytes"; [ $$size -le $(MAX_BINARY) ]

test: tools test-go test-web test-e2e

# Breaks each rule of the engine once and sees the tests catch it: about three minutes.
mutants:
	SCAIP_MUTANTS=1 go test -run Mutants -timeout 20m ./internal/services

# What the tests want besides Go: node, ffmpeg, Chromium. Without them the tests that need them say so and are skipped.
tools:
	@scripts/tools.sh

# The figures of docs/media.md, in Chromium: all (a quarter of an hour), or ROWS=glass,lips; JSON=1 prints objects. The machine should do nothing else.
bench-media: build tools
	@SCAIPD=$${SCAIPD:-$(CURDIR)/bin/scaipd} node e2e/bench/main.mjs $(if $(JSON),--json) $(ROWS)

# How long a seek takes in Chromium: of three hours of ten people, which are made first (minutes, 2.7 GB), or of FILE=call.mkv.
bench-seek: build tools
	@SCAIPD=$${SCAIPD:-$(CURDIR)/bin/scaipd} node e2e/bench/seek.mjs $(FILE)

test-go:
	go test -timeout 20m ./...

test-web:
	@scripts/web.sh unit

test-e2e: build
	@scripts/web.sh e2e

check:
	@unformatted=$$(gofmt -l cmd internal web); [ -z "$$unformatted" ] || { echo "gofmt these: $$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go test ./internal/rules
	@scripts/web.sh check
