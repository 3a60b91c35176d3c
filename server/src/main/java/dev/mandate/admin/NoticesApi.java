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
import dev.mandate.domain.notice.Delivery;
import dev.mandate.domain.notice.DeliveryStore;
import dev.mandate.domain.notice.Notice;
import dev.mandate.domain.notice.NoticeStore;
import dev.mandate.domain.notice.NoticeStore.Kept;
import dev.mandate.domain.notice.NoticeStore.Place;
import dev.mandate.domain.user.UserId;
import dev.mandate.platform.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/notices` and `/admin/v1/deliveries`: what people should hear of, who has seen to it,
/// and what became of telling them elsewhere.
public final class NoticesApi {
  private static final Schema NOTICE =
      Schema.answer("Notice", "One thing to hear of.")
          .with("id", Schema.text())
          .with("kind", Schema.oneOf(Notice.Kind.wires()))
          .with("subject", Schema.string(1, 300).describe("Id of what it is about."))
          .maybe("user_id", Schema.text().describe("Whom it concerns beside the administrators."))
          .with("text", Schema.string(0, 1_000).describe("A sentence for people."))
          .with("at", Schema.instant())
          .maybe("acknowledged_at", Schema.instant())
          .maybe("acknowledged_by", Schema.text());

  private static final Schema STATE =
      Schema.oneOf(Arrays.stream(Delivery.State.values()).map(NoticesApi::wire).toList());

  private static final Schema DELIVERY =
      Schema.answer("Delivery", "One notice on its way to one place.")
          .with("id", Schema.text())
          .with("notice_id", Schema.text())
          .with("channel", Schema.oneOf("webhook", "mail"))
          .with("target", Schema.string(1, 300).describe("Id of a webhook, or a mail address."))
          .with("state", STATE)
          .with("attempts", Schema.amount())
          .maybe("next_at", Schema.instant().describe("When it is tried next."))
          .maybe("problem", Schema.string(1, 300).describe("Of the last attempt."))
          .with("created_at", Schema.instant())
          .maybe("ended_at", Schema.instant());

  private static final Problem NOT_DEAD =
      new Problem(409, "not_dead", "The delivery is still tried, or has arrived");

  private final NoticeStore notices;
  private final DeliveryStore deliveries;

  public NoticesApi(NoticeStore notices, DeliveryStore deliveries) {
    this.notices = notices;
    this.deliveries = deliveries;
  }

  private static String wire(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  public List<Operation> operations() {
    Single<Kept> notice =
        new Single<>(
            "/notices/{notice_id}",
            NOTICE,
            call -> notices.find(call.tenant(), call.path("notice_id")),
            (_, kept) -> json(kept));
    Single<Delivery> delivery =
        new Single<>(
            "/deliveries/{delivery_id}",
            DELIVERY,
            call -> deliveries.find(call.tenant(), call.path("delivery_id")),
            (_, one) -> json(one));
    return List.of(
        Operation.list("listNotices", AdminScope.NOTICES_READ, "/notices", NOTICE, this::page)
            .says("Lists what people should hear of, newest first")
            .filter("kind", Schema.oneOf(Notice.Kind.wires()), "Only those of this kind.")
            .filter("subject", Schema.text(), "Only those about this.")
            .filter("user_id", Schema.text(), "Only those that concern this person.")
            .filter("acknowledged", Schema.flag(), "Only those somebody has, or has not, seen to."),
        Operation.read("readNotice", AdminScope.NOTICES_READ, notice).says("Reads a notice"),
        Operation.act(
                "acknowledgeNotice",
                AdminScope.NOTICES_WRITE,
                notice,
                "acknowledge",
                this::acknowledge)
            .says("Says that somebody has seen to it")
            .audited("notice.acknowledged"),
        Operation.list(
                "listDeliveries",
                AdminScope.NOTICES_READ,
                "/deliveries",
                DELIVERY,
                this::deliveries)
            .says("Lists what is sent to webhooks and by mail, newest first")
            .filter("state", STATE, "Only those in this state; dead ones are not tried any more.")
            .filter("notice_id", Schema.text(), "Only those of this notice."),
        Operation.read("readDelivery", AdminScope.NOTICES_READ, delivery).says("Reads a delivery"),
        Operation.act("retryDelivery", AdminScope.NOTICES_WRITE, delivery, "retry", this::retry)
            .says("Tries a dead delivery anew")
            .audited("delivery.retried")
            .mayRefuse(NOT_DEAD));
  }

  private static @Nullable Place place(Page.Range range) {
    Page.Position position = range.position();
    return position == null ? null : new Place(position.at(), position.id());
  }

  private Page page(Call call, Page.Range range) {
    String kind = call.query("kind");
    String person = call.query("user_id");
    String acknowledged = call.query("acknowledged");
    NoticeStore.Filter filter =
        new NoticeStore.Filter(
            kind == null ? null : Notice.Kind.ofWire(kind),
            call.query("subject"),
            person == null ? null : new UserId(person),
            acknowledged == null ? null : Boolean.valueOf(acknowledged));
    return Page.of(
        notices.page(call.tenant(), filter, place(range), range.rows()),
        range,
        NoticesApi::json,
        kept -> new Page.Position(kept.notice().at(), kept.notice().id()).text());
  }

  private Page deliveries(Call call, Page.Range range) {
    String state = call.query("state");
    DeliveryStore.Filter filter =
        new DeliveryStore.Filter(
            state == null ? null : Delivery.State.valueOf(state.toUpperCase(Locale.ROOT)),
            call.query("notice_id"));
    return Page.of(
        deliveries.page(call.tenant(), filter, place(range), range.rows()),
        range,
        NoticesApi::json,
        delivery -> new Page.Position(delivery.createdAt(), delivery.id()).text());
  }

  private Made acknowledge(Call call, Kept current, ObjectNode body) {
    notices.acknowledge(call.tenant(), current.notice().id(), call.caller().actor(), call.now());
    Kept now = notices.find(call.tenant(), current.notice().id());
    return Made.of(json(now == null ? current : now));
  }

  private Made retry(Call call, Delivery current, ObjectNode body) {
    if (!deliveries.revive(call.tenant(), current.id(), call.now())) {
      throw NOT_DEAD.because("the delivery is " + wire(current.state()) + ", expected dead");
    }
    Delivery now = deliveries.find(call.tenant(), current.id());
    return Made.of(json(now == null ? current : now));
  }

  private static ObjectNode json(Kept kept) {
    Notice notice = kept.notice();
    ObjectNode node =
        Json.object()
            .put("id", notice.id())
            .put("kind", notice.kind().wire())
            .put("subject", notice.subject());
    if (notice.person() != null) {
      node.put("user_id", notice.person().value());
    }
    node.put("text", notice.text()).put("at", notice.at().toString());
    if (kept.acknowledgedAt() != null) {
      node.put("acknowledged_at", kept.acknowledgedAt().toString());
      node.put("acknowledged_by", kept.acknowledgedBy());
    }
    return node;
  }

  private static ObjectNode json(Delivery delivery) {
    ObjectNode node =
        Json.object()
            .put("id", delivery.id())
            .put("notice_id", delivery.notice())
            .put("channel", wire(delivery.channel()))
            .put("target", delivery.target())
            .put("state", wire(delivery.state()))
            .put("attempts", delivery.attempts());
    if (delivery.nextAt() != null) {
      node.put("next_at", delivery.nextAt().toString());
    }
    if (!delivery.problem().isEmpty()) {
      node.put("problem", delivery.problem());
    }
    node.put("created_at", delivery.createdAt().toString());
    if (delivery.endedAt() != null) {
      node.put("ended_at", delivery.endedAt().toString());
    }
    return node;
  }
}
