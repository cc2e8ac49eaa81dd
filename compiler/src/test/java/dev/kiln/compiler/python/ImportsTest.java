package dev.kiln.compiler.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportsTest {
  private static final String FOLDER = "dev/kiln/compiler/python/imports/";

  private static Object value(KernelDeclarations declarations, String name) {
    var nowhere = dev.kiln.compiler.diagnostics.Location.UNKNOWN;
    return declarations.evaluator().evaluate(new Expr.Name(nowhere, name));
  }

  private static void checkMain(KernelFile file, ImportResolver imports) {
    var declarations = KernelDeclarations.of(file, imports);
    assertThat(value(declarations, "LIMIT")).isEqualTo(4L);
    assertThat(value(declarations, "FROM_FUNCTION")).isEqualTo(12L);
    assertThat(value(declarations, "FROM_MODULE")).isEqualTo(8L);
    assertThat(value(declarations, "FROM_PACKAGE")).isEqualTo(400L);
    assertThat(value(declarations, "FROM_STAR")).isEqualTo(401L);
    var kernel = declarations.kernel("kernel").orElseThrow();
    assertThat(kernel.autotune().orElseThrow().configs())
        .hasToString("[Config({'BLOCK': 16}), Config({'BLOCK': 32})]");
    assertThat(kernel.constants()).containsExactly("BLOCK");
  }

  @Test
  void resolvesAmongResources() {
    var imports = new ResourceImports(ImportsTest.class.getClassLoader());
    checkMain(imports.load(FOLDER + "main.py"), imports);
  }

  @Test
  void resolvesAmongFiles() throws IOException {
    var imports = new FileImports();
    checkMain(imports.load(Path.of("src/test/resources", FOLDER, "main.py")), imports);
  }

  @Test
  void givesTheSameFileEachTime() {
    var imports = new ResourceImports(ImportsTest.class.getClassLoader());
    var main = imports.load(FOLDER + "main.py");
    var helpers = imports.resolve(main.source(), 1, "helpers").orElseThrow();
    assertThat(imports.resolve(main.source(), 1, "helpers")).containsSame(helpers);
    assertThat(imports.resolve(helpers.source(), 1, "main")).containsSame(main);
  }

  @Test
  void whatIsNotThereIsEmpty() {
    var imports = new ResourceImports(ImportsTest.class.getClassLoader());
    var main = imports.load(FOLDER + "main.py");
    assertThat(imports.resolve(main.source(), 1, "missing")).isEmpty();
    assertThat(imports.resolve(main.source(), 9, "helpers")).isEmpty();
    assertThat(imports.resolve(main.source(), 0, "torch")).isEmpty();
    assertThatThrownBy(() -> imports.load("missing.py"))
        .hasMessage("there is no resource missing.py");
  }

  @Test
  void absoluteImportsGoUpThePackages(@TempDir Path root) throws IOException {
    Path folder = Files.createDirectories(root.resolve("pkg/ops/deep"));
    Files.writeString(root.resolve("pkg/sizes.py"), "N = 1\n");
    Files.createDirectories(root.resolve("pkg/triton"));
    Files.writeString(root.resolve("pkg/triton/__init__.py"), "N = 2\n");
    Files.writeString(folder.resolve("k.py"), "from pkg.sizes import N\nimport triton\n");
    var imports = new FileImports();
    var file = imports.load(folder.resolve("k.py"));
    assertThat(imports.resolve(file.source(), 0, "pkg.sizes")).isPresent();
    assertThat(imports.resolve(file.source(), 0, "triton"))
        .as("the library, not a folder of that name")
        .isEmpty();
    assertThat(value(KernelDeclarations.of(file, imports), "N")).isEqualTo(1L);
  }

  @Test
  void aFaultInAnImportedKernelIsReportedThere(@TempDir Path root) throws IOException {
    Files.writeString(root.resolve("a.py"), "from .b import f\n");
    Files.writeString(root.resolve("b.py"), "@triton.jit\ndef f(x):\n    x +\n");
    var imports = new FileImports();
    var file = imports.load(root.resolve("a.py"));
    assertThatThrownBy(() -> imports.resolve(file.source(), 1, "b"))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("b.py:3:8: error: expected an expression after '+'");
  }

  @Test
  void filesThatImportEachOtherEnd(@TempDir Path root) throws IOException {
    Files.writeString(root.resolve("a.py"), "from .b import Y\nX = 1\nZ = Y + 1\n");
    Files.writeString(root.resolve("b.py"), "from .a import X\nY = X + 1\n");
    var imports = new FileImports();
    assertThat(value(KernelDeclarations.of(imports.load(root.resolve("a.py")), imports), "Z"))
        .isEqualTo(3L);
  }
}
