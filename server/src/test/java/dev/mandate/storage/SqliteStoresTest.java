package dev.mandate.storage;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;

/// Every store's contract, on SQLite.
@Order(1) // Takes long: among the first, so that nothing waits for it alone at the end.
class SqliteStoresTest {
  @Nested
  class TenantStore extends TenantStoreContract {
    TenantStore() {
      super(Stores::open);
    }
  }

  @Nested
  class UserStore extends UserStoreContract {
    UserStore() {
      super(Stores::open);
    }
  }

  @Nested
  class RoleStore extends RoleStoreContract {
    RoleStore() {
      super(Stores::open);
    }
  }

  @Nested
  class ModelTierStore extends ModelTierStoreContract {
    ModelTierStore() {
      super(Stores::open);
    }
  }

  @Nested
  class PromptStore extends PromptStoreContract {
    PromptStore() {
      super(Stores::open);
    }
  }

  @Nested
  class BudgetStore extends BudgetStoreContract {
    BudgetStore() {
      super(Stores::open);
    }
  }

  @Nested
  class ClientStore extends ClientStoreContract {
    ClientStore() {
      super(Stores::open);
    }
  }

  @Nested
  class UpstreamStore extends UpstreamStoreContract {
    UpstreamStore() {
      super(Stores::open);
    }
  }

  @Nested
  class MandateStore extends MandateStoreContract {
    MandateStore() {
      super(Stores::open);
    }
  }

  @Nested
  class PendingStore extends PendingStoreContract {
    PendingStore() {
      super(Stores::open);
    }
  }

  @Nested
  class PushedStore extends PushedStoreContract {
    PushedStore() {
      super(Stores::open);
    }
  }

  @Nested
  class DeviceStore extends DeviceStoreContract {
    DeviceStore() {
      super(Stores::open);
    }
  }

  @Nested
  class CodeStore extends CodeStoreContract {
    CodeStore() {
      super(Stores::open);
    }
  }

  @Nested
  class RefreshTokenStore extends RefreshTokenStoreContract {
    RefreshTokenStore() {
      super(Stores::open);
    }
  }

  @Nested
  class RevokedTokenStore extends RevokedTokenStoreContract {
    RevokedTokenStore() {
      super(Stores::open);
    }
  }

  @Nested
  class UsedOnceStore extends UsedOnceStoreContract {
    UsedOnceStore() {
      super(Stores::open);
    }
  }

  @Nested
  class StoredObjectStore extends StoredObjectStoreContract {
    StoredObjectStore() {
      super(Stores::open);
    }
  }

  @Nested
  class SessionStore extends SessionStoreContract {
    SessionStore() {
      super(Stores::open);
    }
  }

  @Nested
  class SignInThrottleTest extends SignInThrottleContract {
    SignInThrottleTest() {
      super(Stores::open);
    }
  }

  @Nested
  class SigningKeyStore extends SigningKeyStoreContract {
    SigningKeyStore() {
      super(Stores::open);
    }
  }

  @Nested
  class ApiKeyStore extends ApiKeyStoreContract {
    ApiKeyStore() {
      super(Stores::open);
    }
  }

  @Nested
  class TenantKeyStore extends TenantKeyStoreContract {
    TenantKeyStore() {
      super(Stores::open);
    }
  }

  @Nested
  class CredentialStore extends CredentialStoreContract {
    CredentialStore() {
      super(Stores::open);
    }
  }

  @Nested
  class IdempotencyStore extends IdempotencyStoreContract {
    IdempotencyStore() {
      super(Stores::open);
    }
  }

  @Nested
  class LedgerStore extends LedgerStoreContract {
    LedgerStore() {
      super(Stores::open);
    }
  }

  @Nested
  class LeaseStore extends LeaseStoreContract {
    LeaseStore() {
      super(Stores::open);
    }
  }

  @Nested
  class AuditStore extends AuditStoreContract {
    AuditStore() {
      super(Stores::open);
    }
  }

  @Nested
  class NoticeStore extends NoticeStoreContract {
    NoticeStore() {
      super(Stores::open);
    }
  }

  @Nested
  class MonitoringStore extends MonitoringStoreContract {
    MonitoringStore() {
      super(Stores::open);
    }
  }

  @Nested
  class RateLimitStore extends RateLimitStoreContract {
    RateLimitStore() {
      super(Stores::open);
    }
  }

  @Nested
  class RateShareStore extends RateShareStoreContract {
    RateShareStore() {
      super(Stores::open);
    }
  }

  @Nested
  class HousekeepingTest extends HousekeepingContract {
    HousekeepingTest() {
      super(Stores::open);
    }
  }

  @Nested
  class TenantIsolationTest extends TenantIsolationContract {
    TenantIsolationTest() {
      super(Stores::open);
    }
  }
}
