package dev.mandate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mandate.domain.upstream.Egress;
import dev.mandate.testing.Tenants;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EgressTest {
  private static final URI ELSEWHERE = URI.create("https://api.example.invalid");

  private static InetAddress address(String literal) throws UnknownHostException {
    return InetAddress.getByName(literal);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.127.255.255",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.19.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "::ffff:10.0.0.1"
      })
  void aNameThatTurnsInwardsAfterItWasChosenIsNotConnectedTo(String inside)
      throws UnknownHostException {
    assertThat(new Egress(false, Map.of()).mayConnect(Tenants.ACME, ELSEWHERE, address(inside)))
        .isFalse();
    assertThat(new Egress(true, Map.of()).mayConnect(Tenants.ACME, ELSEWHERE, address(inside)))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"})
  void publicAddressesAreConnectedTo(String outside) throws UnknownHostException {
    assertThat(new Egress(false, Map.of()).mayConnect(Tenants.ACME, ELSEWHERE, address(outside)))
        .isTrue();
  }

  @Test
  void theOperatorsOwnUpstreamsMayBeInsideForTheTenantThatHasThemAndNoOther()
      throws UnknownHostException {
    URI own = URI.create("http://models.internal:8080/v1");
    Egress egress = new Egress(false, Map.of(Tenants.ACME, Set.of(Egress.origin(own))));
    InetAddress inside = address("10.0.0.1");
    assertThat(egress.mayConnect(Tenants.ACME, own, inside)).isTrue();
    assertThat(egress.mayConnect(Tenants.GLOBEX, own, inside)).isFalse();
    assertThat(egress.mayConnect(Tenants.ACME, URI.create("http://models.internal:8081"), inside))
        .isFalse();
  }
}
