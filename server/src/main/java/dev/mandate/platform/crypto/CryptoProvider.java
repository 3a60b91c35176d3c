package dev.mandate.platform.crypto;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts the Amazon Corretto Crypto Provider first where the platform has it; elsewhere the JDK's
/// own providers serve, several times slower at ES256 (docs/decisions/dependencies.md).
public final class CryptoProvider {
  private static final Logger log = LoggerFactory.getLogger(CryptoProvider.class);

  private CryptoProvider() {}

  /// Idempotent; call it once at start, before the first signature.
  public static void install() {
    AmazonCorrettoCryptoProvider provider = AmazonCorrettoCryptoProvider.INSTANCE;
    if (provider.getLoadingError() == null) {
      AmazonCorrettoCryptoProvider.install();
    } else {
      log.info("crypto: the JDK's providers; the native provider does not load on this platform");
    }
  }
}
