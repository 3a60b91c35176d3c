package dev.mandate.domain.promptlog;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.promptlog.PromptLogStore.Kept;
import dev.mandate.domain.revocation.Change;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes calls' texts from the gateway, which never waits, and keeps them from a thread of its own:
/// redacted, sealed, until they expire. What finds the queue full is dropped and counted.
///
/// A tenant's policy is in memory once its first call has asked for it; that call is not kept. The
/// store asks again as it writes, so that nothing is kept after a tenant has turned this off.
public final class PromptLog implements AutoCloseable {
  /// Of a body, as it is read for its words.
  public static final int BYTES_MAX = 64 << 10;

  /// Of a text that is kept.
  public static final int CHARACTERS_MAX = 16 << 10;

  static final int QUEUE_MAX = 256;

  /// Characters that are left away where a body was longer than what is read.
  private static final int CUT_OFF = 256;

  private static final long IDLE_MILLIS = 500;
  private static final Logger LOG = LoggerFactory.getLogger(PromptLog.class);

  /// What the gateway offers, its bodies at most [#BYTES_MAX] long.
  public record Said(
      TenantId tenant,
      String call,
      MandateId mandate,
      String upstream,
      String model,
      byte[] request,
      byte[] answer) {}

  /// What is read again.
  public record Words(String request, String answer) {}

  private sealed interface Work {
    record Keep(Said said) implements Work {}

    record Learn(TenantId tenant) implements Work {}
  }

  private final PromptLogStore store;
  private final Vault vault;
  private final InstantSource clock;
  private final BlockingQueue<Work> queue = new ArrayBlockingQueue<>(QUEUE_MAX);
  private final Map<TenantId, PromptLogPolicy> policies = new ConcurrentHashMap<>();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong kept = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final Thread thread;
  private volatile boolean closed;

  public PromptLog(PromptLogStore store, Vault vault, ChangeFeed feed, InstantSource clock) {
    this.store = store;
    this.vault = vault;
    this.clock = clock;
    feed.subscribe(this::changed);
    this.thread = Thread.ofPlatform().daemon().name("prompt-log").start(this::run);
  }

  private void changed(Change change) {
    if (change instanceof Change.PolicyChanged(var tenant)) {
      changes.incrementAndGet();
      policies.remove(tenant);
    }
  }

  /// Whether this call's texts are wanted. Memory only.
  public boolean wants(TenantId tenant) {
    PromptLogPolicy policy = policies.get(tenant);
    if (policy == null) {
      // Full: a later call asks again.
      var _ = queue.offer(new Work.Learn(tenant));
      return false;
    }
    return policy.isOn()
        && ThreadLocalRandom.current().nextInt(PromptLogPolicy.ALL) < policy.perMille();
  }

  public void offer(Said said) {
    if (closed || !queue.offer(new Work.Keep(said))) {
      dropped.incrementAndGet();
    }
  }

  private void run() {
    while (!closed || !queue.isEmpty()) {
      try {
        Work work = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (work != null) {
          run(work);
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        dropped.incrementAndGet();
        // The store's or the vault's words, which have none of the text.
        LOG.warn("a call's texts are not kept: {}", e.toString());
      }
    }
  }

  private void run(Work work) {
    switch (work) {
      case Work.Learn(var tenant) -> learn(tenant);
      case Work.Keep(var said) -> keep(said);
    }
  }

  private void learn(TenantId tenant) {
    long before = changes.get();
    PromptLogPolicy policy = store.policy(tenant);
    policies.put(tenant, policy);
    if (changes.get() != before) {
      policies.remove(tenant);
    }
  }

  private void keep(Said said) {
    PromptLogPolicy policy = store.policy(said.tenant);
    if (!policy.isOn()) {
      return;
    }
    String words =
        Json.write(
            Json.object().put("request", words(said.request)).put("answer", words(said.answer)));
    byte[] sealed =
        vault.seal(
            said.tenant,
            Kept.row(said.call),
            words.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Instant now = clock.instant();
    boolean written =
        store.keep(
            new Kept(
                said.tenant,
                said.call,
                said.mandate,
                said.upstream,
                said.model,
                now,
                now.plus(policy.kept()),
                sealed));
    if (written) {
      kept.incrementAndGet();
    }
  }

  private static String words(byte[] body) {
    String text = Texts.of(body, BYTES_MAX);
    if (body.length >= BYTES_MAX) {
      // Half of a key at the end would not be recognised as one.
      text = text.substring(0, Math.max(0, text.length() - CUT_OFF));
    }
    String redacted = Redaction.of(text);
    return redacted.substring(0, Math.min(redacted.length(), CHARACTERS_MAX));
  }

  /// Null when there is none, or it has expired. Whoever calls this writes down who asked.
  public @Nullable Words read(TenantId tenant, String call) {
    Kept found = store.find(tenant, call, clock.instant());
    if (found == null) {
      return null;
    }
    JsonNode words = Json.parse(vault.open(tenant, found.row(), found.sealed()));
    return new Words(words.path("request").asText(), words.path("answer").asText());
  }

  public long kept() {
    return kept.get();
  }

  /// Of calls that were wanted, those that found the queue full or the store away.
  public long dropped() {
    return dropped.get();
  }

  /// Keeps what was offered before, within some seconds.
  @Override
  public void close() {
    closed = true;
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
