#!/bin/sh
# Installs npm @portkey-ai/gateway, and a Node 24 to run it, into installed/. Needs npm.
# PORTKEY_VERSION chooses another release. The override: with the @hono/node-server that a fresh install resolves, every
# streamed completion fails with 500 "TypeError: immutable" (Portkey-AI/gateway issue 1389).
set -eu
cd "$(dirname "$0")"
version=${PORTKEY_VERSION:-1.15.2}
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x64 ;; esac
rm -rf installed && mkdir installed && cd installed
echo '{"private": true, "overrides": {"@hono/node-server": "1.11.4"}}' > package.json
npm install --silent --no-audit --no-fund "@portkey-ai/gateway@$version" "node-linux-$arch@24"
ln -s "node_modules/node-linux-$arch/bin/node" node
echo "$version on Node $(./node --version)" > version
