#!/bin/sh
# Builds a Spring Authorization Server (Spring Boot) into installed/. Needs mvn and JAVA_HOME (a JDK 25).
set -eu
cd "$(dirname "$0")"
: "${JAVA_HOME:?a JDK 25}"
export JAVA_HOME
rm -rf installed && mkdir installed
mvn -q -B -DskipTests package
cp target/spring-as.jar installed/
rm -rf target
for sql in $(unzip -Z1 installed/spring-as.jar 'BOOT-INF/lib/spring-security-oauth2-authorization-server-*.jar'); do
  unzip -q -o -j installed/spring-as.jar "$sql" -d installed
done
library=$(ls installed/spring-security-oauth2-authorization-server-*.jar)
# The shipped schema, with the two types that PostgreSQL spells differently, and the indexes that its look-ups by token need:
# introspection asks for all of these columns at once.
unzip -p "$library" '*oauth2-registered-client-schema.sql' '*oauth2-authorization-schema.sql' \
  | sed 's, blob , text ,; s, timestamp , timestamptz ,' > installed/schema.sql
for column in state authorization_code_value access_token_value oidc_id_token_value refresh_token_value user_code_value \
  device_code_value; do
  echo "create index on oauth2_authorization using hash ($column);" >> installed/schema.sql
done
basename "$library" .jar | sed 's/.*-server-//' > installed/version
rm "$library"
