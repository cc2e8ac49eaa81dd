package dev.kiln.ops.checkpoint;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the names of published weights become those of a model. Rules are applied in their order.
 *
 * <pre>{@code
 * NameMap gpt2 = NameMap.SAME
 *     .rename("^transformer\\.", "")
 *     .ignore(".*\\.attn\\.(bias|masked_bias)")
 *     .transpose("h\\.\\d+\\.(attn|mlp)\\.c_.*\\.weight");
 * }</pre>
 */
public final class NameMap {
  /** Names as they are. */
  public static final NameMap SAME = new NameMap(List.of());

  private final List<Rule> rules;

  private sealed interface Rule {
    record Rename(Pattern pattern, String replacement) implements Rule {}

    record Ignore(Pattern pattern) implements Rule {}

    record Transpose(Pattern pattern) implements Rule {}
  }

  private NameMap(List<Rule> rules) {
    this.rules = rules;
  }

  /**
   * What becomes of an array.
   *
   * @param isTransposed whether its two axes change places
   */
  public record Target(String name, boolean isTransposed) {}

  /** Replaces what a regular expression finds; {@code $1} stands for its first group. */
  public NameMap rename(String regex, String replacement) {
    return with(new Rule.Rename(pattern(regex), replacement));
  }

  /** Leaves out arrays whose whole name matches. */
  public NameMap ignore(String regex) {
    return with(new Rule.Ignore(pattern(regex)));
  }

  /** Exchanges the axes of matrices whose whole name, as renamed so far, matches. */
  public NameMap transpose(String regex) {
    return with(new Rule.Transpose(pattern(regex)));
  }

  private static Pattern pattern(String regex) {
    try {
      return Pattern.compile(regex);
    } catch (IllegalArgumentException e) {
      throw new KilnException("a rule of names is no regular expression: " + regex, e);
    }
  }

  private NameMap with(Rule rule) {
    var longer = new ArrayList<>(rules);
    longer.add(rule);
    return new NameMap(List.copyOf(longer));
  }

  /** The place of an array in the model, or nothing where it is ignored. */
  public Optional<Target> target(String name) {
    String current = name;
    boolean isTransposed = false;
    for (Rule rule : rules) {
      switch (rule) {
        case Rule.Rename(Pattern pattern, String replacement) ->
            current = pattern.matcher(current).replaceAll(replacement);
        case Rule.Transpose(Pattern pattern) -> isTransposed ^= pattern.matcher(current).matches();
        case Rule.Ignore(Pattern pattern) -> {
          if (pattern.matcher(current).matches()) {
            return Optional.empty();
          }
        }
      }
    }
    return Optional.of(new Target(current, isTransposed));
  }
}
