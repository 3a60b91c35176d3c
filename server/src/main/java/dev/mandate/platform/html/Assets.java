package dev.mandate.platform.html;

import dev.mandate.platform.crypto.TokenHash;
import dev.mandate.platform.http.Endpoint;
import dev.mandate.platform.http.Headers;
import dev.mandate.platform.http.HttpListener;
import dev.mandate.platform.http.HttpRequest;
import dev.mandate.platform.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/// The static files of the pages. Each one's address holds a hash of its content, so that it may be
/// kept for ever and a new release never meets an old style.
public final class Assets implements Endpoint {
  /// Where [#handle] is mounted, by `GET`.
  public static final String TEMPLATE = "/assets/{hash}/{name}";

  private static final int HASH_CHARACTERS = 16;
  private static final Map<String, String> TYPES =
      Map.of(
          "mandate.css", "text/css; charset=utf-8",
          "logo.svg", "image/svg+xml",
          "submit.js", "text/javascript; charset=utf-8");

  private record Asset(String hash, HttpResponse response) {}

  private final Map<String, Asset> byName = new LinkedHashMap<>();

  public Assets() {
    TYPES.forEach((name, type) -> byName.put(name, load(name, type)));
  }

  private static Asset load(String name, String type) {
    try (InputStream in = Assets.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      byte[] bytes = in.readAllBytes();
      String hash = HexFormat.of().formatHex(TokenHash.sha256(bytes)).substring(0, HASH_CHARACTERS);
      Headers headers =
          Headers.NONE
              .with("content-type", type)
              .with("cache-control", "public, max-age=31536000, immutable")
              // An SVG opened by itself is a document of our origin: it may do nothing.
              .with("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
      return new Asset(hash, new HttpResponse(200, headers, bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("the jar's " + name + " does not read", e);
    }
  }

  /// The address of a file below the server's root.
  public String path(String name) {
    Asset asset = byName.get(name);
    if (asset == null) {
      throw new IllegalArgumentException("there is no asset " + name);
    }
    return "/assets/" + asset.hash + "/" + name;
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    Asset asset = byName.get(request.pathParameter("name"));
    if (asset == null || !asset.hash.equals(request.pathParameter("hash"))) {
      return HttpListener.problem(404, "not_found", "there is no such file", request.id());
    }
    return asset.response;
  }
}
