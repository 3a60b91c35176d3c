package dev.mandate.domain.promptlog;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.text.Normalizer;
import java.util.List;
import java.util.function.Predicate;

/// Takes out of a text what identifies people and what opens doors, in linear time whatever the
/// text. It takes out too much rather than too little; names of people it does not know.
final class Redaction {
  /// @param instead what stands there afterwards
  /// @param really decides about a match
  private record Rule(Pattern pattern, String instead, Predicate<String> really) {
    Rule(String regex, String instead) {
      this(Pattern.compile(regex), instead, _ -> true);
    }
  }

  /// In this order: a key may have digits that look like a card.
  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\\z)",
              "[key]"),
          new Rule(
              "\\b(?:sk|pk|rk|xox[a-z]|ghp|gho|ghu|ghs|ghr|github_pat|glpat|mandate|eyJ[A-Za-z0-9]|"
                  + "AKIA|ASIA|AIza|ya29|hf|npm|dop_v1|SG)[-_.A-Za-z0-9/+=]{12,}",
              "[key]"),
          new Rule("(?i)\\b(?:bearer|basic)\\s+[-_.A-Za-z0-9/+=~]{8,}", "[key]"),
          new Rule(
              "(?i)(?:\\b(?:password|passwd|pwd|passphrase|secret|api[-_ ]?key|access[-_"
                  + " ]?token)|비밀번호|암호)(?:\\s+is|은|는)?\\s*[:=]?\\s*[\"']?[^\\s\"',;]{4,}",
              "[secret]"),
          new Rule(
              Pattern.compile("[-_A-Za-z0-9/+=]{32,}"),
              "[key]",
              text -> text.chars().anyMatch(Character::isDigit)),
          new Rule("[\\pL\\pN._%+-]{1,64}@[\\pL\\pN-]{1,63}(?:\\.[\\pL\\pN-]{1,63})+", "[e-mail]"),
          new Rule("\\b[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\\b", "[account]"),
          new Rule(
              Pattern.compile("\\d{6} ?[-–] ?[1-8]\\d{6}|\\b\\d{6}[1-8]\\d{6}\\b"),
              "[resident number]",
              Redaction::beginsWithABirthday),
          new Rule(Pattern.compile("\\d(?:[ -]?\\d){12,18}"), "[card]", Redaction::isCard),
          new Rule("\\b\\d{3}-\\d{2}-\\d{4}\\b", "[social security number]"),
          new Rule(
              "\\+\\d{1,3}(?:[ .-]?\\(?\\d{1,4}\\)?){2,5}|\\(?\\b0\\d{1,4}\\)?(?:["
                  + " .-]?\\d{3,4}){2}\\b|\\(\\d{3}\\) ?\\d{3}[ .-]\\d{4}|\\b\\d{3}[ .-]\\d{3,4}["
                  + " .-]\\d{4}\\b",
              "[phone]"));

  private Redaction() {}

  /// Full-width letters and digits are read as plain ones.
  static String of(String text) {
    String left = Normalizer.normalize(text, Normalizer.Form.NFKC);
    for (Rule rule : RULES) {
      left = apply(rule, left);
    }
    return left;
  }

  private static String apply(Rule rule, String text) {
    Matcher matcher = rule.pattern.matcher(text);
    StringBuilder out = new StringBuilder();
    int from = 0;
    while (matcher.find()) {
      if (rule.really.test(matcher.group())) {
        out.append(text, from, matcher.start()).append(rule.instead);
        from = matcher.end();
      }
    }
    return from == 0 ? text : out.append(text, from, text.length()).toString();
  }

  private static boolean beginsWithABirthday(String number) {
    int month = Integer.parseInt(number.substring(2, 4));
    int day = Integer.parseInt(number.substring(4, 6));
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
  }

  /// Luhn's check digit (ISO/IEC 7812-1).
  private static boolean isCard(String number) {
    int sum = 0;
    boolean doubled = false;
    for (int i = number.length() - 1; i >= 0; i--) {
      int digit = Character.digit(number.charAt(i), 10);
      if (digit >= 0) {
        int value = doubled ? digit * 2 : digit;
        sum += value > 9 ? value - 9 : value;
        doubled = !doubled;
      }
    }
    return sum % 10 == 0;
  }
}
