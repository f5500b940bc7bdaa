// Netsim runs a bad line: a TCP proxy with delay, jitter, loss and a bounded rate (package netsim).
//
//	go run ./internal/netsim/cmd/netsim --to 127.0.0.1:8080 --delay 25ms --loss 0.02
//
// It prints the address to connect to as one line, {"listen":"127.0.0.1:41234"}, and reads what to do from standard input, a line each,
// answered by {"ok":true} or {"error":"…"}; it ends with its input.
//
//	{"delay":"25ms","jitter":"5ms","loss":0.02,"rate":"300k","buffer":16384}     what the line is like from now on; what is missing is 0
//	down      nothing passes, without a word to either end
//	cut       the same, and the connections of before never carry anything again, as after a change of network
//	up        the line is back
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"scaip/internal/netsim"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "netsim:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	f := flag.NewFlagSet("netsim", flag.ContinueOnError)
	listen := f.String("listen", "127.0.0.1:0", "`address` to connect to; port 0 takes a free one")
	to := f.String("to", "", "`address` at the other end of the line")
	seed := f.Uint64("seed", 1, "of all chance")
	rate := f.String("rate", "", "`bit/s`, like 300k or 1.5M; empty: unlimited")
	var p netsim.Profile
	f.DurationVar(&p.Delay, "delay", 0, "one way")
	f.DurationVar(&p.Jitter, "jitter", 0, "added to the delay: 0 to this")
	f.Float64Var(&p.Loss, "loss", 0, "of segments, 0 to 1")
	f.IntVar(&p.Buffer, "buffer", 0, "`bytes` of a connection that may wait before the line; 0: 100 ms of the rate")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *to == "" {
		return fmt.Errorf("--to is missing")
	}
	var err error
	if p.Rate, err = netsim.ParseRate(*rate); err != nil {
		return err
	}
	line, err := netsim.Open(*listen, *to, p, *seed)
	if err != nil {
		return err
	}
	defer line.Close()
	answer := json.NewEncoder(out)
	_ = answer.Encode(map[string]string{"listen": line.Addr()})
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := obey(line, lines.Text()); err != nil {
			_ = answer.Encode(map[string]string{"error": err.Error()})
			continue
		}
		_ = answer.Encode(map[string]bool{"ok": true})
	}
	return nil
}

func obey(line *netsim.Line, order string) error {
	switch order {
	case "down":
		line.Down()
	case "cut":
		line.Cut()
	case "up":
		line.Up()
	default:
		var p netsim.Profile
		if err := json.Unmarshal([]byte(order), &p); err != nil {
			return err
		}
		return line.Set(p)
	}
	return nil
}
