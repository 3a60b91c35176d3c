-- wrk: POSTs. Headers from HEADERS ("K: V", a line each); the body from the file BODY, or one line of the file BODIES after another.
wrk.method = "POST"
for line in (os.getenv("HEADERS") or ""):gmatch("[^\n]+") do
  local k, v = line:match("^(.-): (.*)$")
  wrk.headers[k] = v
end

if os.getenv("BODIES") then
  local requests, at = {}, 0
  function init(args)
    for line in io.lines(os.getenv("BODIES")) do
      requests[#requests + 1] = wrk.format(nil, nil, nil, line)
    end
  end
  function request()
    at = at % #requests + 1
    return requests[at]
  end
else
  local f = assert(io.open(os.getenv("BODY")))
  wrk.body = f:read("*a")
  f:close()
end

function done(summary, latency, requests)
  io.write(string.format('RESULT {"requests":%d,"seconds":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"errors":%d,"non2xx":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, summary.errors.status))
end
