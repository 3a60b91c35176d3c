package dev.mandate.gateway;

/// Decides which web origins may call from a browser (Fetch standard, CORS protocol). No answer
/// ever allows credentials: cookies authenticate no gateway route.
@FunctionalInterface
public interface CorsPolicy {
  CorsPolicy NONE = _ -> false;

  /// @param origin as the browser sends it, such as `https://app.example`
  boolean allows(String origin);
}
