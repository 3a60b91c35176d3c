#!/usr/bin/env python3
"""Where Mandate's CPU goes under the load of relay.py or tokens.py: a JFR recording and its top frames.

Samples are of CPU time (JFR's CPU-time profiler, Linux). Printed: hot methods; the same samples by the innermost frame of our own
code; by thread; what allocates. `--keep FILE` keeps the recording for JDK Mission Control.
"""
import argparse, collections, json, pathlib, re, shutil, subprocess
import measure, relay, tokens
from measure import Postgres, java_home, run, say, wrk

OURS = re.compile(r"^dev\.mandate\.")
THREADS = re.compile(r"[-_#]?\d+")


def recording(process, load, args, file, jcmd):
    say(f"warming up {args.warm_up} s")
    load(args.warm_up)
    say(f"recording {args.seconds} s")
    subprocess.run([jcmd, str(process.pid), "JFR.start", "name=bench", f"settings={settings(file.parent)}"], check=True, capture_output=True)
    done = load(args.seconds)
    subprocess.run([jcmd, str(process.pid), "JFR.dump", "name=bench", f"filename={file}"], check=True, capture_output=True)
    say(f"{done['requests'] / done['seconds']:,.0f} req/s while recording")


def settings(folder):
    file = folder / "bench.jfc"
    subprocess.run([f"{java_home()}/bin/jfr", "configure", "--input", "profile.jfc", "--output", str(file), "jdk.CPUTimeSample#enabled=true",
                    "jdk.CPUTimeSample#throttle=10ms"], check=True, capture_output=True)
    return file


def samples(jfr, file):
    """-> [(thread, [frame, ...])], innermost frame first"""
    text = subprocess.run([jfr, "print", "--json", "--stack-depth", "64", "--events", "jdk.CPUTimeSample", str(file)],
                          check=True, capture_output=True, text=True).stdout
    out = []
    for event in json.loads(text)["recording"]["events"]:
        values = event["values"]
        frames = [f["method"]["type"]["name"].replace("/", ".") + "." + f["method"]["name"] + f":{f['lineNumber']}"
                  for f in ((values.get("stackTrace") or {}).get("frames") or [])]
        thread = values.get("eventThread") or {}
        out.append((thread.get("javaName") or thread.get("osName") or "(virtual)", frames))
    return out


def print_top(title, counts, total, limit):
    print(f"\n{title}\n")
    for name, count in counts.most_common(limit):
        print(f"{100 * count / total:6.1f} %  {name}")


def governed(folder, processes, args):
    """-> (the server's process, load): calls through the gateway, as relay.py makes them"""
    upstream, body = relay.upstream(folder)
    processes.append(upstream)
    gateway = relay.RELAYS["governed"](folder)
    process = gateway.start()
    processes.append(process)
    measure.await_port(gateway.port, process)
    return process, lambda seconds: relay.load(gateway, args.connections, seconds, body)


def asked(folder, processes, args):
    """-> (the server's process, load): tokens or introspection, as tokens.py asks for them"""
    postgres = None
    if args.postgres:
        postgres = Postgres(folder)
        processes.append(postgres.process)
    server = tokens.MandateServer("mandate-pg" if postgres else "mandate", folder, postgres)
    tokens.start_up("mandate", server, 0, 0, processes)
    target = server.tokens()[0]
    test = tokens.Test("mandate", server, "tokens", target, folder) if args.load == "tokens" else tokens.Introspection("mandate", server, folder)
    test.fresh()
    return server.process, lambda seconds: wrk(test.target.url, args.connections, seconds, test.target.headers, **test.load)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--load", choices=["relay", "tokens", "introspection"], default="relay")
    parser.add_argument("--postgres", action="store_true", help="tokens and introspection: on PostgreSQL instead of SQLite")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=40)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--top", type=int, default=25)
    parser.add_argument("--keep", type=pathlib.Path)
    args = parser.parse_args()
    measure.need("wrk")
    jfr, jcmd = f"{java_home()}/bin/jfr", f"{java_home()}/bin/jcmd"
    with run() as (folder, processes):
        process, load = (governed if args.load == "relay" else asked)(folder, processes, args)
        file = folder / "bench.jfr"
        recording(process, load, args, file, jcmd)
        taken = samples(jfr, file)
        allocations = subprocess.run([jfr, "view", "--width", "140", "allocation-by-site", str(file)], capture_output=True, text=True).stdout
        if args.keep:
            shutil.copy(file, args.keep)
    total = max(len(taken), 1)
    print(f"{total} samples of 10 ms of CPU")
    print_top("Hot methods", collections.Counter(f[0] for _, f in taken if f), total, args.top)
    print_top("By the innermost frame of our own", collections.Counter(next((x for x in f if OURS.match(x)), "(none)") for _, f in taken), total, args.top)
    print_top("By thread", collections.Counter(THREADS.sub("", t) for t, _ in taken), total, 12)
    print(allocations)


if __name__ == "__main__":
    main()
