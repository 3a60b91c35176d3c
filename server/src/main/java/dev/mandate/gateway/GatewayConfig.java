package dev.mandate.gateway;

import java.time.Duration;

/// The gateway's limits (design §11). All are positive.
///
/// @param bodyBytesMax of a request
/// @param inlineScanBytes up to which a body is scanned on the event loop; larger ones on a worker
/// @param jsonDepthMax of a request body
/// @param workers threads for signatures, store reads and large bodies
/// @param pendingLookupsMax reads of callers, mandates and upstreams under way at once, of each
/// @param cachedCallers verified tokens and API keys kept, of each
/// @param cachedMandates rights kept
/// @param openCallsMax calls under way at once
/// @param openCallsPerMandateMax calls of one mandate under way at once
/// @param connectTimeout to an upstream
/// @param firstByteTimeout from the request sent to the first byte of the answer's head
/// @param idleTimeout without a byte in either direction once the answer has begun
/// @param bodyTimeout for the caller to send its body
/// @param connectionsMax to one upstream, from one event loop
/// @param connectionKeepAlive of an idle upstream connection; shorter than providers keep theirs,
///   so that a call rarely meets a connection that is being closed
/// @param writeQueueBytes held for a caller that reads slowly, before the upstream is paused
/// @param eventBytesMax of one server-sent event; a larger one passes unread
public record GatewayConfig(
    int bodyBytesMax,
    int inlineScanBytes,
    int jsonDepthMax,
    int workers,
    int pendingLookupsMax,
    int cachedCallers,
    int cachedMandates,
    int openCallsMax,
    int openCallsPerMandateMax,
    Duration connectTimeout,
    Duration firstByteTimeout,
    Duration idleTimeout,
    Duration bodyTimeout,
    int connectionsMax,
    Duration connectionKeepAlive,
    int writeQueueBytes,
    int eventBytesMax) {
  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  public static final GatewayConfig DEFAULT =
      new GatewayConfig(
          20 * MIB,
          64 * KIB,
          128,
          8,
          1_000,
          50_000,
          50_000,
          10_000,
          1_000,
          Duration.ofSeconds(10),
          Duration.ofMinutes(10),
          Duration.ofMinutes(5),
          Duration.ofSeconds(60),
          1_000,
          Duration.ofSeconds(15),
          64 * KIB,
          8 * MIB);

  public GatewayConfig withTimeouts(Duration connect, Duration firstByte, Duration idle) {
    return new GatewayConfig(
        bodyBytesMax,
        inlineScanBytes,
        jsonDepthMax,
        workers,
        pendingLookupsMax,
        cachedCallers,
        cachedMandates,
        openCallsMax,
        openCallsPerMandateMax,
        connect,
        firstByte,
        idle,
        bodyTimeout,
        connectionsMax,
        connectionKeepAlive,
        writeQueueBytes,
        eventBytesMax);
  }

  public GatewayConfig withOpenCalls(int max, int perMandateMax) {
    return new GatewayConfig(
        bodyBytesMax,
        inlineScanBytes,
        jsonDepthMax,
        workers,
        pendingLookupsMax,
        cachedCallers,
        cachedMandates,
        max,
        perMandateMax,
        connectTimeout,
        firstByteTimeout,
        idleTimeout,
        bodyTimeout,
        connectionsMax,
        connectionKeepAlive,
        writeQueueBytes,
        eventBytesMax);
  }
}
