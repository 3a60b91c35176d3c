package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Schema;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.Sender.Attempt;
import dev.mandate.domain.notice.Webhook;
import dev.mandate.domain.notice.WebhookSecret;
import dev.mandate.domain.notice.WebhookSender;
import dev.mandate.domain.notice.WebhookStore;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.crypto.TokenSource;
import dev.mandate.platform.json.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/webhooks`: where a tenant's notices are posted, signed as Standard Webhooks says.
public final class WebhooksApi {
  private static final Duration OVERLAP_DEFAULT = Duration.ofDays(1);
  private static final Duration OVERLAP_MAX = Duration.ofDays(7);

  private static final Problem TOO_MANY =
      new Problem(
          409,
          "too_many_webhooks",
          "A tenant has at most " + WebhookStore.PER_TENANT_MAX + " webhooks");

  private static final Schema URL =
      Schema.string(1, Egress.CHARACTERS_MAX)
          .describe("https, at a public address.")
          .example("https://hooks.example/mandate");

  private static final Schema KINDS =
      Schema.set(Schema.oneOf(Notice.Kind.wires()), Notice.Kind.values().length)
          .describe("Of the notices that it wants; none stands for all.");

  private static final Schema SECRET =
      Schema.text().describe("Signs the messages (`whsec_…`); shown in this answer only.");

  private static final Schema WEBHOOK = described("Webhook", "Where notices are posted.");

  private static final Schema WITH_SECRET =
      described("WebhookWithSecret", "A webhook, this once with its secret.")
          .with("secret", SECRET);

  private static final Schema NEW_WEBHOOK =
      Schema.body("NewWebhook", "Where notices are to be posted.")
          .with("url", URL)
          .maybe("kinds", KINDS.byDefault(List.of()));

  private static final Schema SETTINGS =
      Schema.body("WebhookSettings", "What can be changed of a webhook.")
          .with("url", URL)
          .with("kinds", KINDS)
          .with("disabled", Schema.flag());

  private static final Schema ROTATION =
      Schema.body("WebhookRotation", "How the secret is replaced.")
          .maybe(
              "overlap",
              Schema.integer(0, OVERLAP_MAX.toSeconds())
                  .byDefault(OVERLAP_DEFAULT.toSeconds())
                  .describe("Seconds for which messages are signed with the old secret too."));

  private static final Schema TESTED =
      Schema.answer("WebhookTest", "What became of a test message.")
          .with("id", Schema.text().describe("Of the webhook."))
          .with("taken", Schema.flag())
          .maybe("problem", Schema.string(1, 300));

  private final WebhookStore webhooks;
  private final WebhookSender sender;
  private final Vault vault;
  private final Egress egress;
  private final TokenSource tokens;

  public WebhooksApi(
      WebhookStore webhooks, WebhookSender sender, Vault vault, Egress egress, TokenSource tokens) {
    this.webhooks = webhooks;
    this.sender = sender;
    this.vault = vault;
    this.egress = egress;
    this.tokens = tokens;
  }

  private static Schema described(String name, String description) {
    return Schema.answer(name, description)
        .with("id", Schema.text())
        .with("url", URL)
        .with("kinds", KINDS)
        .with("disabled", Schema.flag())
        .maybe("disabled_why", Schema.string(1, 300))
        .with("created_at", Schema.instant());
  }

  public List<Operation> operations() {
    Single<Webhook> one =
        new Single<>(
            "/webhooks/{webhook_id}",
            WEBHOOK,
            call -> webhooks.find(call.tenant(), call.path("webhook_id")),
            (_, webhook) -> json(webhook));
    return List.of(
        Operation.list("listWebhooks", AdminScope.NOTICES_READ, "/webhooks", WEBHOOK, this::page)
            .says("Lists webhooks, oldest first"),
        Operation.create(
                "createWebhook",
                AdminScope.NOTICES_WRITE,
                "/webhooks",
                NEW_WEBHOOK,
                WITH_SECRET,
                this::create)
            .says("Makes a webhook; its secret is shown once")
            .audited("webhook.created")
            .mayRefuse(TOO_MANY),
        Operation.read("readWebhook", AdminScope.NOTICES_READ, one).says("Reads a webhook"),
        Operation.patch(
                "changeWebhook",
                AdminScope.NOTICES_WRITE,
                one,
                SETTINGS,
                this::changed,
                webhooks::replace)
            .says("Changes a webhook, disables or enables it")
            .audited("webhook.changed"),
        Operation.remove(
                "removeWebhook",
                AdminScope.NOTICES_WRITE,
                one,
                (_, expected) -> webhooks.delete(expected))
            .says("Removes a webhook; what waits for it is given up")
            .audited("webhook.removed"),
        Operation.act(
                "rotateWebhookSecret",
                AdminScope.NOTICES_WRITE,
                one,
                "rotate",
                ROTATION,
                WITH_SECRET,
                this::rotate)
            .says("Makes a new secret; for a while messages are signed with the old one too")
            .audited("webhook.rotated"),
        Operation.act(
                "testWebhook", AdminScope.NOTICES_WRITE, one, "test", null, TESTED, this::test)
            .says("Posts a message of the type `webhook.test`, once and now")
            .audited("webhook.tested"));
  }

  private Page page(Call call, Page.Range range) {
    return Page.of(
        webhooks.page(call.tenant(), range.after(), range.rows()),
        range,
        WebhooksApi::json,
        Webhook::id);
  }

  private Made create(Call call, ObjectNode body) {
    String id = tokens.id("whk");
    Secret secret = WebhookSecret.generate(tokens);
    Webhook webhook =
        new Webhook(
            call.tenant(),
            id,
            url(body),
            kinds(body),
            false,
            "",
            call.now().truncatedTo(ChronoUnit.MILLIS));
    if (!webhooks.insert(webhook, sealed(webhook, secret))) {
      throw TOO_MANY.because("remove one first");
    }
    return new Made(json(webhook), Map.of("secret", secret));
  }

  private byte[] sealed(Webhook webhook, Secret secret) {
    return vault.seal(webhook.tenant(), Webhook.row(webhook.id()), secret.utf8());
  }

  private URI url(ObjectNode body) {
    try {
      URI url = new URI(body.required("url").asText());
      String wrong = egress.wrongWithTarget(url);
      if (wrong != null) {
        throw Problem.member("/url", wrong);
      }
      return url;
    } catch (URISyntaxException _) {
      throw Problem.member("/url", "is not a URL");
    }
  }

  private static TreeSet<Notice.Kind> kinds(ObjectNode body) {
    TreeSet<Notice.Kind> kinds = new TreeSet<>();
    for (String wire : Access.texts(body.required("kinds"))) {
      Notice.Kind kind = Notice.Kind.ofWire(wire);
      if (kind != null) {
        kinds.add(kind);
      }
    }
    return kinds;
  }

  private Webhook changed(Call call, Webhook current, ObjectNode body) {
    return current.with(url(body), kinds(body), body.required("disabled").asBoolean());
  }

  private Made rotate(Call call, Webhook current, ObjectNode body) {
    Secret secret = WebhookSecret.generate(tokens);
    Duration overlap = Duration.ofSeconds(body.required("overlap").asLong());
    if (!webhooks.rotate(
        call.tenant(), current.id(), sealed(current, secret), call.now().plus(overlap))) {
      throw Problem.NOT_FOUND.because("the webhook was removed at this moment");
    }
    return new Made(json(current), Map.of("secret", secret));
  }

  private Made test(Call call, Webhook current, @Nullable ObjectNode body) {
    ObjectNode answer = Json.object().put("id", current.id());
    return Made.of(
        switch (sender.test(current, tokens.id("tst"), call.now())) {
          case Attempt.Taken _ -> answer.put("taken", true);
          case Attempt.NotTaken(var problem, var _) ->
              answer.put("taken", false).put("problem", problem);
        });
  }

  private static ObjectNode json(Webhook webhook) {
    ObjectNode node = Json.object().put("id", webhook.id()).put("url", webhook.url().toString());
    webhook.kinds().stream().map(Notice.Kind::wire).forEach(node.putArray("kinds")::add);
    node.put("disabled", webhook.disabled());
    if (!webhook.disabledWhy().isEmpty()) {
      node.put("disabled_why", webhook.disabledWhy());
    }
    return node.put("created_at", webhook.createdAt().toString());
  }
}
