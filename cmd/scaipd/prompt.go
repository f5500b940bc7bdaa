package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// password asks for one on the terminal, twice and unseen, or reads the first line of standard input.
func (c *cli) password(fromStdin bool) (string, error) {
	lines := bufio.NewReader(c.in)
	if fromStdin {
		return line(lines)
	}
	if !terminal(c.in) {
		return "", usage("there is no terminal to ask for a password: use --password-stdin")
	}
	if c.echo(false) == nil {
		defer func() { _ = c.echo(true) }() // nothing could be done
	}
	fmt.Fprint(c.err, "Password: ")
	first, err := line(lines)
	fmt.Fprint(c.err, "\nThe same again: ")
	if err != nil {
		return "", err
	}
	second, err := line(lines)
	fmt.Fprintln(c.err)
	if err != nil {
		return "", err
	}
	if first != second {
		return "", usage("the two passwords differ")
	}
	return first, nil
}

func line(r *bufio.Reader) (string, error) {
	s, err := r.ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || s == "") {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimRight(s, "\r\n"), nil
}

// echo has the terminal show what is typed, or not.
func (c *cli) echo(on bool) error {
	arg := "-echo"
	if on {
		arg = "echo"
	}
	cmd := exec.Command("stty", arg)
	cmd.Stdin = c.in
	return cmd.Run()
}

// confirm asks before something is lost. Without a terminal it wants --yes.
func (c *cli) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !terminal(c.in) {
		return usage("%s There is no terminal to ask: use --yes", question)
	}
	fmt.Fprint(c.err, question, " [y/N] ")
	answer, err := line(bufio.NewReader(c.in))
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}
