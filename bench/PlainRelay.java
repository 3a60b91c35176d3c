import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;

/// The least that a relay on the same HTTP stack must do: copy the request, replace one header, copy the answer. What
/// Mandate costs on top of this is governance.
///
/// Run: `java -cp 'server/target/lib/*' bench/PlainRelay.java PORT UPSTREAM_PORT EVENT_LOOPS`
public class PlainRelay extends AbstractVerticle {
  private final int port;
  private final int upstream;
  private HttpClient client;

  PlainRelay(int port, int upstream) {
    this.port = port;
    this.upstream = upstream;
  }

  public static void main(String[] args) {
    int loops = Integer.parseInt(args[2]);
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(loops).setPreferNativeTransport(true));
    vertx
        .deployVerticle(
            () -> new PlainRelay(Integer.parseInt(args[0]), Integer.parseInt(args[1])),
            new DeploymentOptions().setInstances(loops))
        .onSuccess(_ -> System.out.println("ready"));
  }

  @Override
  public void start() {
    client =
        vertx.createHttpClient(
            new HttpClientOptions().setKeepAlive(true), new PoolOptions().setHttp1MaxSize(512));
    vertx.createHttpServer().requestHandler(this::relay).listen(port, "127.0.0.1");
  }

  private void relay(HttpServerRequest in) {
    in.body()
        .onSuccess(
            body ->
                client
                    .request(
                        new RequestOptions()
                            .setHost("127.0.0.1")
                            .setPort(upstream)
                            .setMethod(HttpMethod.POST)
                            .setURI(in.uri()))
                    .compose(
                        out -> {
                          out.putHeader("authorization", "Bearer sk-upstream");
                          out.putHeader("content-type", in.getHeader("content-type"));
                          return out.send(body);
                        })
                    .onSuccess(
                        answer -> {
                          in.response().setStatusCode(answer.statusCode());
                          in.response()
                              .putHeader("content-type", answer.getHeader("content-type"))
                              .putHeader("content-length", answer.getHeader("content-length"));
                          answer.pipeTo(in.response());
                        })
                    .onFailure(_ -> in.response().setStatusCode(502).end()));
  }
}
