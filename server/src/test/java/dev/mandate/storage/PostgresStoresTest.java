package dev.mandate.storage;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.testing.Postgres;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;

/// Every store's contract, on PostgreSQL, a database a test.
@Order(2) // Takes long: among the first, so that nothing waits for it alone at the end.
class PostgresStoresTest {
  static Stores open(Path folder, ChangeFeed changes, InstantSource clock) {
    return Stores.open(folder, Postgres.database(), changes, clock);
  }

  @Nested
  class TenantStore extends TenantStoreContract {
    TenantStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class UserStore extends UserStoreContract {
    UserStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class RoleStore extends RoleStoreContract {
    RoleStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class ModelTierStore extends ModelTierStoreContract {
    ModelTierStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class PromptStore extends PromptStoreContract {
    PromptStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class BudgetStore extends BudgetStoreContract {
    BudgetStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class ClientStore extends ClientStoreContract {
    ClientStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class UpstreamStore extends UpstreamStoreContract {
    UpstreamStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class MandateStore extends MandateStoreContract {
    MandateStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class PendingStore extends PendingStoreContract {
    PendingStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class PushedStore extends PushedStoreContract {
    PushedStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class DeviceStore extends DeviceStoreContract {
    DeviceStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class CodeStore extends CodeStoreContract {
    CodeStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class RefreshTokenStore extends RefreshTokenStoreContract {
    RefreshTokenStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class RevokedTokenStore extends RevokedTokenStoreContract {
    RevokedTokenStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class UsedOnceStore extends UsedOnceStoreContract {
    UsedOnceStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class StoredObjectStore extends StoredObjectStoreContract {
    StoredObjectStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class SessionStore extends SessionStoreContract {
    SessionStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class SignInThrottleTest extends SignInThrottleContract {
    SignInThrottleTest() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class SigningKeyStore extends SigningKeyStoreContract {
    SigningKeyStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class ApiKeyStore extends ApiKeyStoreContract {
    ApiKeyStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class TenantKeyStore extends TenantKeyStoreContract {
    TenantKeyStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class CredentialStore extends CredentialStoreContract {
    CredentialStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class IdempotencyStore extends IdempotencyStoreContract {
    IdempotencyStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class LedgerStore extends LedgerStoreContract {
    LedgerStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class LeaseStore extends LeaseStoreContract {
    LeaseStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class AuditStore extends AuditStoreContract {
    AuditStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class NoticeStore extends NoticeStoreContract {
    NoticeStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class MonitoringStore extends MonitoringStoreContract {
    MonitoringStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class RateLimitStore extends RateLimitStoreContract {
    RateLimitStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class RateShareStore extends RateShareStoreContract {
    RateShareStore() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class HousekeepingTest extends HousekeepingContract {
    HousekeepingTest() {
      super(PostgresStoresTest::open);
    }
  }

  @Nested
  class TenantIsolationTest extends TenantIsolationContract {
    TenantIsolationTest() {
      super(PostgresStoresTest::open);
    }
  }
}
