package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a kernel file declares: its functions for the device with their decorators, resolved through the file's imports.
 *
 * <p>Decorators are evaluated when the declarations are made; the values of the file's other names when they are asked for. Not for
 * several threads.
 */
public final class KernelDeclarations {
  private final QualifiedNames names;
  private final ModuleEnvironment environment;
  private final Map<String, KernelDeclaration> kernels = new LinkedHashMap<>();

  private KernelDeclarations(KernelFile file, ImportResolver imports) {
    names = new QualifiedNames(file, imports);
    environment = new ModuleEnvironment(file, imports);
    for (var statement : file.statements()) {
      switch (statement) {
        case Stmt.FunctionDef function ->
            Decorators.read(function, names, environment.evaluator())
                .ifPresent(kernel -> kernels.put(function.name(), kernel));
        case Stmt.Assign(var at, var targets, Expr.Call call) when targets.getFirst() instanceof Expr.Name name ->
            wrapped(file, name.id(), call);
        default -> {
          // Declares no kernel.
        }
      }
    }
  }

  /** Reads the declarations of a file. */
  public static KernelDeclarations of(KernelFile file, ImportResolver imports) {
    return new KernelDeclarations(file, imports);
  }

  /** {@code kernel = triton.jit(function)}: the decorator written as a call. */
  private void wrapped(KernelFile file, String name, Expr.Call call) {
    if (call.args().size() != 1 || !(call.args().getFirst() instanceof Expr.Name plain)) {
      return;
    }
    file.statements().stream()
        .filter(Stmt.FunctionDef.class::isInstance)
        .map(Stmt.FunctionDef.class::cast)
        .filter(function -> function.name().equals(plain.id()))
        .findFirst()
        .map(
            function ->
                new Stmt.FunctionDef(
                    function.loc(),
                    name,
                    function.parameters(),
                    function.returns(),
                    List.of(call.function()),
                    function.body(),
                    function.docstring()))
        .flatMap(function -> Decorators.read(function, names, environment.evaluator()))
        .ifPresent(kernel -> kernels.put(name, kernel));
  }

  /** The functions decorated with {@code triton.jit}, in the order of the file; of two with one name the last. */
  public List<KernelDeclaration> kernels() {
    return List.copyOf(kernels.values());
  }

  public Optional<KernelDeclaration> kernel(String name) {
    return Optional.ofNullable(kernels.get(name));
  }

  /** Evaluates expressions as the file's module-level code would. */
  public PythonEvaluator evaluator() {
    return environment.evaluator();
  }

  /** The full name of what a name or attribute refers to: {@code triton.language.load} for {@code tl.load}. */
  public Optional<String> qualifiedName(Expr expression) {
    return names.of(expression);
  }
}
