package dev.mandate.storage;

import dev.mandate.domain.apikey.ApiKeyStore;
import dev.mandate.domain.audit.AuditStore;
import dev.mandate.domain.authorization.DeviceStore;
import dev.mandate.domain.authorization.PendingStore;
import dev.mandate.domain.authorization.PushedStore;
import dev.mandate.domain.budget.BudgetStore;
import dev.mandate.domain.budget.LeaseStore;
import dev.mandate.domain.budget.LedgerStore;
import dev.mandate.domain.budget.UsageStore;
import dev.mandate.domain.client.ClientStore;
import dev.mandate.domain.credential.CredentialLifeStore;
import dev.mandate.domain.credential.CredentialPolicyStore;
import dev.mandate.domain.credential.CredentialStore;
import dev.mandate.domain.credential.RotationStore;
import dev.mandate.domain.idempotency.IdempotencyStore;
import dev.mandate.domain.mandate.MandateStore;
import dev.mandate.domain.monitoring.FindingStore;
import dev.mandate.domain.monitoring.MonitoringStore;
import dev.mandate.domain.monitoring.RestraintStore;
import dev.mandate.domain.node.Node;
import dev.mandate.domain.node.NodeStore;
import dev.mandate.domain.notice.AlertAddressStore;
import dev.mandate.domain.notice.DeliveryStore;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.notice.WebhookStore;
import dev.mandate.domain.prompt.PromptStore;
import dev.mandate.domain.promptlog.PromptLogStore;
import dev.mandate.domain.providerstate.StoredObjectStore;
import dev.mandate.domain.ratelimit.RateLimitStore;
import dev.mandate.domain.ratelimit.RateShareStore;
import dev.mandate.domain.recovery.RecoveryStore;
import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.domain.session.SessionStore;
import dev.mandate.domain.session.SignInThrottle;
import dev.mandate.domain.signingkey.SigningKeyStore;
import dev.mandate.domain.tenant.ConfiguredStore;
import dev.mandate.domain.tenant.TenantStore;
import dev.mandate.domain.tier.ModelTierStore;
import dev.mandate.domain.token.CodeStore;
import dev.mandate.domain.token.RefreshTokenStore;
import dev.mandate.domain.token.RevokedTokenStore;
import dev.mandate.domain.token.UsedOnceStore;
import dev.mandate.domain.upstream.UpstreamStore;
import dev.mandate.domain.user.RoleStore;
import dev.mandate.domain.user.UserStore;
import dev.mandate.domain.vault.TenantKeyStore;
import dev.mandate.platform.crypto.Secret;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Every store over one open database.
public final class Stores implements AutoCloseable {
  private final Database database;
  private final DataFolder folder;
  private final JdbcNodeStore nodes;
  private final @Nullable RevocationReader revocations;
  private final TenantStore tenants;
  private final ConfiguredStore configured;
  private final UserStore users;
  private final RoleStore roles;
  private final ModelTierStore modelTiers;
  private final PromptStore prompts;
  private final ClientStore clients;
  private final UpstreamStore upstreams;
  private final MandateStore mandates;
  private final PendingStore pendings;
  private final PushedStore pushed;
  private final DeviceStore devices;
  private final CodeStore codes;
  private final RefreshTokenStore refreshTokens;
  private final RevokedTokenStore revokedTokens;
  private final UsedOnceStore usedOnce;
  private final SessionStore sessions;
  private final SignInThrottle signInThrottle;
  private final SigningKeyStore signingKeys;
  private final ApiKeyStore apiKeys;
  private final TenantKeyStore tenantKeys;
  private final RecoveryStore recovery;
  private final VaultRows vaultRows;
  private final CredentialStore credentials;
  private final CredentialLifeStore credentialLives;
  private final CredentialPolicyStore credentialPolicies;
  private final RotationStore rotations;
  private final BudgetStore budgets;
  private final IdempotencyStore idempotency;
  private final JdbcLedgerStore ledger;
  private final UsageStore usage;
  private final PromptLogStore promptLog;
  private final LeaseStore leases;
  private final NoticeStore notices;
  private final DeliveryStore deliveries;
  private final WebhookStore webhooks;
  private final MonitoringStore monitoring;
  private final FindingStore findings;
  private final RestraintStore restraints;
  private final AlertAddressStore alertAddresses;
  private final StoredObjectStore storedObjects;
  private final RateLimitStore rateLimits;
  private final RateShareStore rateShares;
  private final JdbcAuditStore audit;
  private final Housekeeping housekeeping;

  private Stores(Database database, DataFolder folder, ChangeFeed changes, InstantSource clock) {
    this.database = database;
    this.folder = folder;
    this.nodes = JdbcNodeStore.start(database, folder.node());
    this.revocations = hearing(database, changes, nodes);
    Announcements announcements = new Announcements(database, changes, nodes.self(), clock);
    this.tenants = new JdbcTenantStore(database, announcements);
    this.configured = new JdbcConfiguredStore(database);
    this.users = new JdbcUserStore(database, announcements);
    this.roles = new JdbcRoleStore(database, announcements);
    this.modelTiers = new JdbcModelTierStore(database, announcements);
    this.prompts = new JdbcPromptStore(database, announcements);
    this.clients = new JdbcClientStore(database, announcements);
    this.upstreams = new JdbcUpstreamStore(database, announcements);
    this.mandates = new JdbcMandateStore(database, announcements);
    this.pendings = new JdbcPendingStore(database);
    this.pushed = new JdbcPushedStore(database);
    this.devices = new JdbcDeviceStore(database);
    this.codes = new JdbcCodeStore(database);
    this.refreshTokens = new JdbcRefreshTokenStore(database);
    this.revokedTokens = new JdbcRevokedTokenStore(database, announcements);
    this.usedOnce = new JdbcUsedOnceStore(database);
    this.sessions = new JdbcSessionStore(database);
    this.signInThrottle = new JdbcSignInThrottle(database);
    this.signingKeys = new JdbcSigningKeyStore(database);
    this.apiKeys = new JdbcApiKeyStore(database, announcements);
    this.tenantKeys = new JdbcTenantKeyStore(database, nodes.self());
    this.recovery = new JdbcRecoveryStore(database, announcements, nodes.self());
    this.vaultRows = new VaultRows(database);
    this.credentials = new JdbcCredentialStore(database, announcements);
    this.credentialLives = new JdbcCredentialLifeStore(database, announcements);
    this.credentialPolicies = new JdbcCredentialPolicyStore(database, announcements);
    this.rotations = new JdbcRotationStore(database, announcements);
    this.budgets = new JdbcBudgetStore(database, announcements);
    this.idempotency = new JdbcIdempotencyStore(database);
    this.ledger = new JdbcLedgerStore(database, clock);
    this.usage = new UsageDays(database);
    this.promptLog = new JdbcPromptLogStore(database, announcements);
    this.leases = new JdbcLeaseStore(database, ledger);
    this.notices = new JdbcNoticeStore(database);
    this.deliveries = new JdbcDeliveryStore(database);
    this.webhooks = new JdbcWebhookStore(database);
    this.monitoring = new JdbcMonitoringStore(database);
    this.findings = new JdbcFindingStore(database, announcements);
    this.restraints = new JdbcRestraintStore(database, announcements);
    this.alertAddresses = new JdbcAlertAddressStore(database);
    this.storedObjects = new JdbcStoredObjectStore(database, announcements);
    this.rateLimits = new JdbcRateLimitStore(database, announcements);
    this.rateShares = new JdbcRateShareStore(database);
    this.audit = new JdbcAuditStore(database, clock);
    this.housekeeping = new Housekeeping(database);
  }

  /// Opens the SQLite database in this folder, making both where they are missing.
  public static Stores open(Path dataFolder, ChangeFeed changes, InstantSource clock) {
    return open(dataFolder, null, changes, clock);
  }

  /// Opens a database and locks the folder, which is made where it is missing, for this process.
  ///
  /// @param url of a PostgreSQL database; without one it is SQLite's, in the folder
  /// @param changes hears of every change after its commit
  /// @throws StorageException in one clear line, when another process has the folder, or the
  ///   database cannot be reached, is of a later release or cannot be kept safe
  public static Stores open(
      Path dataFolder, @Nullable DatabaseUrl url, ChangeFeed changes, InstantSource clock) {
    DataFolder folder = DataFolder.lock(dataFolder);
    try {
      Database database =
          url == null ? SqliteDatabase.open(folder.database()) : PostgresDatabase.open(url);
      try {
        return new Stores(database, folder, changes, clock);
      } catch (RuntimeException e) {
        database.close();
        throw e;
      }
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private static @Nullable RevocationReader hearing(
      Database database, ChangeFeed changes, JdbcNodeStore nodes) {
    try {
      return switch (database) {
        case SqliteDatabase _ -> null;
        case PostgresDatabase postgres -> RevocationReader.start(postgres.server(), changes, nodes);
      };
    } catch (RuntimeException e) {
      nodes.close();
      throw e;
    }
  }

  /// This process, as the other nodes of its database know it.
  public Node node() {
    return nodes.self();
  }

  public NodeStore nodes() {
    return nodes;
  }

  public TenantStore tenants() {
    return tenants;
  }

  public ConfiguredStore configured() {
    return configured;
  }

  public UserStore users() {
    return users;
  }

  public RoleStore roles() {
    return roles;
  }

  public PromptStore prompts() {
    return prompts;
  }

  public ModelTierStore modelTiers() {
    return modelTiers;
  }

  public ClientStore clients() {
    return clients;
  }

  public UpstreamStore upstreams() {
    return upstreams;
  }

  public MandateStore mandates() {
    return mandates;
  }

  public PendingStore pendings() {
    return pendings;
  }

  public PushedStore pushed() {
    return pushed;
  }

  public DeviceStore devices() {
    return devices;
  }

  public CodeStore codes() {
    return codes;
  }

  public RefreshTokenStore refreshTokens() {
    return refreshTokens;
  }

  public RevokedTokenStore revokedTokens() {
    return revokedTokens;
  }

  public UsedOnceStore usedOnce() {
    return usedOnce;
  }

  public SessionStore sessions() {
    return sessions;
  }

  public SignInThrottle signInThrottle() {
    return signInThrottle;
  }

  public SigningKeyStore signingKeys() {
    return signingKeys;
  }

  public ApiKeyStore apiKeys() {
    return apiKeys;
  }

  public TenantKeyStore tenantKeys() {
    return tenantKeys;
  }

  /// For what a database that was put back must be told.
  public RecoveryStore recovery() {
    return recovery;
  }

  /// What only a tenant's key opens.
  public VaultRows vaultRows() {
    return vaultRows;
  }

  public CredentialStore credentials() {
    return credentials;
  }

  public CredentialLifeStore credentialLives() {
    return credentialLives;
  }

  public CredentialPolicyStore credentialPolicies() {
    return credentialPolicies;
  }

  public RotationStore rotations() {
    return rotations;
  }

  public BudgetStore budgets() {
    return budgets;
  }

  public IdempotencyStore idempotency() {
    return idempotency;
  }

  public PromptLogStore promptLog() {
    return promptLog;
  }

  public UsageStore usage() {
    return usage;
  }

  public LedgerStore ledger() {
    return ledger;
  }

  /// Needed where other nodes share the database.
  public LeaseStore leases() {
    return leases;
  }

  public NoticeStore notices() {
    return notices;
  }

  public DeliveryStore deliveries() {
    return deliveries;
  }

  public WebhookStore webhooks() {
    return webhooks;
  }

  public MonitoringStore monitoring() {
    return monitoring;
  }

  public FindingStore findings() {
    return findings;
  }

  public RestraintStore restraints() {
    return restraints;
  }

  public AlertAddressStore alertAddresses() {
    return alertAddresses;
  }

  public StoredObjectStore storedObjects() {
    return storedObjects;
  }

  public RateLimitStore rateLimits() {
    return rateLimits;
  }

  /// Needed where other nodes share the database.
  public RateShareStore rateShares() {
    return rateShares;
  }

  public AuditStore audit() {
    return audit;
  }

  public Housekeeping housekeeping() {
    return housekeeping;
  }

  /// Runs what no other node may do at the same time; the others wait.
  public void inTurn(Runnable work) {
    switch (database) {
      case SqliteDatabase _ -> work.run();
      case PostgresDatabase postgres -> postgres.server().inTurn(work);
    }
  }

  /// Connects with this password from now on; connections that are open stay. Of no use for SQLite.
  ///
  /// @throws StorageException in one line when the server does not take it; then nothing changes
  public void databasePassword(Secret password) {
    if (database instanceof PostgresDatabase postgres) {
      postgres.server().password(password);
    }
  }

  /// Whether the database answers; for readiness.
  public boolean answers() {
    return database.read(handle -> handle.createQuery("SELECT 1").mapTo(Integer.class).one() == 1);
  }

  /// How busy the database is; for metrics.
  public DatabaseLoad load() {
    return database.load();
  }

  /// Audit events that wait for a transaction; for metrics.
  public int auditWaiting() {
    return audit.waiting();
  }

  /// Audit events that found no room or were not stored; for metrics.
  public long auditLost() {
    return audit.lost();
  }

  /// Checks the database's own structure. Slow on a large one.
  ///
  /// @return what is wrong, or null when it is whole
  public @Nullable String integrity() {
    return database.integrity();
  }

  /// The database under the stores, for tests.
  Database database() {
    return database;
  }

  /// Finishes every write that was accepted, then closes and unlocks the folder.
  @Override
  public void close() {
    try (folder;
        database;
        nodes;
        RevocationReader _ = revocations) {
      audit.close();
    }
  }
}
