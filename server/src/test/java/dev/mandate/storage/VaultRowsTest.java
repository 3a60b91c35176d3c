package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.revocation.ChangeFeed;
import dev.mandate.testing.TestClock;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where something new is sealed: [VaultRows#drop] must drop it too.
class VaultRowsTest {
  @Test
  void everythingThatIsSealedIsKnown(@TempDir Path folder) {
    try (Stores stores = Stores.open(folder, new ChangeFeed(), new TestClock())) {
      List<String> columns =
          stores
              .database()
              .read(
                  handle ->
                      handle
                          .createQuery(
                              """
                              SELECT t.name || '.' || c.name AS sealed
                              FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                              WHERE t.type = 'table' AND c.name LIKE 'sealed%'
                              """)
                          .map((row, _) -> row.getString("sealed"))
                          .list());
      assertThat(columns)
          .containsExactlyInAnyOrder(
              "credential_policies.sealed_admin_secret",
              "credentials.sealed_secret",
              "idempotency_keys.sealed_answer",
              // Under a key of its predecessor's, which the client has.
              "refresh_tokens.sealed_successor",
              "prompt_log.sealed",
              "signing_keys.sealed_jwk",
              "webhooks.sealed_previous",
              "webhooks.sealed_secret");
    }
  }
}
