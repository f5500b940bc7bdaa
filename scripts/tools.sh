#!/bin/sh
# Installs what the tests want besides Go, where that is possible: node, npm, ffmpeg, Chromium, Firefox, PulseAudio, Java and Maven by apt-get (as
# root), the packages of e2e/ by npm, and Apache Kafka by Maven. What stays missing is said in one line each; the tests that need it are skipped, as loudly.
set -eu
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null 2>&1; }
new_node() { has node && node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)'; }

missing=
new_node || missing="$missing nodejs"
has npm || missing="$missing npm"
has ffmpeg && has ffprobe || missing="$missing ffmpeg"
has chromium || has chromium-browser || has google-chrome || missing="$missing chromium"
has firefox-esr || has firefox || missing="$missing firefox-esr"
has pulseaudio || missing="$missing pulseaudio"
has java || missing="$missing default-jre-headless"
has mvn || missing="$missing maven"

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && has apt-get; then
	echo "tools: apt-get install$missing"
	log=$(mktemp)
	# shellcheck disable=SC2086 # the list is to be split
	if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
		tail -5 "$log"
	fi
	rm -f "$log"
fi

new_node || echo "MISSING, TESTS SKIPPED: node 20 or newer"
has npm || echo "MISSING, TESTS SKIPPED: npm"
has ffmpeg && has ffprobe || echo "MISSING, TESTS SKIPPED: ffmpeg and ffprobe"
has chromium || has chromium-browser || has google-chrome || echo "MISSING, TESTS SKIPPED: Chromium"
{ has firefox-esr || has firefox; } && has pulseaudio || echo "MISSING, TESTS SKIPPED: Firefox and PulseAudio"

installed=e2e/node_modules/.package-lock.json
if new_node && has npm && { [ ! -f $installed ] || [ e2e/package-lock.json -nt $installed ]; }; then
	echo "tools: npm ci in e2e"
	npm ci --prefix e2e --no-audit --no-fund --loglevel=error || echo "MISSING, TESTS SKIPPED: the packages of e2e/"
	[ ! -d e2e/node_modules ] || touch $installed
fi

# Where internal/log/kafkalog looks for it too.
kafka=${XDG_CACHE_HOME:-$HOME/.cache}/scaip/kafka
if has java && has mvn && { [ ! -f "$kafka/complete" ] || [ scripts/kafka.xml -nt "$kafka/complete" ]; }; then
	echo "tools: Apache Kafka to $kafka"
	rm -rf "$kafka"
	if mvn -q -B -f scripts/kafka.xml dependency:copy-dependencies -DoutputDirectory="$kafka"; then touch "$kafka/complete"; fi
fi
[ -f "$kafka/complete" ] || echo "MISSING, TESTS SKIPPED: Apache Kafka (its jars, by Maven)"
