module scaip

go 1.26.0

require (
	github.com/at-wat/ebml-go v0.19.4
	github.com/coder/websocket v1.8.15
	go.uber.org/goleak v1.3.0
	golang.org/x/sys v0.50.0
)

require (
	golang.org/x/crypto v0.59.0
	pgregory.net/rapid v1.3.0
)
