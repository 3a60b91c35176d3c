package dev.mandate.app;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the files of secrets now and then, and takes what changed. A file counts by its
/// content, for Kubernetes swaps links; and only when two looks in a row found the same, for it may
/// be half-written. While a file is empty, unreadable or holds what won't do, the secret stays as
/// it was, and one line of the log says why.
final class SecretWatch {
  private static final Logger log = LoggerFactory.getLogger(SecretWatch.class);

  /// What a secret is for.
  sealed interface Purpose {
    record Credential(String tenant, String upstream) implements Purpose {
      @Override
      public String toString() {
        return "the credential of upstream " + upstream + " of tenant " + tenant;
      }
    }

    record ClientSecret(String tenant, String client) implements Purpose {
      @Override
      public String toString() {
        return "the secret of client " + client + " of tenant " + tenant;
      }
    }

    record DatabasePassword() implements Purpose {
      @Override
      public String toString() {
        return "the database's password";
      }
    }
  }

  /// A secret and the file that it comes from.
  record Watched(Purpose purpose, SecretSource source) {}

  /// Puts a new secret to its use.
  @FunctionalInterface
  interface Taker {
    /// @throws RuntimeException with a message for people, when it won't do; it is tried again
    void take(Purpose purpose, Secret secret);
  }

  private final List<File> files = new ArrayList<>();

  /// What is in the files now counts as taken: whoever reads them next reads this or something
  /// newer.
  SecretWatch(List<Watched> watched) {
    for (Watched one : watched) {
      if (one.source.file() != null) {
        files.add(new File(one));
      }
    }
  }

  /// All that the configuration names.
  static SecretWatch of(ServerConfig config) {
    List<Watched> watched = new ArrayList<>();
    config
        .databasePasswordFile()
        .ifPresent(source -> watched.add(new Watched(new Purpose.DatabasePassword(), source)));
    add(watched, dev.mandate.domain.tenant.TenantId.DEFAULT.value(), config);
    config.tenants().forEach((slug, tree) -> add(watched, slug, tree));
    return new SecretWatch(watched);
  }

  private static void add(List<Watched> watched, String tenant, TenantTree tree) {
    tree.upstreams()
        .forEach(
            (name, upstream) ->
                watched.add(
                    new Watched(new Purpose.Credential(tenant, name), upstream.credentialFile())));
    tree.clients()
        .forEach(
            (id, client) ->
                client
                    .secretFile()
                    .ifPresent(
                        source ->
                            watched.add(
                                new Watched(new Purpose.ClientSecret(tenant, id), source))));
  }

  boolean isEmpty() {
    return files.isEmpty();
  }

  /// One look at all. Called by one thread.
  void look(Taker taker) {
    files.forEach(file -> file.look(taker));
  }

  private static final class File {
    private final Watched watched;
    private @Nullable TokenHash taken;
    private @Nullable TokenHash seen;
    private @Nullable String complaint;

    File(Watched watched) {
      this.watched = watched;
      try {
        taken = TokenHash.of(read());
      } catch (StartRefused e) {
        // The start says so itself, if it needs it.
        log.debug("not readable at the start", e);
      }
    }

    private Secret read() {
      return watched.source.read(Map.of());
    }

    void look(Taker taker) {
      try {
        Secret secret = read();
        TokenHash now = TokenHash.of(secret);
        if (now.equals(taken)) {
          seen = null;
        } else if (!now.equals(seen)) {
          seen = now;
          return;
        } else {
          taker.take(watched.purpose, secret);
          taken = now;
          seen = null;
          log.info("{} was taken anew from {}", watched.purpose, watched.source);
        }
        complaint = null;
      } catch (RuntimeException e) {
        if (e instanceof StartRefused) {
          seen = null;
        }
        complain(String.valueOf(e.getMessage()));
      }
    }

    private void complain(String why) {
      if (!why.equals(complaint)) {
        log.warn("{} stays as it was: {}", watched.purpose, why);
        complaint = why;
      }
    }
  }
}
