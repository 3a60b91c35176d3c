-- How calls deal with an upstream's failures: timeouts, bounds, circuit, fallbacks. What isn't said
-- has its default.
ALTER TABLE upstreams ADD COLUMN resilience TEXT NOT NULL DEFAULT '{}';
