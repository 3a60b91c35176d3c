package dev.mandate.gateway.desk;

import com.fasterxml.jackson.databind.JsonNode;
import dev.mandate.domain.credential.ProviderDesk;
import dev.mandate.domain.upstream.Egress;
import dev.mandate.domain.upstream.Provider;
import dev.mandate.domain.upstream.Upstream;
import dev.mandate.gateway.injecting.AwsSignature;
import dev.mandate.gateway.injecting.OutwardHeaders;
import dev.mandate.platform.crypto.Secret;
import dev.mandate.platform.json.Json;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The desk over HTTP: to where calls may go and nowhere else, without following redirects, within
/// bounds of time and size. OpenAI's administration API makes and deletes project service accounts;
/// Anthropic's lists keys and switches them off, but makes none.
public final class ProviderCalls implements ProviderDesk, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ProviderCalls.class);

  /// From the first packet to the last byte.
  private static final Duration TIME_MAX = Duration.ofSeconds(15);

  private static final int BODY_BYTES_MAX = 512 * 1024;
  private static final int CONNECTIONS_MAX = 8;
  private static final int PAGE = 100;

  /// More service accounts than a project can sensibly have.
  private static final int PAGES_MAX = 100;

  private static final Duration RETRY_AFTER_MAX = Duration.ofHours(1);
  private static final String ANTHROPIC_VERSION = "2023-06-01";
  private static final Pattern REF = Pattern.compile("[A-Za-z0-9_-]{1,100}");

  /// What fits into a header field (RFC 9110 §5.5).
  private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7E]{8,4096}");

  private final HttpClient client;
  private final Egress egress;
  private final InstantSource clock;

  public ProviderCalls(Vertx vertx, Egress egress, InstantSource clock) {
    this.egress = egress;
    this.clock = clock;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) TIME_MAX.toMillis())
                .setVerifyHost(true)
                .setKeepAlive(false),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX).setMaxWaitQueueSize(PAGE));
  }

  /// @param body empty where it was not asked for
  private record Answer(
      int status, Buffer body, @Nullable String retryAfter, @Nullable String errorType) {
    boolean isOk() {
      return status >= 200 && status < 300;
    }
  }

  /// What is asked.
  private record Question(HttpMethod method, String path, @Nullable Buffer body, boolean reads) {}

  @Override
  public Verdict test(Upstream upstream, Secret secret) {
    try {
      // Its body is not read: it says nothing that is needed, and can quote the key.
      Provider provider = upstream.provider();
      Question question = new Question(HttpMethod.GET, provider.modelsPath(), null, false);
      Answer answer = ask(upstream, secret, question);
      int status = answer.status();
      if (answer.isOk() || (provider.signs() && isKnown(answer))) {
        return Verdict.OK;
      }
      return status == 401
              || (status == 400 && provider.answersBadKeysWith400())
              || (status == 403 && provider.signs())
          ? Verdict.REJECTED
          : status == 403 ? Verdict.FORBIDDEN : Verdict.UNREACHABLE;
    } catch (Refused e) {
      return Verdict.UNREACHABLE;
    }
  }

  /// Amazon tells a key that it knows and that may not do this (IAM) from one that it doesn't know.
  private static boolean isKnown(Answer answer) {
    String type = answer.errorType();
    return answer.status() == 403 && type != null && type.startsWith("AccessDeniedException");
  }

  /// Where a provider lists its models.
  @Override
  public Made make(Upstream upstream, Maker maker, String name) throws Refused {
    Buffer body = Buffer.buffer(Json.write(Json.object().put("name", name)));
    Answer answer =
        ask(upstream, maker.secret(), new Question(HttpMethod.POST, accounts(maker), body, true));
    JsonNode made = json(done(answer));
    String ref = made.path("id").asText();
    String secret = made.path("api_key").path("value").asText();
    if (!REF.matcher(ref).matches() || !SECRET.matcher(secret).matches()) {
      throw new Refused("the provider made an account without a usable key", null);
    }
    return new Made(ref, Secret.of(secret));
  }

  @Override
  public void delete(Upstream upstream, Maker maker, String ref) throws Refused {
    String path = accounts(maker) + "/" + ref;
    Answer answer =
        ask(upstream, maker.secret(), new Question(HttpMethod.DELETE, path, null, false));
    if (answer.status() != 404) {
      var _ = done(answer);
    }
  }

  @Override
  public List<String> named(Upstream upstream, Maker maker, String name) throws Refused {
    List<String> refs = new ArrayList<>();
    String after = "";
    for (int page = 0; page < PAGES_MAX; page++) {
      String path = accounts(maker) + "?limit=" + PAGE + after;
      JsonNode list =
          json(done(ask(upstream, maker.secret(), new Question(HttpMethod.GET, path, null, true))));
      String last = "";
      for (JsonNode account : list.path("data")) {
        last = account.path("id").asText();
        if (account.path("name").asText().equals(name) && REF.matcher(last).matches()) {
          refs.add(last);
        }
      }
      if (!list.path("has_more").asBoolean() || !REF.matcher(last).matches()) {
        return refs;
      }
      after = "&after=" + last;
    }
    throw new Refused("the project has more service accounts than can be looked through", null);
  }

  private static String accounts(Maker maker) {
    return "/v1/organization/projects/" + maker.project() + "/service_accounts";
  }

  private static Answer done(Answer answer) throws Refused {
    if (answer.isOk()) {
      return answer;
    }
    throw switch (answer.status()) {
      case 401, 403 -> new Refused("the provider refused the admin key", null);
      case 404 -> new Refused("the provider knows no such project", null);
      case 429 -> new Refused("the provider asks to wait", wait(answer.retryAfter()));
      default -> new Refused("the provider answered with status " + answer.status(), null);
    };
  }

  private static @Nullable Duration wait(@Nullable String retryAfter) {
    if (retryAfter == null || !retryAfter.matches("[0-9]{1,5}")) {
      return null;
    }
    Duration wait = Duration.ofSeconds(Long.parseLong(retryAfter));
    return wait.compareTo(RETRY_AFTER_MAX) < 0 ? wait : RETRY_AFTER_MAX;
  }

  private static JsonNode json(Answer answer) throws Refused {
    try {
      return Json.parse(answer.body().getBytes());
    } catch (RuntimeException e) {
      // Without its message, which can quote what it read: a key.
      throw new Refused("the provider's answer is not JSON", null);
    }
  }

  private Answer ask(Upstream upstream, Secret secret, Question question) throws Refused {
    URI base = upstream.baseUrl();
    boolean tls = "https".equalsIgnoreCase(base.getScheme());
    String path = base.getRawPath() == null ? "" : base.getRawPath();
    RequestOptions options =
        new RequestOptions()
            .setMethod(question.method())
            .setHost(base.getHost())
            .setPort(base.getPort() > 0 ? base.getPort() : tls ? 443 : 80)
            .setSsl(tls)
            .setFollowRedirects(false)
            .setIdleTimeout(TIME_MAX.toMillis())
            .setURI(path + question.path());
    Future<Answer> answer =
        client.request(options).compose(request -> send(request, upstream, secret, question));
    try {
      return answer
          .toCompletionStage()
          .toCompletableFuture()
          .get(TIME_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      log.warn(
          "upstream {} of tenant {} gave no answer about a credential: {}",
          upstream.name(),
          upstream.tenant(),
          cause.getClass().getSimpleName());
      throw new Refused("the provider can't be reached", null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused("the server is stopping", null);
    }
  }

  private Future<Answer> send(
      HttpClientRequest request, Upstream upstream, Secret secret, Question question) {
    if (!mayUse(upstream, request.connection().remoteAddress())) {
      // Before a byte of the credential went out. That it is reset is not news to us.
      request.exceptionHandler(_ -> {});
      var _ = request.reset();
      return Future.failedFuture(new UnknownHostException("not a public address"));
    }
    OutwardHeaders.authorize(upstream.provider(), secret, request.headers());
    if (upstream.provider().signs()) {
      URI base = upstream.baseUrl();
      boolean tls = "https".equalsIgnoreCase(base.getScheme());
      AwsSignature.authorize(
          secret,
          new AwsSignature.Request(
              question.method().name(),
              request.path(),
              "",
              AwsSignature.host(base.getHost(), base.getPort(), tls),
              Buffer.buffer()),
          clock.instant(),
          request.headers());
    }
    if (upstream.provider() == Provider.ANTHROPIC) {
      request.putHeader("anthropic-version", ANTHROPIC_VERSION);
    }
    request.putHeader("accept", "application/json").putHeader("accept-encoding", "identity");
    Future<HttpClientResponse> sent;
    if (question.body() == null) {
      sent = request.send();
    } else {
      sent = request.putHeader("content-type", "application/json").send(question.body());
    }
    return sent.compose(head -> read(request, head, question));
  }

  private static Future<Answer> read(
      HttpClientRequest request, HttpClientResponse head, Question question) {
    String retryAfter = head.getHeader("retry-after");
    String errorType = head.getHeader("x-amzn-errortype");
    if (!question.reads() || head.statusCode() >= 300) {
      // It is reset, which is not news to us.
      head.exceptionHandler(_ -> {});
      var _ = request.reset();
      return Future.succeededFuture(
          new Answer(head.statusCode(), Buffer.buffer(), retryAfter, errorType));
    }
    Promise<Answer> read = Promise.promise();
    Buffer body = Buffer.buffer();
    head.exceptionHandler(read::tryFail);
    head.handler(
        chunk -> {
          if (body.length() + chunk.length() > BODY_BYTES_MAX) {
            read.tryFail("the answer is too large");
            var _ = request.reset();
          } else {
            body.appendBuffer(chunk);
          }
        });
    head.endHandler(
        _ -> read.tryComplete(new Answer(head.statusCode(), body, retryAfter, errorType)));
    return read.future();
  }

  private boolean mayUse(Upstream upstream, @Nullable SocketAddress peer) {
    String literal = peer == null ? null : peer.hostAddress();
    try {
      // A literal: nothing is looked up.
      return literal != null
          && egress.mayConnect(
              upstream.tenant(), upstream.baseUrl(), InetAddress.getByName(literal));
    } catch (UnknownHostException _) {
      return false;
    }
  }

  @Override
  public void close() {
    client.close().toCompletionStage().toCompletableFuture().join();
  }
}
