#!/bin/sh
# web.sh unit   the client's logic under node
# web.sh check  the client's types and style
# web.sh e2e    the whole product in Chromium
# Each is skipped, with one line, where a tool is missing: scripts/tools.sh installs them.
set -eu
cd "$(dirname "$0")/.."

skip() { echo "SKIPPED, NOT CHECKED: $1"; exit 0; }
has() { command -v "$1" >/dev/null 2>&1; }
has node && node -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' || skip "$1 of the client: node 20 is not installed"

case "$1" in
unit)
	node --test --test-reporter=dot web/test/
	;;
check)
	[ -x e2e/node_modules/.bin/tsc ] || skip "types and style of the client: run scripts/tools.sh"
	npm --prefix e2e run --silent types
	npm --prefix e2e run --silent lint
	;;
e2e)
	[ -d e2e/node_modules/playwright-core ] || skip "the product in a browser: run scripts/tools.sh"
	has chromium || has chromium-browser || has google-chrome || skip "the product in a browser: Chromium is not installed"
	ls e2e/*.test.mjs >/dev/null 2>&1 || skip "the product in a browser: there are no tests in e2e/"
	npm --prefix e2e run --silent test
	;;
esac
