package dev.kiln.runtime.processor;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.KernelFileParser;
import dev.kiln.compiler.syntax.Stmt;
import dev.kiln.runtime.KernelSource;
import dev.kiln.runtime.signature.FileFunctions;
import dev.kiln.runtime.signature.ParameterRole;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.tools.Diagnostic;
import javax.tools.JavaFileManager;
import javax.tools.StandardLocation;

/** Writes the typed launchers that {@link KernelSource} asks for. */
public final class LauncherProcessor extends AbstractProcessor {
  private static final List<JavaFileManager.Location> PLACES =
      List.of(
          StandardLocation.CLASS_OUTPUT, StandardLocation.CLASS_PATH, StandardLocation.SOURCE_PATH);

  @Override
  public Set<String> getSupportedAnnotationTypes() {
    return Set.of(KernelSource.class.getName());
  }

  @Override
  public SourceVersion getSupportedSourceVersion() {
    return SourceVersion.latestSupported();
  }

  @Override
  public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
    for (Element element : round.getElementsAnnotatedWith(KernelSource.class)) {
      try {
        generate((TypeElement) element);
      } catch (CompilationException | IOException e) {
        processingEnv.getMessager().printMessage(Diagnostic.Kind.ERROR, e.getMessage(), element);
      }
    }
    return true;
  }

  private void generate(TypeElement type) throws IOException {
    KernelSource annotation = type.getAnnotation(KernelSource.class);
    String packageName =
        processingEnv.getElementUtils().getPackageOf(type).getQualifiedName().toString();
    String resource = annotation.value();
    String text = read(packageName, resource);
    KernelFile file = KernelFileParser.parse(new Source(resource, text));
    List<Stmt.FunctionDef> kernels =
        file.statements().stream()
            .filter(Stmt.FunctionDef.class::isInstance)
            .map(Stmt.FunctionDef.class::cast)
            .filter(LauncherProcessor::isKernel)
            .toList();
    if (kernels.isEmpty()) {
      throw new IOException(
          resource
              + " holds no kernel: a @triton.jit function whose last statement gives no value");
    }
    String className =
        annotation.className().isEmpty()
            ? type.getSimpleName() + "Kernels"
            : annotation.className();
    String qualified = packageName.isEmpty() ? className : packageName + "." + className;
    try (Writer writer = processingEnv.getFiler().createSourceFile(qualified, type).openWriter()) {
      writer.write(
          new LauncherWriter(packageName, type.getQualifiedName().toString(), className, resource)
              .write(kernels, FileFunctions.of(file, ImportResolver.NONE)));
    }
  }

  private String read(String packageName, String resource) throws IOException {
    for (JavaFileManager.Location place : PLACES) {
      try {
        return processingEnv
            .getFiler()
            .getResource(place, packageName, resource)
            .getCharContent(true)
            .toString();
      } catch (IOException | IllegalArgumentException | UnsupportedOperationException e) {
        // Not there; the next place may have it.
      }
    }
    throw new IOException(
        "the kernel file %s is not among the resources of package %s"
            .formatted(resource, packageName));
  }

  /**
   * A {@code jit} function that returns nothing: helpers, which return values, cannot be launched.
   */
  private static boolean isKernel(Stmt.FunctionDef function) {
    return function.decorators().stream().anyMatch(LauncherProcessor::isJit)
        && !ParameterRole.returnsValue(function.body());
  }

  private static boolean isJit(Expr decorator) {
    return switch (decorator) {
      case Expr.Name it -> it.id().equals("jit");
      case Expr.Attribute it -> it.name().equals("jit");
      case Expr.Call it -> isJit(it.function());
      default -> false;
    };
  }
}
