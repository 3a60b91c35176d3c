package dev.mandate.domain.notice;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.domain.tenant.TenantId;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.vault.Vault;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.http.GuardedClient;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Posts notices to webhooks, signed as Standard Webhooks says. What is answered is not kept: it
/// could be a page of somewhere that the tenant may not look.
public final class WebhookSender implements Sender {
  /// Failed attempts in a row, over all messages, after which a webhook is disabled.
  static final int FAILURES_MAX = 30;

  private static final int GONE = 410;

  private final WebhookStore webhooks;
  private final Vault vault;
  private final Egress egress;
  private final GuardedClient http;

  public WebhookSender(WebhookStore webhooks, Vault vault, Egress egress, GuardedClient http) {
    this.webhooks = webhooks;
    this.vault = vault;
    this.egress = egress;
    this.http = http;
  }

  @Override
  public Attempt send(Notice notice, String target, Instant now) {
    Webhook webhook = webhooks.find(notice.tenant(), target);
    if (webhook == null || webhook.disabled()) {
      return new Attempt.NotTaken("the webhook is disabled or gone", true);
    }
    Attempt attempt = post(webhook, notice.id(), body(notice), now);
    switch (attempt) {
      case Attempt.Taken _ -> webhooks.delivered(webhook.tenant(), webhook.id());
      case Attempt.NotTaken(var problem, var isFinal) ->
          webhooks.failed(
              webhook.tenant(),
              webhook.id(),
              isFinal ? 1 : FAILURES_MAX,
              isFinal ? problem : FAILURES_MAX + " attempts in a row failed; the last: " + problem);
    }
    return attempt;
  }

  /// Posts a message that says nothing, now and once.
  ///
  /// @param id of the message
  public Attempt test(Webhook webhook, String id, Instant now) {
    ObjectNode message = message("webhook.test", now);
    message.putObject("data").put("webhook_id", webhook.id());
    return post(webhook, id, Json.bytes(message), now);
  }

  private Attempt post(Webhook webhook, String id, byte[] body, Instant now) {
    List<Secret> secrets = secrets(webhook.tenant(), webhook.id(), now);
    if (secrets == null) {
      return new Attempt.NotTaken("the webhook is gone", true);
    }
    String wrong = egress.wrongWithTarget(webhook.url());
    if (wrong != null) {
      return new Attempt.NotTaken("the URL " + wrong, false);
    }
    Headers headers =
        Headers.NONE
            .with("content-type", "application/json")
            .with("user-agent", "Mandate")
            .with("webhook-id", id)
            .with("webhook-timestamp", Long.toString(now.getEpochSecond()))
            .with("webhook-signature", WebhookSecret.signatures(secrets, id, now, body));
    try {
      GuardedClient.Answer answer =
          http.send(
              "POST",
              webhook.url(),
              headers,
              body,
              address -> egress.mayConnect(webhook.url(), address));
      if (answer.status() >= 200 && answer.status() <= 299) {
        return new Attempt.Taken();
      }
      return new Attempt.NotTaken(
          "it answered %d, expected 200 to 299".formatted(answer.status()),
          answer.status() == GONE);
    } catch (GuardedClient.NoAnswer e) {
      return new Attempt.NotTaken(String.valueOf(e.getMessage()), false);
    }
  }

  private @Nullable List<Secret> secrets(TenantId tenant, String id, Instant now) {
    WebhookStore.Secrets sealed = webhooks.secrets(tenant, id, now);
    if (sealed == null) {
      return null;
    }
    List<Secret> secrets = new ArrayList<>();
    secrets.add(open(tenant, id, sealed.sealedSecret()));
    if (sealed.sealedPrevious() != null) {
      secrets.add(open(tenant, id, sealed.sealedPrevious()));
    }
    return secrets;
  }

  private Secret open(TenantId tenant, String id, byte[] sealed) {
    return Secret.of(
        new String(vault.open(tenant, Webhook.row(id), sealed), StandardCharsets.UTF_8));
  }

  private static ObjectNode message(String type, Instant at) {
    return Json.object().put("type", type).put("timestamp", at.toString());
  }

  private static byte[] body(Notice notice) {
    ObjectNode message = message(notice.kind().wire(), notice.at());
    ObjectNode data =
        message
            .putObject("data")
            .put("notice_id", notice.id())
            .put("tenant", notice.tenant().value())
            .put("subject", notice.subject());
    if (notice.person() != null) {
      data.put("user_id", notice.person().value());
    }
    data.put("text", notice.text());
    return Json.bytes(message);
  }
}
