package dev.mandate.testing;

import dev.mandate.domain.access.Capability;
import dev.mandate.domain.access.Limits;
import dev.mandate.domain.access.LlmAccess;
import dev.mandate.domain.budget.AccountId;
import dev.mandate.domain.budget.CalendarWindows;
import dev.mandate.domain.budget.Call;
import dev.mandate.domain.budget.LedgerEntry;
import dev.mandate.domain.client.ClientId;
import dev.mandate.domain.mandate.Mandate;
import dev.mandate.domain.mandate.MandateId;
import dev.mandate.domain.upstream.Usage;
import dev.mandate.domain.user.UserId;
import dev.mandate.oauth.signin.SignInConfig;
import dev.mandate.storage.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Starts the pages with people, apps, mandates and calls to look at, for the IDE.
public final class PeopleRunner {
  private PeopleRunner() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    int port = args.length == 0 ? 8080 : Integer.parseInt(args[0]);
    Path data = Files.createTempDirectory("mandate-people");
    try (PeopleServer server =
        new PeopleServer(data, InstantSource.system(), port, SignInConfig.STANDARD)) {
      seed(server.stores());
      System.out.println(
          server.url()
              + "/mandates as mia with '"
              + Acme.PASSWORD
              + "'; "
              + server.url()
              + "/oauth/authorize?response_type=code&client_id="
              + Acme.APP
              + "&state=s&code_challenge="
              + "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256");
      Thread.currentThread().join();
    }
  }

  private static void seed(Stores stores) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    Limits small = new Limits(100L, 20_000L, 200_000L, 5_000_000L);
    mandate(
        stores, "mnd_1", Acme.APP, small, now.minus(Duration.ofDays(2)), Duration.ofDays(7), 38);
    mandate(
        stores,
        "mnd_2",
        Acme.WEB,
        new Limits(null, null, null, 20_000_000L),
        now.minus(Duration.ofDays(12)),
        Duration.ofDays(30),
        3);
    mandate(
        stores,
        "mnd_3",
        Acme.NATIVE,
        new Limits(10L, null, null, null),
        now.minus(Duration.ofHours(4)),
        Duration.ofHours(8),
        10);
    mandate(
        stores, "mnd_4", Acme.EVIL, small, now.minus(Duration.ofDays(40)), Duration.ofDays(30), 0);
    mandate(
        stores, "mnd_5", Acme.WEB, small, now.minus(Duration.ofDays(3)), Duration.ofDays(30), 7);
    stores.mandates().revoke(Acme.TENANT, new MandateId("mnd_5"), now.minus(Duration.ofDays(1)));
  }

  private static void mandate(
      Stores stores,
      String id,
      String client,
      Limits limits,
      Instant from,
      Duration life,
      int calls) {
    UserId mia = new UserId("user_mia");
    stores
        .mandates()
        .insert(
            new Mandate(
                Acme.TENANT,
                new MandateId(id),
                new ClientId(client),
                mia,
                new TreeSet<>(Set.of("offline_access")),
                List.of(
                    new LlmAccess(
                        "openai",
                        new TreeSet<>(Set.of("gpt-5-mini", "text-embedding-3-small")),
                        Set.of(Capability.CHAT, Capability.EMBEDDINGS),
                        limits,
                        from.plus(life))),
                from,
                from.plus(life),
                null,
                null));
    for (int i = 0; i < calls; i++) {
      Instant at = from.plus(Duration.ofMinutes(7L * i + 1));
      stores
          .ledger()
          .append(
              List.of(
                  new LedgerEntry(
                      new Call(
                          Acme.TENANT,
                          id + "_call_" + i,
                          new MandateId(id),
                          0,
                          new ClientId(client),
                          mia,
                          null,
                          "openai",
                          "gpt-5-mini",
                          "chat.completions",
                          "test-1"),
                      List.of(AccountId.of(Acme.TENANT, new MandateId(id), 0)),
                      at,
                      at.plusSeconds(2),
                      CalendarWindows.at(ZoneId.of("Europe/Berlin"), Instant.now()),
                      Usage.of(1_800 + 37L * i, 420 + 11L * i),
                      92_000 + 1_210L * i,
                      i % 9 == 5 ? "upstream_error" : "ok",
                      i % 7 == 3)));
    }
  }
}
