package dev.mandate.app;

import dev.mandate.domain.recovery.RevocationLog;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.tenant.Tenant;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.vault.MasterKeys;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.PasswordHasher;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.storage.Backups;
import dev.mandate.storage.DatabaseUrl;
import dev.mandate.storage.StorageException;
import dev.mandate.storage.Stores;
import dev.mandate.storage.VaultRows;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Puts a backup in the place of a database, or takes over one that PostgreSQL's tools have put
/// back, and says what of it still holds: what was revoked since stays revoked, what no master key
/// opens is dropped. Everything that it does is in the lines that it returns.
public final class Restore {
  /// @param from a backup of `mandate backup`; null when the database has been put back already
  /// @param database URL of a PostgreSQL database; comes before the configuration's
  /// @param withoutMasterKey whether what the master keys here don't open is to be dropped
  /// @param trustBackup whether nothing was revoked since that is not in the log
  public record Options(
      Path config,
      @Nullable Path from,
      @Nullable String database,
      boolean withoutMasterKey,
      boolean trustBackup,
      Map<String, String> environment) {}

  private final Options options;
  private final InstantSource clock;
  private final TokenSource tokens;
  private final List<String> lines = new ArrayList<>();

  private Restore(Options options, InstantSource clock) {
    this.options = options;
    this.clock = clock;
    this.tokens = new TokenSource(new SecureRandom(), clock);
  }

  /// @return what it did, a line each
  /// @throws StartRefused in one line, when it must not; the server does not start either then
  public static List<String> run(Options options, InstantSource clock) {
    Restore restore = new Restore(options, clock);
    try {
      restore.restore();
    } catch (StorageException | UncheckedIOException e) {
      throw new StartRefused(String.valueOf(e.getMessage()));
    }
    return List.copyOf(restore.lines);
  }

  private void restore() {
    ServerConfig config = ConfigFile.read(options.config, options.environment);
    DatabaseUrl url = DatabaseSetting.of(options.database, config, options.environment);
    MasterKeys masters = MasterKeyFiles.of(config, options.environment);
    Path from = options.from;
    if (from != null && url != null) {
      throw new StartRefused(
          "--from is for SQLite; put the database back with pg_restore, then run this without it");
    }
    PrivateFile.folder(config.data());
    if (from != null) {
      Path aside = Backups.put(from, config.data(), clock.instant());
      say("%s is in place; what it replaced is in %s", from, aside);
    }
    ChangeFeed changes = new ChangeFeed();
    try (Stores stores = Stores.open(config.data(), url, changes, clock)) {
      unlock(stores, masters);
      Settlement settlement =
          new Settlement(
              stores,
              config.data(),
              new PasswordHasher(tokens, PasswordHasher.STANDARD, 1),
              tokens,
              changes,
              clock);
      settle(stores, settlement, config.data());
    }
  }

  /// Drops what the master keys don't open, if that is wanted.
  private void unlock(Stores stores, MasterKeys masters) {
    Vault vault = new Vault(masters, stores.tenantKeys(), new SecureRandom());
    List<TenantId> closed =
        stores.tenants().all().stream()
            .map(Tenant::id)
            .filter(tenant -> Objects.equals(vault.opens(tenant), false))
            .toList();
    if (closed.isEmpty()) {
      say("the master key opens everything");
    } else if (!options.withoutMasterKey) {
      throw new StartRefused(
          "the master keys here (%s) do not open the secrets of tenants %s: give the one they are wrapped by, or drop them with --without-master-key"
              .formatted(masters.ids(), closed));
    }
    closed.forEach(tenant -> drop(stores, tenant));
    if (!closed.isEmpty() && !masters.ids().contains(stores.tenantKeys().inUse())) {
      stores.tenantKeys().use(masters.ids().first());
    }
  }

  private void drop(Stores stores, TenantId tenant) {
    VaultRows.Dropped dropped = stores.vaultRows().drop(tenant);
    say(
        "tenant %s: dropped %d signing keys (new ones are made at the start) and %d kept answers",
        tenant, dropped.signingKeys(), dropped.answers());
    for (VaultRows.Lost lost : dropped.credentials()) {
      say(
          "tenant %s: the credential of upstream %s%s must be entered again%s",
          tenant,
          lost.upstream(),
          lost.owner() == null ? "" : " of user " + lost.owner(),
          lost.hint().isEmpty() ? "" : " (it ended in " + lost.hint() + ")");
    }
    if (dropped.adminSecrets() > 0) {
      say(
          "tenant %s: %d providers' admin keys must be entered again before keys are rotated",
          tenant, dropped.adminSecrets());
    }
    dropped.webhooks().forEach(url -> say("tenant %s: make webhook %s again", tenant, url));
  }

  private void settle(Stores stores, Settlement settlement, Path data) {
    Instant now = clock.instant();
    Instant copied = stores.recovery().copyTakenAt();
    Instant takenAt = copied == null ? stores.recovery().latest() : copied;
    Instant since = RevocationLog.completeSince(data.resolve(RevocationLog.FILE), now);
    boolean covered = since != null && !since.isAfter(takenAt);
    Map<String, String> details = new LinkedHashMap<>();
    details.put("taken_at", takenAt.toString());
    try (RevocationLog log = settlement.follow(true, !options.trustBackup)) {
      RevocationLog.Outcome outcome = log.outcome();
      details.putAll(Settlement.counts(outcome));
      say(
          "the backup is of %s; %d revocations since were taken from this node's log",
          takenAt, outcome.reapplied());
      if (options.trustBackup) {
        say("trusted: sessions, refresh tokens, API keys and mandates hold as the backup has them");
      } else {
        say(
            "ended: %d sessions and %d families of refresh tokens; people sign in again, apps ask"
                + " again",
            outcome.sessions(), outcome.refreshTokens());
      }
      if (!covered && !options.trustBackup) {
        endEverything(stores, now, details);
      }
      if (outcome.policies() > 0) {
        say(
            "look at them: %d changes of roles' terms, upstreams, budgets or credentials since are"
                + " not in the log",
            outcome.policies());
      }
      say(
          "spending since %s is known as far as the journal in %s still has it: look at budgets",
          takenAt, data);
      details.put("log", covered ? "complete" : "missing");
      details.put("trusted", String.valueOf(options.trustBackup));
      stores.recovery().settle();
      settlement.audit("database.restored", details);
    }
  }

  /// Nobody knows what was revoked since.
  private void endEverything(Stores stores, Instant now, Map<String, String> details) {
    int mandates = 0;
    int keys = 0;
    for (Tenant tenant : stores.tenants().all()) {
      keys += stores.recovery().endApiKeys(tenant.id(), now);
      mandates += stores.recovery().endMandates(tenant.id(), now);
    }
    details.put("mandates_ended", String.valueOf(mandates));
    details.put("api_keys_ended", String.valueOf(keys));
    say(
        "no log says what was revoked since: ended %d mandates and %d API keys too, those of"
            + " admin-keys among them: put new ones in their files (--trust-backup keeps all)",
        mandates, keys);
  }

  private void say(String text, Object... values) {
    lines.add(text.formatted(values));
  }
}
