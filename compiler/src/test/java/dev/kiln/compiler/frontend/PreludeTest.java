package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.frontend.ops.PreludeSignatures;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PreludeTest {
  private static Optional<Stmt.FunctionDef> function(String name) {
    return Prelude.fileOf(name).stream()
        .flatMap(file -> file.statements().stream())
        .filter(Stmt.FunctionDef.class::isInstance)
        .map(Stmt.FunctionDef.class::cast)
        .filter(definition -> definition.name().equals(name))
        .findFirst();
  }

  @Test
  void theTableKnowsThePreludesSignatures() {
    assertThat(PreludeSignatures.all())
        .isNotEmpty()
        .allSatisfy(
            (function, names) -> {
              assertThat(function(function)).as(function).isPresent();
              List<String> parameters =
                  function(function).orElseThrow().parameters().stream()
                      .map(Parameter::name)
                      .toList();
              assertThat(parameters).as(function).isEqualTo(names);
            });
  }

  @Test
  void everyFunctionOfLibdeviceIsThere() {
    assertThat(PreludeSignatures.libdevice())
        .allSatisfy(
            (function, arity) -> {
              assertThat(function(function)).as(function).isPresent();
              assertThat(function(function).orElseThrow().parameters()).as(function).hasSize(arity);
            });
  }

  @Test
  void nothingInThePreludeFailsToParse() {
    for (String name : List.of("cdiv", "sum", "sort", "rand", "libdevice_pow")) {
      assertThat(Prelude.fileOf(name))
          .hasValueSatisfying(file -> assertThat(file.skipped()).isEmpty());
    }
  }
}
