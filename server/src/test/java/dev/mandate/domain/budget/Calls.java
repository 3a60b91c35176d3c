package dev.mandate.domain.budget;

import dev.mandate.domain.access.Limits;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.user.UserId;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/// Calls and accounts for tests.
final class Calls {
  static final TenantId TENANT = TenantId.DEFAULT;
  static final MandateId MANDATE = new MandateId("mdt_01hq3v9k7t8xkz5n2m4p6r8s0t");
  static final UserId USER = new UserId("usr_01hq3v9k7t8xkz5n2m4p6r8s0t");
  static final AccountId OF_MANDATE = AccountId.of(TENANT, MANDATE, 0);
  static final AccountId OF_USER = AccountId.of(TENANT, USER);

  /// Small segments and no waiting.
  static final BudgetBounds SMALL =
      new BudgetBounds(16 * 1024, 16, 10_000, 1_000, 8, Duration.ofMillis(1), Duration.ofMillis(5));

  private Calls() {}

  static Call call(String id) {
    return new Call(
        TENANT,
        id,
        MANDATE,
        0,
        new ClientId("cli_01hq3v9k7t8xkz5n2m4p6r8s0t"),
        USER,
        null,
        "openai",
        "gpt-5.2-mini",
        "chat.completions",
        "2026-11-01");
  }

  static Account account(AccountId id, Limits limits) {
    return account(id, limits, ZoneOffset.UTC);
  }

  static Account account(AccountId id, Limits limits, ZoneId zone) {
    return new Account(id, limits, zone);
  }

  static Limits limits(
      @Nullable Integer requests,
      @Nullable Integer tokensPerRequest,
      @Nullable Integer tokensPerDay,
      @Nullable Integer costMicros) {
    return new Limits(wide(requests), wide(tokensPerRequest), wide(tokensPerDay), wide(costMicros));
  }

  private static @Nullable Long wide(@Nullable Integer value) {
    return value == null ? null : Long.valueOf(value);
  }
}
