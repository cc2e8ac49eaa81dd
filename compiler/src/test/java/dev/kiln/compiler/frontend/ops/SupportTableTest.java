package dev.kiln.compiler.frontend.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SupportTableTest {
  private static final Path PAGE = Path.of("..", "docs", "support.md");

  @Test
  void thePageIsUpToDate() throws IOException {
    String rendered = SupportTable.render();
    if (Boolean.getBoolean("kiln.update")) {
      Files.writeString(PAGE, rendered);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/support.md is stale: run this test with -Dkiln.update=true")
        .isEqualTo(rendered);
  }

  @Test
  void everyRowSaysWhichTypesItTakes() {
    assertThat(OperationTable.instance().all())
        .filteredOn(builtin -> builtin.category() == Category.MATH)
        .allSatisfy(builtin -> assertThat(builtin.dtypes()).as(builtin.name()).isNotEmpty());
  }

  @Test
  void everyNameOfTheTableResolves() {
    assertThat(OperationTable.instance().all())
        .allSatisfy(builtin -> assertThat(Namespaces.resolve(builtin.name())).contains(builtin));
  }

  @Test
  void oldPathsLeadToTheSameRows() {
    assertThat(Namespaces.resolve("triton.language.math.exp"))
        .isEqualTo(Namespaces.resolve("triton.language.exp"))
        .isPresent();
    assertThat(Namespaces.resolve("triton.language.standard.cdiv")).isPresent();
    assertThat(Namespaces.resolve("triton.language.core.load"))
        .isEqualTo(Namespaces.resolve("triton.language.load"));
    for (String module :
        new String[] {"math", "libdevice", "extra.libdevice", "extra.cuda.libdevice"}) {
      assertThat(Namespaces.resolve("triton.language." + module + ".tanh"))
          .as(module)
          .isEqualTo(Namespaces.resolve("triton.language.extra.libdevice.tanh"))
          .isPresent();
    }
    assertThat(Namespaces.resolve("triton.language.core.float32"))
        .isEqualTo(Namespaces.resolve("triton.language.float32"))
        .isPresent();
    assertThat(Namespaces.resolve("torch._inductor.runtime.triton_helpers.libdevice.rsqrt"))
        .isEqualTo(Namespaces.resolve("triton.language.extra.libdevice.rsqrt"));
    assertThat(Namespaces.resolve("triton.language.nothing")).isEmpty();
  }
}
