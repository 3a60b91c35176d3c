#!/usr/bin/env python3
"""Token endpoint and introspection of Mandate beside other authorization servers; start-up and memory of each.

Everything runs on loopback in this one process tree, without TLS. All servers are up through the whole run and take turns, a
repetition each, so that drift of the machine hits all alike. CPU time is the server's own (user and system, whole process
tree, from /proc), with PostgreSQL's beside it. A token is a client_credentials token for a client with a secret (HTTP Basic),
a new JWT each time. What each server stores for one differs, and is said in the table.
"""
import argparse, json, time, urllib.parse
from measure import (JAVA_FLAGS, Mandate, Noise, Postgres, basic, cpu_model, cpu_seconds, fail, first_answer, java_home, memory_mib, middle, need,
                     peer, post, run, say, spread, start, stop, table, version, wrk)

FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"
INTROSPECTED = 300  # tokens, in turn
UPSTREAM = 19100  # nobody listens: no call is made here
PORTS = {"keycloak": 19200, "oidc-provider": 19250, "spring-as": 19300, "mandate": 19420, "mandate-pg": 19421}


class Target:
    """One way of being asked: an endpoint with what it takes."""

    def __init__(self, url, form, headers, algorithm):
        self.url, self.form, self.headers, self.algorithm = url, form, [FORM, headers], algorithm


class Server:
    """What to start, what to ask it, and what it stores for a token."""

    postgres = None
    stores = "?"

    def prepare(self):
        """After the first start, with the server running."""

    def tokens(self):
        """-> [Target], one an algorithm"""

    def introspection(self):
        """-> (Target of the tokens, URL, header) or None"""


class MandateServer(Server):
    stores = "an audit row, flushed"

    def __init__(self, name, folder, postgres):
        # RFC 7662 §2.1: the endpoint is for clients that may; the one that asks here asks for its own tokens.
        self.mandate = Mandate(folder / name, PORTS[name], UPSTREAM, postgres)
        self.postgres, self.start = postgres, self.mandate.start
        self.version = "this checkout, " + ("PostgreSQL " + postgres.version if postgres else "SQLite")

    def tokens(self):
        return [Target(self.mandate.url("/oauth/token"), "grant_type=client_credentials", basic(client, self.mandate.secret), algorithm)
                for client, algorithm in (("bench", "ES256"), ("bench-rs256", "RS256"))]

    def introspection(self):
        es256 = self.tokens()[0]
        return es256, self.mandate.url("/oauth/introspect"), es256.headers[1]


class Keycloak(Server):
    """With `events`, it keeps a row for each token, as Mandate does: its own switch for that, off unless asked for."""

    process = None

    def __init__(self, folder, postgres):
        self.folder, self.postgres, self.port = folder, postgres, PORTS["keycloak"]
        self.home = peer("keycloak") / "keycloak"
        self.version = f"Keycloak {(peer('keycloak') / 'version').read_text().strip()} on PostgreSQL {postgres.version}, JVM options of kc.sh"
        postgres.create("keycloak")

    def start(self):
        return start([self.home / "bin/kc.sh", "start", "--optimized", "--http-enabled=true", "--hostname-strict=false", "--http-host=127.0.0.1",
                      f"--http-port={self.port}", "--cache=local", f"--db-url=jdbc:postgresql://127.0.0.1:{self.postgres.PORT}/keycloak",
                      "--db-username=keycloak", "--db-password=keycloak"], self.folder / "keycloak.log",
                     JAVA_HOME=java_home(), KC_BOOTSTRAP_ADMIN_USERNAME="admin", KC_BOOTSTRAP_ADMIN_PASSWORD="admin")

    def prepare(self):
        url = f"http://127.0.0.1:{self.port}"
        token = json.loads(post(f"{url}/realms/master/protocol/openid-connect/token",
                                "grant_type=password&client_id=admin-cli&username=admin&password=admin")[1])["access_token"]

        def make(path, body):
            status, text = post(url + "/admin/realms" + path, json.dumps(body), [JSON, f"Authorization: Bearer {token}"])
            if status != 201:
                fail(f"Keycloak: {path} {status} {text}")

        for realm, events in {"bench": False, "events": True}.items():
            make("", {"realm": realm, "enabled": True, "accessTokenLifespan": 3600, "sslRequired": "none", "eventsEnabled": events, "id": realm})
            make(f"/{realm}/components", {
                "name": "ec", "providerId": "ecdsa-generated", "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm,
                "config": {"priority": ["50"], "enabled": ["true"], "active": ["true"], "ecdsaEllipticCurveKey": ["P-256"]}})
            for name in ("es256", "rs256"):
                make(f"/{realm}/clients", {
                    "clientId": name, "secret": "secret-" + name, "clientAuthenticatorType": "client-secret", "publicClient": False,
                    "serviceAccountsEnabled": True, "attributes": {"access.token.signed.response.alg": name.upper()},
                    # It calls a token inactive that does not name the asking client in its audience.
                    "protocolMappers": [{"name": "aud", "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
                                         "config": {"included.client.audience": name, "access.token.claim": "true",
                                                    "introspection.token.claim": "true"}}]})


class KeycloakRealm(Server):
    def __init__(self, keycloak, realm, stores):
        self.keycloak, self.realm, self.stores = keycloak, realm, stores
        self.postgres, self.start, self.version = keycloak.postgres, keycloak.start, keycloak.version
        self.prepare = keycloak.prepare
        self.url = f"http://127.0.0.1:{keycloak.port}/realms/{realm}/protocol/openid-connect/token"

    def tokens(self):
        return [Target(self.url, "grant_type=client_credentials", basic(a, "secret-" + a), a.upper()) for a in ("es256", "rs256")]

    def introspection(self):
        return self.tokens()[0], self.url + "/introspect", basic("es256", "secret-es256")


class OidcProvider(Server):
    stores = "nothing (JWT); in memory (opaque)"

    def __init__(self, folder):
        self.folder, self.port = folder, PORTS["oidc-provider"]
        self.home = peer("oidc-provider")
        self.version = "npm oidc-provider " + (self.home / "version").read_text().strip() + ", one process, in memory"

    def start(self):
        return start([self.home / "node", self.home / "server.mjs"], self.folder / "oidc-provider.log", NODE_ENV="production", PORT=str(self.port))

    def target(self, kind):
        form = f"grant_type=client_credentials&scope=api&resource=urn:bench:{kind}"
        return Target(f"http://127.0.0.1:{self.port}/token", form, basic("es256", "secret-es256"), kind.upper())

    def tokens(self):
        return [self.target("es256"), self.target("rs256")]

    def introspection(self):
        return self.target("opaque"), f"http://127.0.0.1:{self.port}/token/introspection", basic("es256", "secret-es256")


class SpringAs(Server):
    stores = "the authorization, flushed"

    def __init__(self, folder, postgres):
        self.folder, self.postgres, self.port = folder, postgres, PORTS["spring-as"]
        self.home = peer("spring-as")
        self.version = (f"Spring Authorization Server {(self.home / 'version').read_text().strip()} (Spring Boot, Tomcat) on PostgreSQL "
                        f"{postgres.version}, -Xmx512m, indexes on its token columns, a pool of 100")
        postgres.create("spring")
        postgres.run("spring", user="spring", file=self.home / "schema.sql")

    def start(self):
        # Introspection holds one pooled connection while it takes another: with the default pool of 10, ten requests at once stop it.
        return start([f"{java_home()}/bin/java", "-Xmx512m", "-jar", self.home / "spring-as.jar", "--server.address=127.0.0.1",
                      f"--server.port={self.port}", "--logging.level.root=warn", "--spring.main.banner-mode=off",
                      f"--spring.datasource.url=jdbc:postgresql://127.0.0.1:{self.postgres.PORT}/spring", "--spring.datasource.username=spring",
                      "--spring.datasource.password=spring", "--spring.datasource.hikari.maximum-pool-size=100"], self.folder / "spring-as.log")

    def tokens(self):
        return [Target(f"http://127.0.0.1:{self.port}/oauth2/token", "grant_type=client_credentials&scope=api", basic(a, "secret-" + a), a.upper())
                for a in ("es256", "rs256")]

    def introspection(self):
        return self.tokens()[0], f"http://127.0.0.1:{self.port}/oauth2/introspect", basic("es256", "secret-es256")


NAMES = ["mandate", "mandate-pg", "keycloak", "keycloak-events", "oidc-provider", "spring-as"]


def servers(names, folder, postgres):
    made = {}
    keycloak = Keycloak(folder, postgres) if {"keycloak", "keycloak-events"} & set(names) else None
    for name in names:
        made[name] = {
            "mandate": lambda: MandateServer("mandate", folder, None),
            "mandate-pg": lambda: MandateServer("mandate-pg", folder, postgres),
            "keycloak": lambda: KeycloakRealm(keycloak, "bench", "nothing"),
            "keycloak-events": lambda: KeycloakRealm(keycloak, "events", "an event row, flushed"),
            "oidc-provider": lambda: OidcProvider(folder),
            "spring-as": lambda: SpringAs(folder, postgres),
        }[name]()
    return made


# ---- start-up ----------------------------------------------------------------------------------------------------------------


def start_up(name, server, restarts, settle, processes):
    """First start on an empty store, then starts on a filled one; leaves the last one running."""
    target = server.tokens()[0]
    rows = []
    for n in range(restarts + 1):
        began = time.monotonic()
        process = server.start()
        processes.append(process)
        if n == 0:
            first_answer_or_ready(server, process, began, target)
        seconds = first_answer(began, process, target.url, target.form, target.headers)
        rows.append({"first": n == 0, "seconds": seconds, "cpu": cpu_seconds(process.pid)})
        if n < restarts:
            stop(process)
            processes.remove(process)
    time.sleep(settle)
    server.process = process
    rss, pss = memory_mib(process.pid)
    again = [r for r in rows if not r["first"]]
    server.started = {"first": rows[0]["seconds"], "again": again, "rss": rss, "pss": pss}
    say(f"{name}: first start {rows[0]['seconds']:.2f} s, then {[round(r['seconds'], 2) for r in again]}, {rss:.0f} MiB")


def first_answer_or_ready(server, process, began, target):
    """A server that must be told its clients is ready for that when it serves its own realm."""
    if isinstance(server, KeycloakRealm):
        first_answer(began, process, f"http://127.0.0.1:{server.keycloak.port}/realms/master/protocol/openid-connect/token",
                     "grant_type=password&client_id=admin-cli&username=admin&password=admin", [FORM])
    server.prepare()


# ---- measuring ---------------------------------------------------------------------------------------------------------------


class Test:
    """One server at one endpoint."""

    def __init__(self, name, server, kind, target, folder):
        self.name, self.server, self.kind, self.rows = name, server, kind, []
        self.target = target
        self.file = folder / f"{name}-{kind}.body".lower()
        self.file.write_text(target.form)
        self.load = {"body": self.file}

    def fresh(self):
        """Before each repetition."""


class Introspection(Test):
    """Asks about tokens issued just before, so that none is expired."""

    def __init__(self, name, server, folder):
        self.of, url, header = server.introspection()
        super().__init__(name, server, "introspection", Target(url, "", header, self.of.algorithm), folder)
        self.load = {"bodies": self.file}

    def fresh(self):
        forms = []
        for _ in range(INTROSPECTED):
            status, text = post(self.of.url, self.of.form, self.of.headers)
            if status != 200:
                fail(f"{self.name}: {status} {text}")
            forms.append("token=" + urllib.parse.quote(json.loads(text)["access_token"]))
        for form in forms[::10]:
            status, text = post(self.target.url, form, self.target.headers)
            if status != 200 or json.loads(text)["active"] is not True:
                fail(f"{self.name}: introspection answers {status} {text}")
        self.file.write_text("\n".join(forms) + "\n")


def measure(test, args):
    test.fresh()
    pid, postgres = test.server.process.pid, test.server.postgres.process.pid if test.server.postgres else None
    pids = [p for p in (pid, postgres) if p]
    before = {p: cpu_seconds(p) for p in pids}
    with Noise(*pids) as noise:
        many = wrk(test.target.url, args.connections, args.seconds, test.target.headers, **test.load)
    cpu = {p: (cpu_seconds(p) - before[p]) / many["requests"] * 1e6 for p in pids}
    one = wrk(test.target.url, 1, max(2, args.seconds // 2), test.target.headers, **test.load)
    rss, pss = memory_mib(pid)
    return {"rps": many["requests"] / many["seconds"], "cpu": cpu[pid], "db": cpu.get(postgres, 0.0), "all": sum(cpu.values()),
            "p50": many["p50_ms"], "p99": many["p99_ms"], "p50_1": one["p50_ms"], "p99_1": one["p99_ms"], "rss": rss, "pss": pss,
            "noise": noise.percent}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8, help="of a repetition")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=40, help="seconds, each server and endpoint")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--starts", type=int, default=3, help="after the first one")
    parser.add_argument("--only", default=",".join(NAMES), help="of " + ",".join(NAMES))
    parser.add_argument("--tests", default="es256,rs256,introspection", help="of es256,rs256,introspection")
    parser.add_argument("--quick", action="store_true", help="proves that it runs; the figures mean nothing")
    args = parser.parse_args()
    settle = 5
    if args.quick:
        args.seconds, args.repetitions, args.warm_up, args.starts, settle = 2, 1, 2, 1, 1
    need("wrk")
    names, kinds = args.only.split(","), args.tests.split(",")
    with run() as (folder, processes):
        postgres = None
        if set(names) - {"mandate", "oidc-provider"}:
            postgres = Postgres(folder)
            processes.append(postgres.process)
        made = servers(names, folder, postgres)
        for name, server in made.items():
            if name == "keycloak-events" and "keycloak" in made:
                server.process, server.started = made["keycloak"].process, made["keycloak"].started
            else:
                start_up(name, server, args.starts, settle, processes)
        tests = [Test(name, server, target.algorithm, target, folder)
                 for name, server in made.items() for target in server.tokens() if target.algorithm.lower() in kinds]
        if "introspection" in kinds:
            tests += [Introspection(name, server, folder) for name, server in made.items() if server.introspection() and name != "keycloak-events"]
        for test in tests:
            say(f"warming up {test.name} {test.kind}")
            test.fresh()
            wrk(test.target.url, args.connections, args.warm_up, test.target.headers, **test.load)
        for repetition in range(args.repetitions):
            for test in tests:
                test.rows.append(measure(test, args))
                say(f"{repetition + 1}/{args.repetitions} {test.name} {test.kind} { {k: round(v, 2) for k, v in test.rows[-1].items()} }")
    report(made, tests, args)


def report(made, tests, args):
    print(f"{cpu_model()}, {args.connections} connections, {args.repetitions} × {args.seconds} s after {args.warm_up} s of warm-up, "
          "medians (minimum–maximum)\n")
    for name, server in made.items():
        print(f"- {name}: {server.version}")
    print("- Mandate and the JVM of Spring: " + version(f"{java_home()}/bin/java", "-version") + f"; Mandate with {' '.join(JAVA_FLAGS[2:])}\n")
    for kind in dict.fromkeys(t.kind for t in tests):
        rows = [t for t in tests if t.kind == kind]
        base = next((t for t in rows if t.name == "mandate"), rows[0])
        print(f"{'Introspection' if kind == 'introspection' else 'Tokens, ' + kind}\n")
        table(["server", "stores", "req/s", f"{base.name} / it", "CPU µs/request", "of that PostgreSQL", f"CPU: it / {base.name}", "p50 ms", "p99 ms",
               "p50 ms, 1 connection", "p99 ms, 1 connection", "RSS MiB", "PSS MiB"],
              [[t.name, "-" if kind == "introspection" else t.server.stores, spread(t.rows, "rps", ",.0f"),
                f"{middle(base.rows, 'rps') / middle(t.rows, 'rps'):.2f}", spread(t.rows, "all", ",.0f"), f"{middle(t.rows, 'db'):,.0f}",
                f"{middle(t.rows, 'all') / middle(base.rows, 'all'):.2f}", spread(t.rows, "p50", ".2f"), spread(t.rows, "p99", ".2f"),
                spread(t.rows, "p50_1", ".2f"), spread(t.rows, "p99_1", ".2f"), f"{middle(t.rows, 'rss'):.0f}", f"{middle(t.rows, 'pss'):.0f}"]
               for t in rows])
    print("Start-up, to the first token\n")
    table(["server", "first start, empty store, s", "start, s", "CPU s", "RSS MiB, idle", "PSS MiB, idle"],
          [[name, "-" if isinstance(s, KeycloakRealm) else f"{s.started['first']:.2f}", spread(s.started["again"], "seconds", ".2f"),
            f"{middle(s.started['again'], 'cpu'):.2f}", f"{s.started['rss']:.0f}", f"{s.started['pss']:.0f}"]
           for name, s in made.items() if name != "keycloak-events" or "keycloak" not in made])
    print(f"most of the machine that anything else took in a repetition: {max(r['noise'] for t in tests for r in t.rows):.1f} %")


if __name__ == "__main__":
    main()
