-- wrk: one POST over and over. Headers from HEADERS ("K: V", a line each), body from the file BODY.
wrk.method = "POST"
for line in (os.getenv("HEADERS") or ""):gmatch("[^\n]+") do
  local k, v = line:match("^(.-): (.*)$")
  wrk.headers[k] = v
end
local f = assert(io.open(os.getenv("BODY")))
wrk.body = f:read("*a")
f:close()
function done(summary, latency, requests)
  io.write(string.format('RESULT {"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d,"non2xx":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, summary.errors.status))
end
