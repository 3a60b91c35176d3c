#!/bin/sh
# Unpacks the Keycloak distribution from Maven Central into installed/ and builds it for PostgreSQL (`kc.sh build`).
# Needs mvn, unzip and JAVA_HOME (a JDK 21 or newer). KEYCLOAK_VERSION chooses another release.
set -eu
cd "$(dirname "$0")"
version=${KEYCLOAK_VERSION:-26.7.3}
: "${JAVA_HOME:?a JDK 21 or newer}"
export JAVA_HOME
rm -rf installed && mkdir installed
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.10.0:copy -DoutputDirectory="$PWD/installed" \
  -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip"
unzip -q "installed/keycloak-quarkus-dist-$version.zip" -d installed
rm "installed/keycloak-quarkus-dist-$version.zip"
mv "installed/keycloak-$version" installed/keycloak
installed/keycloak/bin/kc.sh build --db=postgres --cache=local --health-enabled=false --metrics-enabled=false
echo "$version" > installed/version
