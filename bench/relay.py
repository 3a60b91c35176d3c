#!/usr/bin/env python3
"""The relay, plain and governed, beside nginx, HAProxy and an LLM gateway: CPU a request, requests a second, latency.

Everything runs on loopback in this one process tree; the upstream is an nginx that answers a fixed completion. CPU time is
the server's own (user and system, whole process tree, from /proc), because load generator, server and upstream share the
machine. Repetitions of the servers are interleaved, so that drift of the machine hits all alike.
"""
import argparse, json, sys
from measure import (HOME, JAVA_FLAGS, Mandate, Noise, await_port, cpu_model, cpu_seconds, java_home, memory_mib, middle, need, peer, run, say,
                     spread, start, table, version, wrk)

UPSTREAM, NGINX, HAPROXY, PORTKEY, PLAIN, MANDATE = 19100, 19400, 19401, 19402, 19410, 19420
CHAT = "/v1/chat/completions"
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
HAPROXY_CONFIG = f"""
global
  maxconn 8192
  tune.bufsize 32768
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
  timeout http-keep-alive 120s
  http-reuse always
  option http-no-delay
frontend llm
  bind 127.0.0.1:{HAPROXY}
  default_backend llm
backend llm
  http-request set-header Authorization "Bearer sk-upstream"
  server upstream 127.0.0.1:{UPSTREAM} pool-max-conn -1
"""


def nginx(folder, name, port, location):
    (folder / name).mkdir()
    conf = folder / name / "nginx.conf"
    temp = " ".join(f"{k}_temp_path {folder / name}/{k};" for k in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    conf.write_text(f"""daemon off; pid {folder / name}/pid; error_log {folder / name}/error.log warn; worker_processes 2;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_buffer_size 64k; {temp}
  upstream llm {{ server 127.0.0.1:{UPSTREAM}; keepalive 512; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ {location} }} }} }}""")
    return start(["nginx", "-c", conf, "-p", folder / name], folder / name / "log")


class Relay:
    """What to start, where to send the question and with which headers."""

    def __init__(self, start, version, port, path=CHAT, headers=lambda: ["Authorization: Bearer sk-caller"]):
        self.start, self.version, self.url, self.headers, self.port = start, version, f"http://127.0.0.1:{port}{path}", headers, port
        self.rows = []


def nginx_relay(folder):
    need("nginx")
    return Relay(lambda: nginx(folder, "front", NGINX, 'proxy_pass http://llm; proxy_http_version 1.1; proxy_set_header Connection ""; '
                               'proxy_set_header Authorization "Bearer sk-upstream"; proxy_buffering off; proxy_request_buffering on;'),
                 version("nginx", "-v"), NGINX)


def haproxy_relay(folder):
    need("haproxy")
    (folder / "haproxy.cfg").write_text(HAPROXY_CONFIG)
    return Relay(lambda: start(["haproxy", "-f", folder / "haproxy.cfg"], folder / "haproxy.log"), version("haproxy", "-v"), HAPROXY)


def portkey_relay(folder):
    installed = peer("portkey")
    command = [installed / "node", installed / "node_modules/@portkey-ai/gateway/build/start-server.js", f"--port={PORTKEY}", "--headless"]
    return Relay(lambda: start(command, folder / "portkey.log", NODE_ENV="production"),
                 "@portkey-ai/gateway " + (installed / "version").read_text().strip(), PORTKEY,
                 headers=lambda: ["Authorization: Bearer sk-upstream", "x-portkey-provider: openai",
                                  f"x-portkey-custom-host: http://127.0.0.1:{UPSTREAM}/v1"])


def plain_relay(folder):
    command = [f"{java_home()}/bin/java", *JAVA_FLAGS, "-cp", f"{HOME}/server/target/lib/*", HOME / "bench/PlainRelay.java", PLAIN, UPSTREAM, 2]
    return Relay(lambda: start(command, folder / "plain.log"), "Mandate's HTTP stack alone, " + version(f"{java_home()}/bin/java", "-version"), PLAIN)


def mandate_relay(folder):
    mandate = Mandate(folder / "mandate", MANDATE, UPSTREAM)
    return Relay(mandate.start, "this checkout, SQLite", MANDATE, "/openai" + CHAT, lambda: [f"Authorization: Bearer {mandate.token()}"])


RELAYS = {"nginx": nginx_relay, "haproxy": haproxy_relay, "portkey": portkey_relay, "plain": plain_relay, "governed": mandate_relay}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=8, help="of a repetition")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--warm-up", type=int, default=40, help="seconds, each server")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", default=",".join(RELAYS), help="of " + ",".join(RELAYS))
    parser.add_argument("--quick", action="store_true", help="proves that it runs; the figures mean nothing")
    args = parser.parse_args()
    if args.quick:
        args.seconds, args.repetitions, args.warm_up = 2, 1, 2
    need("nginx", "wrk")
    with run() as (folder, processes):
        relays = {name: RELAYS[name](folder) for name in args.only.split(",")}
        behind, body = upstream(folder)
        processes.append(behind)
        for relay in relays.values():
            relay.process = relay.start()
            processes.append(relay.process)
        for name, relay in relays.items():
            await_port(relay.port, relay.process)
            say(f"warming up {name}")
            load(relay, args.connections, args.warm_up, body)
        for repetition in range(args.repetitions):
            for name, relay in relays.items():
                relay.rows.append(measure(relay, behind, args, body))
                say(f"{repetition + 1}/{args.repetitions} {name} {relay.rows[-1]}")
    report(relays, args)


def upstream(folder):
    """-> (its process, the file with the question)"""
    answer = json.dumps(ANSWER).replace("'", "")
    process = nginx(folder, "upstream", UPSTREAM, f"default_type application/json; return 200 '{answer}';")
    await_port(UPSTREAM, process)
    body = folder / "question.json"
    body.write_text(json.dumps(QUESTION))
    return process, body


def load(relay, connections, seconds, body):
    return wrk(relay.url, connections, seconds, ["Content-Type: application/json", *relay.headers()], body)


def measure(relay, upstream, args, body):
    pid, before = relay.process.pid, cpu_seconds(relay.process.pid)
    with Noise(pid, upstream.pid) as noise:
        many = load(relay, args.connections, args.seconds, body)
    cpu = (cpu_seconds(pid) - before) / many["requests"] * 1e6
    one = load(relay, 1, max(2, args.seconds // 2), body)
    rss, pss = memory_mib(pid)
    return {"rps": many["requests"] / many["seconds"], "cpu_us": cpu, "p50": one["p50_ms"], "p99": one["p99_ms"], "rss": rss, "pss": pss,
            "noise": noise.percent}


def report(relays, args):
    print(f"{cpu_model()}, {args.connections} connections, {args.repetitions} × {args.seconds} s after {args.warm_up} s of warm-up, "
          "medians (minimum–maximum)\n")
    for name, relay in relays.items():
        print(f"- {name}: {relay.version}")
    print()
    rows = {name: relay.rows for name, relay in relays.items()}
    base = middle(rows["nginx"], "cpu_us") if "nginx" in rows else None
    table(["relay", "req/s", "CPU µs/request", "CPU vs nginx", "p50 ms, 1 connection", "p99 ms, 1 connection", "RSS MiB", "PSS MiB"],
          [[name, spread(r, "rps", ",.0f"), spread(r, "cpu_us", ".1f"), f"{base / middle(r, 'cpu_us'):.2f}" if base else "-",
            spread(r, "p50", ".3f"), spread(r, "p99", ".3f"), f"{middle(r, 'rss'):.0f}", f"{middle(r, 'pss'):.0f}"] for name, r in rows.items()])
    if "governed" in rows:
        for other in ("plain", "nginx", "haproxy", "portkey"):
            if other in rows:
                print(f"governed beside {other}: {middle(rows[other], 'cpu_us') / middle(rows['governed'], 'cpu_us'):.2f} of the requests a CPU "
                      f"second; at one connection p50 {middle(rows['governed'], 'p50') - middle(rows[other], 'p50'):+.3f} ms, "
                      f"p99 {middle(rows['governed'], 'p99') - middle(rows[other], 'p99'):+.3f} ms")
    print(f"\nmost of the machine that anything else took in a repetition: {max(r['noise'] for all in rows.values() for r in all):.1f} %")


if __name__ == "__main__":
    main()
