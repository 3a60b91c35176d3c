package dev.mandate.gateway.relay;

import dev.mandate.domain.credential.Rejections;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.gateway.mandating.ProviderKey;
import dev.mandate.gateway.mandating.Target;
import dev.mandate.gateway.snapshot.TenantKey;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears that a provider refused a key, on an event loop, and has it written down elsewhere: once,
/// however many calls hear it at the same time.
final class KeyWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KeyWatch.class);
  private static final int UNAUTHORIZED = 401;
  private static final int THREADS = 2;

  /// Beyond which a refusal is only logged: the next one tells the same.
  private static final int UNDER_WAY_MAX = 100;

  private final Rejections rejections;
  private final WorkerExecutor workers;
  private final Set<TenantKey<String>> underWay = ConcurrentHashMap.newKeySet();

  /// With threads of its own: a provider that is slow to answer a test holds up no call.
  KeyWatch(Vertx vertx, Rejections rejections) {
    this.rejections = rejections;
    this.workers = vertx.createSharedWorkerExecutor("credentials", THREADS);
  }

  /// 401 says that the key is bad. 403 can be about what was asked for: a caller must not be able
  /// to take the tenant's key out of use by asking for what the provider forbids, so it is tested
  /// first.
  void refused(Target target, ProviderKey key, int status, String requestId) {
    boolean certain = status == UNAUTHORIZED;
    if (certain) {
      key.refuse();
    }
    TenantId tenant = target.upstream().tenant();
    TenantKey<String> which = new TenantKey<>(tenant, key.credential());
    if (underWay.size() >= UNDER_WAY_MAX || !underWay.add(which)) {
      return;
    }
    var _ =
        workers
            .executeBlocking(
                () -> {
                  if (certain) {
                    rejections.rejected(target.upstream(), key.credential(), requestId);
                  } else {
                    rejections.suspected(
                        target.upstream(), key.credential(), key.secret(), requestId);
                  }
                  return true;
                },
                false)
            .onComplete(
                _ -> underWay.remove(which),
                failure -> {
                  underWay.remove(which);
                  log.error(
                      "{} credential {} was refused, which could not be stored",
                      requestId,
                      key.credential(),
                      failure);
                });
  }

  @Override
  public void close() {
    workers.close().toCompletionStage().toCompletableFuture().join();
  }
}
