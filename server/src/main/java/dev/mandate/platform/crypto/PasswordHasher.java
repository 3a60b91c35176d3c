package dev.mandate.platform.crypto;

import java.security.MessageDigest;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// Argon2id password hashes (RFC 9106) in the PHC string format
/// `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
///
/// At most `parallel` hashes are computed at a time: each takes tens of megabytes, and a sign-in
/// flood must not take the heap.
public final class PasswordHasher {
  /// OWASP's second choice for Argon2id: 19 MiB, 2 passes, 1 lane.
  public static final Cost STANDARD = new Cost(19 * 1024, 2, 1);

  private static final int SALT_BYTES = 16;
  private static final int HASH_BYTES = 32;
  public static final int PASSWORD_CHARACTERS_MAX = 1024;

  private final TokenSource random;
  private final Cost cost;
  private final Semaphore running;
  private final Secret decoy;

  /// Memory in KiB, passes and lanes.
  public record Cost(int memoryKib, int passes, int lanes) {}

  public PasswordHasher(TokenSource random, Cost cost, int parallel) {
    this.random = random;
    this.cost = cost;
    this.running = new Semaphore(parallel, true);
    this.decoy = hash(random.token());
  }

  /// @throws IllegalArgumentException when the password is longer than [#PASSWORD_CHARACTERS_MAX]
  public Secret hash(Secret password) {
    if (tooLong(password)) {
      throw new IllegalArgumentException(
          "a password has at most " + PASSWORD_CHARACTERS_MAX + " characters");
    }
    byte[] salt = random.bytes(SALT_BYTES);
    byte[] hash = compute(password, salt, cost, HASH_BYTES);
    Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
    return Secret.of(
        "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
            .formatted(
                cost.memoryKib,
                cost.passes,
                cost.lanes,
                encoder.encodeToString(salt),
                encoder.encodeToString(hash)));
  }

  public boolean matches(Secret password, Secret stored) {
    if (tooLong(password)) {
      matchDecoy(Secret.of(""));
      return false;
    }
    String[] parts = stored.reveal().split("\\$", -1);
    if (parts.length != 6 || !parts[1].equals("argon2id") || !parts[2].equals("v=19")) {
      throw new IllegalArgumentException("a stored password hash is not argon2id v=19");
    }
    String[] costs = parts[3].split("[=,]", -1);
    Cost storedCost =
        new Cost(
            Integer.parseInt(costs[1]), Integer.parseInt(costs[3]), Integer.parseInt(costs[5]));
    byte[] expected = Base64.getDecoder().decode(parts[5]);
    byte[] actual =
        compute(password, Base64.getDecoder().decode(parts[4]), storedCost, expected.length);
    return MessageDigest.isEqual(expected, actual);
  }

  /// Takes as long as [#matches] does, so that an unknown user name answers no faster than a known
  /// one.
  public void matchDecoy(Secret password) {
    var _ = matches(password, decoy);
  }

  private static boolean tooLong(Secret password) {
    return password.reveal().length() > PASSWORD_CHARACTERS_MAX;
  }

  private byte[] compute(Secret password, byte[] salt, Cost cost, int length) {
    Argon2BytesGenerator generator = new Argon2BytesGenerator();
    generator.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(cost.memoryKib)
            .withIterations(cost.passes)
            .withParallelism(cost.lanes)
            .withSalt(salt)
            .build());
    byte[] hash = new byte[length];
    running.acquireUninterruptibly();
    try {
      generator.generateBytes(password.utf8(), hash);
    } finally {
      running.release();
    }
    return hash;
  }
}
