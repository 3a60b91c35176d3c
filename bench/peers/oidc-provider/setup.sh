#!/bin/sh
# Installs npm oidc-provider, and a Node 24 to run it (it warns on older ones), into installed/. Needs npm.
# OIDC_PROVIDER_VERSION chooses another release.
set -eu
cd "$(dirname "$0")"
version=${OIDC_PROVIDER_VERSION:-9.13.3}
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x64 ;; esac
rm -rf installed && mkdir installed && cp server.mjs installed/
cd installed
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund "oidc-provider@$version" "node-linux-$arch@24"
ln -s "node_modules/node-linux-$arch/bin/node" node
echo "$version on Node $(./node --version)" > version
