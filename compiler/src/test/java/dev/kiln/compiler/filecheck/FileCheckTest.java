package dev.kiln.compiler.filecheck;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FileCheckTest {
  private static final String TEXT =
      """
      func @a() {
        %x = add %y, %z : i32
        %w = mul %x,   %x : i32
      }
      func @b() {
        %v = sub %y, %z : i32
      }
      """;

  private static void accepts(String... directives) {
    assertThat(FileCheck.check(String.join("\n", directives), TEXT)).isEmpty();
  }

  private static void rejects(String message, String... directives) {
    assertThat(FileCheck.check(String.join("\n", directives), TEXT).orElse("accepted"))
        .contains(message);
  }

  @Test
  void findsLinesInOrder() {
    accepts("; check: add", "; check: mul", "; check: sub");
    rejects("line 2: check: add", "; check: mul", "; check: add");
  }

  @Test
  void blanksMatchAnyBlanks() {
    accepts("; check: mul %x, %x :");
  }

  @Test
  void nextIsTheLineAfter() {
    accepts("; check: add", "; check-next: mul");
    rejects("line 3 does not contain it", "; check: add", "; check-next: }");
  }

  @Test
  void sameIsFurtherRightOnTheLine() {
    accepts("; check: add", "; check-same: i32");
    rejects("does not contain it further right", "; check: mul", "; check-same: %w");
  }

  @Test
  void notForbidsBetweenItsNeighbours() {
    accepts("; check: func", "; check-not: mul", "; check: add");
    rejects("line 2: check-not: add", "; check: func", "; check-not: add", "; check: mul");
  }

  @Test
  void notAtTheEndForbidsTheRest() {
    accepts("; check: sub", "; check-not: add");
    rejects("line 6 contains it", "; check: mul", "; check-not: sub");
  }

  @Test
  void labelsFenceTheChecksBeforeThem() {
    accepts("; check-label: @a", "; check-not: sub", "; check-label: @b", "; check: sub");
    rejects("check: sub", "; check-label: @a", "; check: sub", "; check-label: @b");
  }

  @Test
  void expressionsAndVariablesMatch() {
    accepts("; check: [[R:%\\w+]] = add {{%[a-z]}}, %z", "; check: mul [[R]], [[R]]");
    rejects("check: sub [[R]]", "; check: [[R:%\\w+]] = add", "; check: sub [[R]]");
  }

  @Test
  void otherCommentsAreNoDirectives() {
    assertThat(FileCheck.hasDirectives("; checks: x\n; run: cse\n%x = add ; check: y")).isFalse();
    assertThat(FileCheck.hasDirectives("  ; check-not: x")).isTrue();
  }
}
