package dev.mandate.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.mandate.admin.operation.Call;
import dev.mandate.admin.operation.Made;
import dev.mandate.admin.operation.Operation;
import dev.mandate.admin.operation.Page;
import dev.mandate.admin.operation.Problem;
import dev.mandate.admin.operation.Single;
import dev.mandate.domain.access.AdminScope;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Model;
import dev.mandate.domain.upstream.Price;
import dev.mandate.domain.upstream.PriceList;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.domain.upstream.UpstreamHealth;
import dev.mandate.domain.upstream.UpstreamStore;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `/admin/v1/upstreams`: list, make, read, change, delete.
///
/// An upstream's origin can't change while it has a credential: who may change upstreams but not
/// see credentials could else have them sent to a server of their own.
public final class UpstreamsApi {
  private static final Problem UPSTREAM_EXISTS =
      new Problem(409, "upstream_exists", "The tenant has an upstream with this id");

  private static final Problem HAS_CREDENTIALS =
      new Problem(409, "has_credentials", "Its credentials were entered for another origin");

  private final UpstreamStore upstreams;
  private final Egress egress;
  private final PriceList prices;
  private final UpstreamHealth health;

  public UpstreamsApi(
      UpstreamStore upstreams, Egress egress, PriceList prices, UpstreamHealth health) {
    this.health = health;
    this.upstreams = upstreams;
    this.egress = egress;
    this.prices = prices;
  }

  public List<Operation> operations() {
    Single<Upstream> one =
        new Single<>(
            "/upstreams/{upstream_id}", UpstreamJson.UPSTREAM, this::find, UpstreamsApi::json);
    Single<Upstream> healthOfOne =
        new Single<>(
            "/upstreams/{upstream_id}/health",
            HealthJson.HEALTH,
            this::find,
            (_, upstream) -> HealthJson.write(health.of(upstream)));
    return List.of(
        Operation.read("readUpstreamHealth", AdminScope.UPSTREAMS_READ, healthOfOne)
            .says("Reads how an upstream is, as the answering node's own calls find it"),
        Operation.list(
                "listUpstreams",
                AdminScope.UPSTREAMS_READ,
                "/upstreams",
                UpstreamJson.UPSTREAM,
                this::page)
            .says("Lists upstreams by id")
            .filter("provider", UpstreamJson.PROVIDER, "Only those that speak this API."),
        Operation.create(
                "createUpstream",
                AdminScope.UPSTREAMS_WRITE,
                "/upstreams",
                UpstreamJson.NEW_UPSTREAM,
                UpstreamJson.UPSTREAM,
                this::create)
            .says("Makes an upstream; it refuses calls until it has a credential")
            .audited("upstream.created")
            .mayRefuse(UPSTREAM_EXISTS),
        Operation.read("readUpstream", AdminScope.UPSTREAMS_READ, one).says("Reads an upstream"),
        Operation.patch(
                "changeUpstream",
                AdminScope.UPSTREAMS_WRITE,
                one,
                UpstreamJson.SETTINGS,
                this::changed,
                this::replace)
            .says("Changes an upstream")
            .audited("upstream.changed")
            .mayRefuse(HAS_CREDENTIALS),
        Operation.remove(
                "deleteUpstream",
                AdminScope.UPSTREAMS_WRITE,
                one,
                (_, current) -> upstreams.delete(current))
            .says("Deletes an upstream with its credentials; calls to it are refused at once")
            .audited("upstream.deleted"));
  }

  private Page page(Call call, Page.Range range) {
    String provider = call.query("provider");
    return Page.of(
        upstreams.page(
            call.tenant(),
            provider == null ? null : Provider.ofWire(provider),
            range.after(),
            range.rows()),
        range,
        upstream -> json(call, upstream),
        Upstream::name);
  }

  private @Nullable Upstream find(Call call) {
    return upstreams.find(call.tenant(), call.path("upstream_id"));
  }

  private Made create(Call call, ObjectNode body) {
    String id = body.required("id").asText();
    if (!Upstream.isFree(id)) {
      throw Problem.member("/id", "is the beginning of a path of ours");
    }
    Provider provider = Provider.ofWire(body.required("provider").asText());
    URI baseUrl = UpstreamJson.baseUrl(body, provider, egress);
    Upstream upstream = read(call, id, provider, baseUrl, body);
    if (!upstreams.insert(upstream)) {
      throw UPSTREAM_EXISTS.because("there is an upstream with the id '" + id + "'");
    }
    return Made.of(json(call, upstream));
  }

  private Upstream read(Call call, String id, Provider provider, URI baseUrl, ObjectNode body) {
    List<Model> shipped = prices.of(provider);
    List<Model> models =
        body.has("models") ? UpstreamJson.models(body.required("models")) : shipped;
    if (!body.has("price_version") && !models.equals(shipped)) {
      throw Problem.member("/price_version", "is needed with models of your own");
    }
    return new Upstream(
        call.tenant(),
        id,
        body.required("display_name").asText(),
        provider,
        baseUrl,
        body.required("merges_usage").asBoolean(),
        body.has("price_version") ? body.required("price_version").asText() : prices.version(),
        models,
        ResilienceSchema.read(body, id, provider, name -> upstreams.find(call.tenant(), name)));
  }

  private Upstream changed(Call call, Upstream current, ObjectNode body) {
    Provider provider = current.provider();
    // What is there already stays, even where the operator chose what a tenant may not.
    boolean same =
        body.path("base_url")
            .asText(String.valueOf(provider.ownUrl()))
            .equals(current.baseUrl().toString());
    URI baseUrl = same ? current.baseUrl() : UpstreamJson.baseUrl(body, provider, egress);
    Upstream next = read(call, current.name(), provider, baseUrl, body);
    if (next.priceVersion().equals(current.priceVersion())) {
      for (Model model : next.models()) {
        Model before = current.model(model.name());
        Price price = before == null ? model.price() : before.price();
        if (!price.equals(model.price())) {
          throw Problem.member(
              "/price_version", "must change with a price: charged calls name it as theirs");
        }
      }
    }
    return next;
  }

  private boolean replace(Upstream expected, Upstream replacement) {
    return switch (upstreams.replace(expected, replacement)) {
      case DONE -> true;
      case CHANGED -> false;
      case HAS_CREDENTIALS ->
          throw HAS_CREDENTIALS.because(
              "remove its credentials first: they would be sent to " + replacement.origin());
    };
  }

  private static ObjectNode json(Call call, Upstream upstream) {
    return UpstreamJson.write(upstream, upstream.resource(call.issuer()));
  }
}
