#!/usr/bin/env python3
"""The relay, plain and governed, beside nginx: CPU a request, requests a second, latency at one connection.

Everything runs on loopback in this one process tree; the upstream is an nginx that answers a fixed completion. CPU time is
the server's own (user and system, whole process tree, from /proc), because load generator, server and upstream share the
machine. Repetitions of the servers are interleaved, so that drift of the machine hits all alike.

Usage: bench/relay.py [--seconds 8] [--repetitions 3] [--connections 64]
"""
import argparse, base64, json, os, pathlib, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.request

HOME = pathlib.Path(__file__).resolve().parent.parent
UPSTREAM, NGINX, PLAIN, MANDATE = 19100, 19400, 19410, 19420
QUESTION = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You are a careful assistant. Answer briefly, in plain words."},
        {"role": "user", "content": "Please explain how a reverse proxy should pool its connections to a slow upstream. " * 9},
    ],
    "max_tokens": 256,
    "temperature": 0.2,
}
ANSWER = {
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1790000000, "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "The quick brown fox answers your question at length. " * 22,
                 "refusal": None}, "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 212, "completion_tokens": 251, "total_tokens": 463,
              "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0}},
}


def need(*programs):
    missing = [p for p in programs if not shutil.which(p)]
    if missing:
        sys.exit(f"bench: missing {', '.join(missing)}; on Debian: apt-get install nginx-light wrk")


def java_home():
    for home in [os.environ.get("MANDATE_JAVA_HOME"), os.environ.get("JAVA_HOME"), *map(str, pathlib.Path("/usr/lib/jvm").glob("*"))]:
        release = pathlib.Path(home or "/nonexistent") / "release"
        if release.exists() and any(l.startswith('JAVA_VERSION="') and int(l[14:].split(".")[0].strip('"\n')) >= 25 for l in release.open()):
            return home
    sys.exit("bench: needs a JDK 25 (JAVA_HOME)")


def nginx(folder, name, port, location):
    (folder / name).mkdir()
    conf = folder / name / "nginx.conf"
    temp = " ".join(f"{k}_temp_path {folder / name}/{k};" for k in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    conf.write_text(f"""daemon off; pid {folder / name}/pid; error_log {folder / name}/error.log warn; worker_processes 2;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k; {temp}
  upstream llm {{ server 127.0.0.1:{UPSTREAM}; keepalive 512; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ {location} }} }} }}""")
    return subprocess.Popen(["nginx", "-c", str(conf), "-p", str(folder / name)], stderr=subprocess.DEVNULL)


def await_port(port, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"bench: nothing listens on {port}")


def tree(pid):
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try:
            todo += [int(c) for t in os.listdir(f"/proc/{p}/task") for c in open(f"/proc/{p}/task/{t}/children").read().split()]
        except FileNotFoundError:
            pass
    return out


def cpu_seconds(pid):
    ticks = 0
    for p in tree(pid):
        fields = open(f"/proc/{p}/stat").read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    kib = 0
    for p in tree(pid):
        for line in open(f"/proc/{p}/status"):
            if line.startswith("VmRSS:"):
                kib += int(line.split()[1])
    return kib / 1024


def mandate(folder, java):
    secret = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
    for name, text in {"master.key": base64.b64encode(os.urandom(32)).decode(), "credential": "sk-upstream", "secret": secret}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    (folder / "mandate.yaml").write_text(f"""
public-url: https://bench.example
listen: {{port: {MANDATE}}}
trusted-proxies: [127.0.0.1]
data: {folder}/data
master-key-file: {folder}/master.key
log: {{format: text}}
upstreams:
  openai: {{provider: openai, base-url: "http://127.0.0.1:{UPSTREAM}", credential-file: {folder}/credential}}
clients:
  bench: {{name: Bench, secret-file: {folder}/secret, grant-types: [client_credentials], scopes: ["llm:openai"],
           policy: {{openai: {{requests: 1000000000000, tokens-per-day: 1000000000000000, cost-micros: 1000000000000000}}}}}}
""")
    process = subprocess.Popen(
        [f"{java}/bin/java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
         "-XX:+UseCompactObjectHeaders", "-Xmx512m", "-jar", str(HOME / "server/target/mandate.jar"), "serve", "--config", str(folder / "mandate.yaml")],
        stderr=open(folder / "mandate.log", "w"))
    await_port(MANDATE)
    return process, lambda: token(secret)


def token(secret):
    form = f"grant_type=client_credentials&client_id=bench&client_secret={secret}".encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{MANDATE}/oauth/token", form) as answer:
        return json.load(answer)["access_token"]


def wrk(port, path, connections, seconds, bearer, body):
    env = dict(os.environ, BODY=str(body), HEADERS=f"Content-Type: application/json\nAuthorization: Bearer {bearer}")
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HOME / "bench/post.lua"),
                          f"http://127.0.0.1:{port}{path}"], env=env, capture_output=True, text=True, check=True).stdout
    result = json.loads(next(l for l in out.splitlines() if l.startswith("RESULT"))[7:])
    if result["errors"] or result["non2xx"]:
        sys.exit(f"bench: port {port}: {result}")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--warm-up", type=int, default=20)
    args = parser.parse_args()
    need("nginx", "wrk")
    if not (HOME / "server/target/mandate.jar").exists():
        sys.exit("bench: build first: mvn -DskipTests package")
    java, folder, processes = java_home(), pathlib.Path(tempfile.mkdtemp(prefix="mandate-bench-")), []
    try:
        answer = json.dumps(ANSWER).replace("'", "")
        processes.append(nginx(folder, "upstream", UPSTREAM, f"default_type application/json; return 200 '{answer}';"))
        front = nginx(folder, "front", NGINX, 'proxy_pass http://llm; proxy_http_version 1.1; proxy_set_header Connection ""; '
                      'proxy_set_header Authorization "Bearer sk-upstream"; proxy_buffering off; proxy_request_buffering on;')
        processes.append(front)
        plain = subprocess.Popen([f"{java}/bin/java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                                  "-XX:+UseCompactObjectHeaders", "-Xmx512m", "-cp", str(HOME / "server/target/lib/*"),
                                  str(HOME / "bench/PlainRelay.java"), str(PLAIN), str(UPSTREAM), "2"], stdout=subprocess.DEVNULL)
        processes.append(plain)
        governed, new_token = mandate(folder, java)
        processes.append(governed)
        for port in (UPSTREAM, NGINX, PLAIN):
            await_port(port)
        body = folder / "question.json"
        body.write_text(json.dumps(QUESTION))
        servers = {"nginx": (NGINX, "/v1/chat/completions", front), "plain": (PLAIN, "/v1/chat/completions", plain),
                   "governed": (MANDATE, "/openai/v1/chat/completions", governed)}
        for port, path, _ in servers.values():
            wrk(port, path, args.connections, args.warm_up, new_token(), body)
        rows = {name: [] for name in servers}
        for _ in range(args.repetitions):
            for name, (port, path, process) in servers.items():
                bearer, before = new_token(), cpu_seconds(process.pid)
                load = wrk(port, path, args.connections, args.seconds, bearer, body)
                cpu = (cpu_seconds(process.pid) - before) / load["requests"] * 1e6
                single = wrk(port, path, 1, max(2, args.seconds // 2), bearer, body)
                rows[name].append({"rps": load["requests"] / load["seconds"], "cpu_us": cpu, "p50": single["p50_ms"],
                                   "p99": single["p99_ms"], "rss": resident_mib(process.pid)})
        report(rows, args)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(15)
        shutil.rmtree(folder, ignore_errors=True)


def report(rows, args):
    mid = lambda name, key: statistics.median(r[key] for r in rows[name])
    print(f"{args.connections} connections, {args.repetitions} x {args.seconds} s, medians (min-max)\n")
    print("| relay | req/s | CPU us/request | CPU vs nginx | p50 ms at 1 conn | p99 ms at 1 conn | RSS MiB |\n|---|---|---|---|---|---|---|")
    for name in rows:
        spread = lambda key, form: f"{mid(name, key):{form}} ({min(r[key] for r in rows[name]):{form}}-{max(r[key] for r in rows[name]):{form}})"
        print(f"| {name} | {spread('rps', ',.0f')} | {spread('cpu_us', '.1f')} | {mid('nginx', 'cpu_us') / mid(name, 'cpu_us'):.2f} "
              f"| {spread('p50', '.3f')} | {spread('p99', '.3f')} | {mid(name, 'rss'):.0f} |")
    print(f"\ngoverned / plain, per CPU second: {mid('plain', 'cpu_us') / mid('governed', 'cpu_us'):.2f}")
    print(f"added to nginx at one connection: p50 {mid('governed', 'p50') - mid('nginx', 'p50'):+.3f} ms, p99 {mid('governed', 'p99') - mid('nginx', 'p99'):+.3f} ms")


if __name__ == "__main__":
    main()
