package dev.mandate.gateway.line;

import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.CredentialStore.Stored;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Notices;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the lines of this node every few seconds: tells people whose upstream went down or came
/// back, and asks providers for their models where that is set. Away from the event loops.
///
/// It tells of states and not of changes: a circuit that opens and closes all the time is told of
/// once in [#QUIET].
public final class Lookout {
  public static final Duration TICK = Duration.ofSeconds(5);

  /// Between two notices about one upstream, of all nodes together.
  static final Duration QUIET = Duration.ofMinutes(5);

  private static final Logger log = LoggerFactory.getLogger(Lookout.class);

  /// Probes under way at once.
  private static final int PROBES_MAX = 50;

  private final Lines lines;
  private final UpstreamStore upstreams;
  private final CredentialStore credentials;
  private final Vault vault;
  private final ProviderDesk desk;
  private final Notices notices;
  private final Executor background;
  private final InstantSource clock;
  private final Map<Line, Told> told = new HashMap<>();
  private final Map<Line, Instant> probed = new HashMap<>();
  private final Set<Line> probing = ConcurrentHashMap.newKeySet();

  private record Told(boolean down, Instant at) {}

  /// @param background for what waits for a provider
  public Lookout(
      Lines lines,
      UpstreamStore upstreams,
      CredentialStore credentials,
      Vault vault,
      ProviderDesk desk,
      Notices notices,
      Executor background,
      InstantSource clock) {
    this.lines = lines;
    this.upstreams = upstreams;
    this.credentials = credentials;
    this.vault = vault;
    this.desk = desk;
    this.notices = notices;
    this.background = background;
    this.clock = clock;
  }

  /// Called by one thread at a time. Blocking: notices are stored.
  public synchronized void tick() {
    Instant now = clock.instant();
    told.keySet().retainAll(lines.all());
    probed.keySet().retainAll(lines.all());
    for (Line line : lines.all()) {
      tell(line, now);
      Duration every = line.settings().probe();
      if (every != null && isDue(line, every, now)) {
        probe(line, now);
      }
    }
  }

  private void tell(Line line, Instant now) {
    Told last = told.get(line);
    Circuit.State state = line.state();
    boolean down = state != Circuit.State.CLOSED;
    if (down == (last != null && last.down)
        || (last != null && now.isBefore(last.at.plus(QUIET)))) {
      return;
    }
    String name = line.key().upstream();
    UpstreamHealth.Failure why = line.lastFailure();
    // Of several nodes one is heard, unless they lie on both sides of a boundary.
    String once = name + "/" + down + "/" + now.getEpochSecond() / QUIET.toSeconds();
    notices.tell(
        line.key().tenant(),
        down ? Notice.Kind.UPSTREAM_DOWN : Notice.Kind.UPSTREAM_UP,
        once,
        name,
        null,
        down
            ? "The upstream '%s' fails (%s). Its calls are refused, or go to its fallbacks, until it answers again."
                .formatted(name, why == null ? "no answer" : why.wire())
            : "The upstream '%s' answers again.".formatted(name));
    told.put(line, new Told(down, now));
  }

  private boolean isDue(Line line, Duration every, Instant now) {
    Instant last = probed.get(line);
    return last == null || !now.isBefore(last.plus(every));
  }

  private void probe(Line line, Instant now) {
    if (probing.size() >= PROBES_MAX || !probing.add(line)) {
      return;
    }
    probed.put(line, now);
    background.execute(
        () -> {
          try {
            ask(line);
          } catch (RuntimeException e) {
            log.error("upstream {} could not be probed", line.key().upstream(), e);
          } finally {
            probing.remove(line);
          }
        });
  }

  /// With the tenant's own credential, to the origin that it was entered for.
  private void ask(Line line) {
    Line.Key key = line.key();
    Upstream upstream = upstreams.find(key.tenant(), key.upstream());
    Stored stored = credentials.current(key.tenant(), key.upstream());
    if (upstream == null || stored == null || !upstream.origin().equals(key.origin())) {
      return;
    }
    Circuit.Admission admission = line.admitProbe();
    if (admission == Circuit.Admission.REFUSED) {
      return;
    }
    boolean decides = admission == Circuit.Admission.PROBE;
    boolean heard = false;
    try {
      byte[] secret = vault.open(stored.tenant(), Stored.row(stored.id()), stored.sealedSecret());
      ProviderDesk.Verdict verdict =
          desk.test(upstream, Secret.of(new String(secret, StandardCharsets.UTF_8)));
      heard = true;
      if (verdict == ProviderDesk.Verdict.UNREACHABLE) {
        line.failed(decides, UpstreamHealth.Failure.UNREACHABLE, clock.millis());
      } else {
        // What it says of the key is no news of the line.
        line.worked(decides, clock.millis());
      }
    } finally {
      if (decides && !heard) {
        line.foundNothing();
      }
    }
  }
}
