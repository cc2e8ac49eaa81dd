package dev.kiln.compiler.frontend.ops;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Names that a misspelt one may have meant. */
final class Names {
  private static final int MOST = 3;

  private Names() {}

  /** {@code did you mean 'load'?}, if any known name is near. */
  static Optional<String> suggestion(String unknown, Collection<String> known) {
    int limit = Math.max(1, unknown.length() / 3);
    List<String> near =
        known.stream()
            .distinct()
            .filter(name -> distance(unknown, name) <= limit)
            .sorted(
                Comparator.<String>comparingInt(name -> distance(unknown, name))
                    .thenComparing(Comparator.naturalOrder()))
            .limit(MOST)
            .toList();
    return near.isEmpty()
        ? Optional.empty()
        : Optional.of(near.stream().collect(Collectors.joining("', '", "did you mean '", "'?")));
  }

  /** Edit distance, in which a swap of neighbours counts 1. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best =
            Math.min(cost[i - 1][j - 1] + change, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          best = Math.min(best, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = best;
      }
    }
    return cost[a.length()][b.length()];
  }
}
