package dev.mandate.platform.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mandate.platform.net.AddressRange.InvalidRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24, 192.0.2.255, 192.0.3.0",
    "192.0.2.7, 192.0.2.7, 192.0.2.8",
    "10.0.0.0/8, 10.255.0.1, 11.0.0.0",
    "192.0.2.128/25, 192.0.2.200, 192.0.2.127",
    "0.0.0.0/0, 203.0.113.9, 2001:db8::1",
    "::/0, 2001:db8::1, 203.0.113.9",
    "2001:db8::/32, 2001:db8:ffff::1, 2001:db9::1",
    "2001:db8::1, 2001:db8:0:0:0:0:0:1, 2001:db8::2",
    "2001:db8:8000::/33, 2001:db8:8000::, 2001:db8:7fff::"
  })
  void anAddressIsInARangeOrNot(String range, String inside, String outside) {
    assertThat(AddressRange.parse(range).holds(inside)).isTrue();
    assertThat(AddressRange.parse(range).holds(outside)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "localhost",
        "example.com/24",
        "192.0.2.0/33",
        "192.0.2.0/-1",
        "192.0.2.0/024",
        "192.0.2.0/+24",
        "192.0.2.0/24/8",
        "192.0.2.0/ 24",
        " 192.0.2.0/24",
        "192.0.2.1/24",
        "192.0.2",
        "192.0.2.0x1",
        "0300.0.2.0",
        "010.0.0.0/8",
        "192.0.2.256",
        "3221225984",
        "2001:db8::1/32",
        "2001:db8::/129",
        "2001:db8:::/32",
        "fe80::1%eth0",
        "::ffff:192.0.2.0/120",
        "::ffff:c000:200/24",
        "::ffff:c000:200",
        "[2001:db8::]/32",
        "*",
        "0.0.0.0/0,::/0"
      })
  void whatCouldBeReadInTwoWaysIsNoRange(String text) {
    assertThatThrownBy(() -> AddressRange.parse(text)).isInstanceOf(InvalidRange.class);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.7, 192.0.2.7/32",
    "2001:0DB8:0:0::/32, 2001:db8::/32",
    "2001:db8:0:0:0:0:0:1, 2001:db8::1/128",
    "::, ::/128",
    "::/0, ::/0",
    "1:0:0:2:0:0:0:3, 1:0:0:2::3/128",
    "1:0:2:3:4:5:6:7, 1:0:2:3:4:5:6:7/128"
  })
  void oneRangeHasOneSpelling(String text, String spelled) {
    AddressRange range = AddressRange.parse(text);
    assertThat(range).hasToString(spelled).isEqualTo(AddressRange.parse(spelled));
    assertThat(range).hasSameHashCodeAs(AddressRange.parse(spelled));
  }

  @Test
  void whatHasNoAddressIsInNoRange() {
    assertThat(AddressRange.parse("0.0.0.0/0").holds("unknown")).isFalse();
    assertThat(AddressRange.parse("0.0.0.0/0").holds("")).isFalse();
  }
}
