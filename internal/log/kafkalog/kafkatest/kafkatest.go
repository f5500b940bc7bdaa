// Package kafkatest runs Apache Kafka itself for tests, from the jars that scripts/tools.sh fetches.
package kafkatest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Start starts a cluster of one broker that ends with the test, and returns the host:port at which it listens. Without jars or Java it skips the
// test.
func Start(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	jars := filepath.Join(cache, "scaip", "kafka")
	if _, err := os.Stat(filepath.Join(jars, "complete")); err != nil {
		t.Skip("SKIPPED, NOT TESTED: the log on Apache Kafka itself; scripts/tools.sh fetches it")
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED: the log on Apache Kafka itself; there is no java")
	}
	dir := t.TempDir()
	broker, controller := freeAddr(t), freeAddr(t)
	properties := filepath.Join(dir, "server.properties")
	if err := os.WriteFile(properties, []byte(strings.NewReplacer("BROKER", broker, "CONTROLLER_AT", controller, "DIR", dir).Replace(`
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@CONTROLLER_AT
listeners=PLAINTEXT://BROKER,CONTROLLER://CONTROLLER_AT
controller.listener.names=CONTROLLER
log.dirs=DIR/data
offsets.topic.replication.factor=1
log.cleaner.enable=false
`)), 0o600); err != nil {
		t.Fatal(err)
	}
	class := []string{"-Xmx256m", "-cp", filepath.Join(jars, "*")}
	format := exec.Command(java, append(class, "kafka.tools.StorageTool", "format", "-t", "c2NhaXAtdGVzdC1jbHVzdA", "-c", properties)...)
	if out, err := format.CombinedOutput(); err != nil {
		t.Fatalf("format the broker's directory: %v\n%s", err, out)
	}
	run := exec.Command(java, append(class, "kafka.Kafka", properties)...)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Kill()
		run.Wait()
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if conn, err := net.Dial("tcp", broker); err == nil {
			conn.Close()
			return broker
		}
	}
	t.Fatal("the broker doesn't answer within a minute")
	return ""
}

// freeAddr returns an address on which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
