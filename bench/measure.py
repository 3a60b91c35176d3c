"""What the benches share: programs and their CPU and memory from /proc, load from wrk, a throw-away PostgreSQL, Mandate itself."""
import argparse, base64, contextlib, json, os, pathlib, pwd, resource, shutil, signal, socket, statistics, subprocess, sys, tempfile, time
import urllib.error, urllib.request

HOME = pathlib.Path(__file__).resolve().parent.parent
PEERS = HOME / "bench/peers"
TICKS = os.sysconf("SC_CLK_TCK")
JAVA_FLAGS = ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseCompactObjectHeaders", "-Xmx512m"]
PACKAGES = {"nginx": "nginx-light", "initdb": "postgresql"}


def fail(message):
    sys.exit(f"bench: {message}")


def need(*programs):
    missing = sorted({PACKAGES.get(p, p) for p in programs if not shutil.which(p)})
    if missing:
        fail(f"missing programs; on Debian: apt-get install {' '.join(missing)}")


def java_home():
    for home in [os.environ.get("MANDATE_JAVA_HOME"), os.environ.get("JAVA_HOME"), *map(str, pathlib.Path("/usr/lib/jvm").glob("*"))]:
        release = pathlib.Path(home or "/nonexistent") / "release"
        if release.exists() and any(l.startswith('JAVA_VERSION="') and int(l[14:].split(".")[0].strip('"\n')) >= 25 for l in release.open()):
            return home
    fail("needs a JDK 25 (JAVA_HOME)")


def require_built():
    if not (HOME / "server/target/mandate.jar").exists():
        fail("build first: mvn -DskipTests package")


def peer(name):
    """The folder with an installed peer; installs it at first use."""
    folder = PEERS / name / "installed"
    if not (folder / "version").exists():
        say(f"installing {name} (once)")
        done = subprocess.run([PEERS / name / "setup.sh"], env=dict(os.environ, JAVA_HOME=java_home()), capture_output=True, text=True)
        if done.returncode:
            fail(f"{name}/setup.sh failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return folder


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


def version(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return next(iter((done.stdout + done.stderr).splitlines()), "?").strip()


# ---- processes ---------------------------------------------------------------------------------------------------------------


def start(command, log, **environment):
    """Starts a program with a process group of its own."""
    with open(log, "a") as out:
        return subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                                env=dict(os.environ, **environment))


def stop(process):
    """Ends a program that was started here, and what it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def await_port(port, process=None, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and (process is None or process.poll() is None):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    fail(f"nothing listens on {port}")


def tree(pid):
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            todo += [int(c) for t in os.listdir(f"/proc/{p}/task") for c in open(f"/proc/{p}/task/{t}/children").read().split()]
    return out


def cpu_seconds(pid):
    """User and system time of a process tree, children that have ended included."""
    ticks = 0
    for p in tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            ticks += sum(map(int, open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()[11:15]))
    return ticks / TICKS


def memory_mib(pid):
    """(RSS, PSS) of a process tree. RSS counts shared pages once a process; PSS shares them out."""
    kib = {"Rss:": 0, "Pss:": 0}
    for p in tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in open(f"/proc/{p}/smaps_rollup"):
                name, *rest = line.split()
                if name in kib:
                    kib[name] += int(rest[0])
    return kib["Rss:"] / 1024, kib["Pss:"] / 1024


def machine():
    """(seconds of all CPUs, those of them idle)."""
    fields = list(map(int, open("/proc/stat").readline().split()[1:9]))
    return sum(fields) / TICKS, (fields[3] + fields[4]) / TICKS


class Noise:
    """How much of the machine was used by anything but the programs named and the load generator while a block ran."""

    def __init__(self, *pids):
        self.pids, self.percent = pids, 0.0

    def _ours(self):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return sum(map(cpu_seconds, self.pids)) + children.ru_utime + children.ru_stime

    def __enter__(self):
        self.ours, (self.all, self.idle) = self._ours(), machine()
        return self

    def __exit__(self, *_):
        everything, idle = machine()
        busy = (everything - self.all) - (idle - self.idle)
        self.percent = 100 * (busy - (self._ours() - self.ours)) / max(everything - self.all, 0.01)


# ---- requests and load -------------------------------------------------------------------------------------------------------


def post(url, body, headers=(), timeout=30):
    """-> (status, text)"""
    request = urllib.request.Request(url, body.encode(), dict(h.split(": ", 1) for h in headers))
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def first_answer(began, process, url, body, headers, seconds=180):
    """Seconds from `began` to the first 2xx."""
    while time.monotonic() - began < seconds and process.poll() is None:
        with contextlib.suppress(OSError):
            if post(url, body, headers)[0] // 100 == 2:
                return time.monotonic() - began
        time.sleep(0.01)
    fail(f"no answer from {url}")


def wrk(url, connections, seconds, headers, body=None, bodies=None):
    env = dict(os.environ, HEADERS="\n".join(headers), **({"BODY": str(body)} if body else {"BODIES": str(bodies)}))
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", HOME / "bench/post.lua", url],
                          env=env, capture_output=True, text=True)
    line = next((l for l in done.stdout.splitlines() if l.startswith("RESULT")), None)
    if line is None:
        fail(f"wrk {url}: {done.stdout}{done.stderr}")
    result = json.loads(line[7:])
    if result["errors"] or result["non2xx"] or not result["requests"]:
        fail(f"{url}: {result}")
    return result


# ---- PostgreSQL and Mandate --------------------------------------------------------------------------------------------------


class Postgres:
    """A cluster of its own on loopback with PostgreSQL's own settings: every commit is flushed to the disk."""

    PORT = 19432

    def __init__(self, folder):
        need("initdb", "psql")
        programs = pathlib.Path(os.path.realpath(shutil.which("initdb"))).parent
        data = folder / "postgres"
        data.mkdir()
        # It refuses to run as root.
        self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if self.as_user:
            os.chmod(folder, 0o711)
            os.chown(data, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
        subprocess.run([*self.as_user, programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres"], check=True, capture_output=True)
        self.process = start([*self.as_user, programs / "postgres", "-D", data, "-p", self.PORT, "-h", "127.0.0.1", "-k", data,
                              "-c", "max_connections=300"], folder / "postgres.log")
        await_port(self.PORT, self.process)
        self.version = version(programs / "postgres", "--version").removeprefix("postgres (PostgreSQL) ")

    def create(self, name):
        self.run("postgres", f"create role {name} login password '{name}'", f"create database {name} owner {name}")

    def run(self, database, *statements, user="postgres", file=None):
        given = [x for s in statements for x in ("-c", s)] + (["-f", file] if file else [])
        end = time.monotonic() + 30
        while True:
            done = subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.PORT), "-U", user, "-qX", "-v", "ON_ERROR_STOP=1", database, *given],
                                  capture_output=True, text=True)
            if done.returncode == 0:
                return
            if "starting up" not in done.stderr or time.monotonic() > end:
                fail(f"psql: {done.stderr}")
            time.sleep(0.1)


class Mandate:
    """Mandate with a service client an algorithm, whose standing mandates cover one upstream."""

    def __init__(self, folder, port, upstream_port, postgres=None, more=""):
        require_built()
        self.folder, self.port = folder, port
        folder.mkdir()
        self.secret = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        files = {"master.key": base64.b64encode(os.urandom(32)).decode(), "credential": "sk-upstream", "secret": self.secret, "password": "mandate"}
        for name, text in files.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o600)
        if postgres:
            postgres.create("mandate")
            more += f'\ndatabase: "postgresql://mandate@127.0.0.1:{postgres.PORT}/mandate"\ndatabase-password-file: {folder}/password\n'
        self.config = folder / "mandate.yaml"
        client = (f'{{name: Bench, secret-file: {folder}/secret, grant-types: [client_credentials], scopes: ["llm:openai"], '
                  "policy: {openai: {requests: 1000000000000, tokens-per-day: 1000000000000000, cost-micros: 1000000000000000}}, "
                  "access-token-signing-alg: %s}")
        self.config.write_text(f"""
public-url: https://bench.example
listen: {{port: {port}}}
management: {{port: 0}}
trusted-proxies: [127.0.0.1]
data: {folder}/data
master-key-file: {folder}/master.key
log: {{format: text}}
upstreams:
  openai: {{provider: openai, base-url: "http://127.0.0.1:{upstream_port}", credential-file: {folder}/credential}}
clients:
  bench: {client % "ES256"}
  bench-rs256: {client % "RS256"}
{more}""")

    def start(self, *java_options):
        return start([f"{java_home()}/bin/java", *JAVA_FLAGS, *java_options, "-jar", HOME / "server/target/mandate.jar", "serve", "--config", self.config],
                     self.folder / "log")

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def token(self):
        status, text = post(self.url("/oauth/token"), f"grant_type=client_credentials&client_id=bench&client_secret={self.secret}")
        if status != 200:
            fail(f"Mandate gives no token: {status} {text}")
        return json.loads(text)["access_token"]


# ---- a run -------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def run():
    """-> (a folder, a list of processes): the folder goes and the processes end with the block."""
    folder, processes = pathlib.Path(tempfile.mkdtemp(prefix="mandate-bench-")), []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: told to stop"))
    try:
        yield folder, processes
    finally:
        for process in reversed(processes):
            stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def basic(name, secret):
    return "Authorization: Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def middle(rows, key):
    return statistics.median(r[key] for r in rows)


def spread(rows, key, form):
    values = [r[key] for r in rows]
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


def cpu_model():
    return next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown CPU")


# ---- proofs ------------------------------------------------------------------------------------------------------------------


def proof(test, size, calls, words):
    """Runs a black-box test that counts, and prints its figures."""
    options = argparse.ArgumentParser(description=words, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=calls, help=f"(default {calls})")
    asked = options.parse_args()
    need("mvn")
    require_built()
    with tempfile.TemporaryDirectory() as folder:
        figures = pathlib.Path(folder) / "figures"
        done = subprocess.run(["mvn", "-q", "-o", "-pl", "conformance", "test", f"-Dtest={test}", f"-D{size}={asked.calls}",
                               f"-Dmandate.figures={figures}"], cwd=HOME, capture_output=True, text=True)
        print(f"{cpu_model()}, {os.cpu_count()} CPUs\n\n{figures.read_text() if figures.exists() else 'no figures'}")
        if done.returncode:
            fail("the proof failed:\n" + done.stdout[-4000:])
