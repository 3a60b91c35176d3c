package dev.mandate.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.platform.crypto.Secret;
import dev.mandate.storage.DatabaseUrl.Host;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseUrlTest {
  @Test
  void aUrlIsReadWhole() {
    DatabaseUrl url =
        DatabaseUrl.parse(
            "postgresql://app%40eu:p%3Aw%2F%40+@db1,[::1]:6432/man%20date?sslmode=verify-full");
    assertThat(url.hosts()).isEqualTo(List.of(new Host("db1", 5432), new Host("[::1]", 6432)));
    assertThat(url.user()).isEqualTo("app@eu");
    assertThat(Objects.requireNonNull(url.password()).reveal()).isEqualTo("p:w/@+");
    assertThat(url.name()).isEqualTo("man date");
    assertThat(url.options()).isEqualTo(Map.of("sslmode", "verify-full"));
  }

  @Test
  void theDriversSpellingIsTakenToo() {
    assertThat(DatabaseUrl.parse("jdbc:postgresql://u@h/n"))
        .isEqualTo(DatabaseUrl.parse("postgresql://u@h:5432/n"))
        .hasToString("postgresql://u@h:5432/n");
  }

  @Test
  void itPrintsWithoutThePassword() {
    assertThat(DatabaseUrl.parse("postgresql://u:canary@h/n").toString()).doesNotContain("canary");
    assertThat(DatabaseUrl.parse("postgresql://u@h/n").with(Secret.of("canary")).toString())
        .doesNotContain("canary");
  }

  @ParameterizedTest
  @CsvSource({
    "mysql://u:canary@h/n, scheme",
    "postgresql://h/n, user",
    "postgresql://:canary@/n, host",
    "postgresql://u:canary@h, database",
    "postgresql://u:canary@h/, database",
    "postgresql://u:canary@h/n/m, database",
    "postgresql://u:canary@h:x/n, number",
    "postgresql://u:canary@h:70000/n, 70000",
    "postgresql://u:canary@h/n?password=other, 'password'",
    "postgresql://u:canary@h/n?socketFactory=x, 'socketFactory'",
    "postgresql://u:canary%zz@h/n, escape",
  })
  void aMalformedUrlIsRefusedWithoutRepeatingIt(String url, String why) {
    assertThatThrownBy(() -> DatabaseUrl.parse(url))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("expected")
        .message()
        .doesNotContain("canary");
  }
}
