package dev.kiln.ops.profile;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The table of all operations that can be profiled. */
public final class ProfiledOperations {
  private static final Map<String, ProfiledOperation> ALL = table();

  /** One of so many letters may be wrong. */
  private static final int LETTERS_TO_AN_EDIT = 3;

  /** More names help nobody. */
  private static final int MOST_NAMES = 3;

  private ProfiledOperations() {}

  private static Map<String, ProfiledOperation> table() {
    Map<String, ProfiledOperation> table = new LinkedHashMap<>();
    Stream.of(
            ProductEntries.all(),
            AttentionEntries.all(),
            ConvolutionEntries.all(),
            NormEntries.all(),
            ElementwiseEntries.all(),
            LossEntries.all(),
            RecurrentEntries.all(),
            ReductionEntries.all(),
            OptimizerEntries.all(),
            ClassicalEntries.all())
        .flatMap(List::stream)
        .forEach(
            entry -> {
              if (table.put(entry.name(), entry) != null) {
                throw new IllegalStateException("two operations are named " + entry.name());
              }
            });
    return table;
  }

  /** All, family by family. */
  public static List<ProfiledOperation> all() {
    return List.copyOf(ALL.values());
  }

  /**
   * Some by their names.
   *
   * @throws KilnException if there is none of a name; says which is meant
   */
  public static List<ProfiledOperation> named(List<String> names) {
    List<ProfiledOperation> found = new ArrayList<>();
    for (String name : names) {
      ProfiledOperation operation = ALL.get(name);
      if (operation == null) {
        throw unknown(name);
      }
      if (!found.contains(operation)) {
        found.add(operation);
      }
    }
    return found;
  }

  private static KilnException unknown(String name) {
    List<String> near =
        ALL.keySet().stream()
            .filter(
                other ->
                    other.startsWith(name + "-")
                        || other.contains("-" + name)
                        || edits(name, other) <= name.length() / LETTERS_TO_AN_EDIT)
            .sorted(Comparator.comparingInt(other -> edits(name, other)))
            .limit(MOST_NAMES)
            .toList();
    return new KilnException(
        "there is no operation '%s'; %s"
            .formatted(
                name,
                near.isEmpty()
                    ? "kiln profile --list names all"
                    : "did you mean " + String.join(" or ", near) + "?"));
  }

  /** Levenshtein's distance. */
  private static int edits(String a, String b) {
    int[] before = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      before[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(before[j], row[j - 1]));
      }
      before = row;
    }
    return before[b.length()];
  }
}
